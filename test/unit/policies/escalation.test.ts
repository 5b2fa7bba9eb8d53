import { expect } from "chai";

import { findAction } from "../../../policies/iam/action-table";
import { escalationsOf } from "../../../policies/iam/escalation";
import { ESCALATION_PATHS } from "../../../policies/iam/escalation-paths";
import { parseDocument } from "../../../policies/iam/document";
import { Permissions, type SourcedStatement } from "../../../policies/iam/permissions";

const sourced = (...statements: readonly object[]): SourcedStatement[] =>
  parseDocument(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "policy")
    .statements.map((read) => read())
    .map((statement) => ({ statement, document: "policy", version: "2012-10-17" }));
const allow = (actions: readonly string[], on = "*", condition = {}): object => ({
  Effect: "Allow",
  Action: actions,
  Resource: on,
  Condition: condition,
});
const ways = (...statements: readonly object[]): string[] =>
  escalationsOf(new Permissions({ policies: sourced(...statements) })).map(({ path }) => path.id);

/** Ways that public lists name, by the actions that make them: written here by hand. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  "Rhino Security Labs": [
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:PassRole ec2:RunInstances",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:AddUserToGroup",
    "iam:UpdateAssumeRolePolicy",
    "iam:PassRole lambda:CreateFunction lambda:InvokeFunction",
    "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping",
    "lambda:UpdateFunctionCode",
    "iam:PassRole glue:CreateDevEndpoint",
    "glue:UpdateDevEndpoint",
    "iam:PassRole cloudformation:CreateStack",
    "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
  ],
  "pathfinding.cloud": [
    "iam:PassRole codebuild:CreateProject codebuild:StartBuild",
    "iam:PassRole ecs:RegisterTaskDefinition ecs:RunTask",
    "iam:PassRole sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl",
    "iam:PassRole sagemaker:CreateTrainingJob",
    "iam:PassRole sagemaker:CreateProcessingJob",
    "iam:PassRole apprunner:CreateService",
    "apprunner:UpdateService",
    "ssm:StartSession",
    "ssm:SendCommand",
    "ec2-instance-connect:SendSSHPublicKey",
    "iam:CreateRole iam:AttachRolePolicy",
    "sts:AssumeRole",
  ],
};

describe("ways to more permissions", () => {
  for (const { id, steps } of ESCALATION_PATHS) {
    const actions = steps.map(({ action }) => action);
    it(`are open to whoever may do all of: ${id}`, () => {
      expect(ways(allow(actions))).to.include(id);
      expect(ways(...actions.map((action) => allow([action])))).to.include(id);
    });
    for (const missing of actions) {
      it(`are closed without one of them: ${id} without ${missing}`, () => {
        expect(ways(allow(actions.filter((action) => action !== missing)))).to.not.include(id);
        const denied = { Effect: "Deny", Action: missing, Resource: "*" };
        expect(ways(allow(actions), denied)).to.not.include(id);
      });
    }
  }

  for (const [list, sets] of Object.entries(PUBLISHED)) {
    for (const set of sets) {
      it(`of ${list} are known: ${set}`, () => {
        expect(ways(allow(set.split(" ")))).to.not.be.empty;
      });
    }
  }

  it("are about seventy or more, and each is named once", () => {
    const ids = ESCALATION_PATHS.map(({ id, gains }) => `${id} ${gains}`);
    expect(ids.length).to.be.at.least(70);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("are made of actions that AWS publishes", () => {
    const actions = new Set(ESCALATION_PATHS.flatMap(({ steps }) => steps).map((it) => it.action));
    const unknown = [...actions].filter((action) => findAction(action) === undefined);
    expect(unknown).to.deep.equal([]);
  });

  it("over a role that is passed are closed by a service that cannot be told what to do", () => {
    for (const { id, steps } of ESCALATION_PATHS) {
      const service = steps.find(({ needs }) => needs === "pass")?.service;
      if (service === undefined) continue;
      const actions = steps.map(({ action }) => action);
      const to = (name: string): string[] =>
        ways(
          allow(["iam:passrole"], "*", { StringEquals: { "iam:PassedToService": name } }),
          allow(actions.filter((action) => action !== "iam:passrole")),
        );
      expect(to("other.amazonaws.com"), id).to.not.include(id);
      expect(to(service), id).to.include(id);
    }
  });
});
