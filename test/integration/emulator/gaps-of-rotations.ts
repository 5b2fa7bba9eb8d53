import { execFileSync } from "node:child_process";

import { AddPermissionCommand, CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";

import { callAs } from "../../../emulator/calls";
import type { Emulator } from "../../../emulator/start";
import { until } from "../../support/until-answer";
import type { Gap } from "./gap";
import { actor, allow, MEMBER, REGION, rootOf, unique } from "./support";

const ZIP = [
  "import io, sys, zipfile",
  "archive = io.BytesIO()",
  "with zipfile.ZipFile(archive, 'w') as made: made.writestr('index.js', sys.argv[1])",
  "sys.stdout.buffer.write(archive.getvalue())",
].join("\n");

/** Answers each step with its name, and fails the one that it is told to. */
const functionThat = (text: string): Buffer =>
  Buffer.from(execFileSync("python3", ["-c", ZIP, text]));

/** A function that Secrets Manager may call, or may not; its ARN. */
async function rotator(emulator: Emulator, text: string, letIn = true): Promise<string> {
  const { roleArn } = await actor(emulator, MEMBER, [], { service: "lambda.amazonaws.com" });
  const lambda = new LambdaClient({
    region: REGION,
    endpoint: emulator.endpoint,
    credentials: emulator.credentialsOf(MEMBER),
    maxAttempts: 1,
  });
  const FunctionName = unique("rotator");
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: roleArn,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: functionThat(text) },
    }),
  );
  if (letIn) {
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: "secrets-manager",
        Action: "lambda:InvokeFunction",
        Principal: "secretsmanager.amazonaws.com",
        SourceAccount: MEMBER,
      }),
    );
  }
  return `arn:aws:lambda:${REGION}:${MEMBER}:function:${FunctionName}`;
}

async function secretOf(emulator: Emulator): Promise<string> {
  const Name = unique("rotated");
  await rootOf(emulator, MEMBER).must("secretsmanager", "CreateSecret", {
    Name,
    SecretString: "x",
  });
  return Name;
}

const QUIET = "exports.handler = async () => {};";
/** Ends at its first step: the pending version stays. */
const FAILING = "exports.handler = async () => { throw new Error('no'); };";

export const GAPS_OF_ROTATIONS: readonly Gap[] = [
  {
    name: "rotations",
    does: "sets a rotation up without rotating, for who may invoke the function",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const SecretId = unique("rotated");
      const { json } = await root.must("secretsmanager", "CreateSecret", {
        Name: SecretId,
        SecretString: "x",
      });
      const call = {
        SecretId,
        RotationLambdaARN: `arn:aws:lambda:eu-central-1:${MEMBER}:function:rotate`,
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      };
      const rotator = await actor(emulator, MEMBER, [allow("secretsmanager:RotateSecret")]);
      const refused = await rotator.does("secretsmanager", "RotateSecret", call);
      await root.must("secretsmanager", "RotateSecret", call);
      const there = await root.must("secretsmanager", "DescribeSecret", { SecretId });
      const versions = Object.keys(there.json["VersionIdsToStages"] as object);
      return [refused, versions.length === 1 && versions[0] === json["VersionId"]];
    },
    aws: ["AccessDeniedException", true],
    ministack: ["ok", false],
  },
  {
    name: "rotations",
    does: "begins with a pending version, whose value only the function makes",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const SecretId = await secretOf(emulator);
      const RotationLambdaARN = await rotator(emulator, FAILING);
      const { json } = await root.must("secretsmanager", "RotateSecret", {
        SecretId,
        RotationLambdaARN,
        RotationRules: { AutomaticallyAfterDays: 30 },
      });
      const { VersionIdsToStages } = (
        await root.must("secretsmanager", "DescribeSecret", { SecretId })
      ).json as { VersionIdsToStages: Record<string, string[]> };
      return VersionIdsToStages[String(json["VersionId"])];
    },
    aws: ["AWSPENDING"],
    ministack: ["AWSCURRENT"],
  },
  {
    name: "rotations",
    does: "calls the function for the four steps, and then says when the secret was rotated",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const SecretId = await secretOf(emulator);
      await root.must("secretsmanager", "RotateSecret", {
        SecretId,
        RotationLambdaARN: await rotator(emulator, QUIET),
        RotationRules: { AutomaticallyAfterDays: 30 },
      });
      return until("the end of the rotation", async () => {
        const { json } = await root.must("secretsmanager", "DescribeSecret", { SecretId });
        const stages = Object.values(json["VersionIdsToStages"] as Record<string, string[]>);
        // The function moves no label, so it is not by it that there is another current version.
        if (stages.some((labels) => labels.includes("AWSPREVIOUS"))) return "nobody was asked";
        const { LastRotatedDate: last, NextRotationDate: next } = json;
        return typeof last === "number" && typeof next === "number"
          ? Math.round((next - last) / 86400)
          : undefined;
      });
    },
    aws: 30,
    ministack: "nobody was asked",
  },
  {
    name: "rotations",
    does: "begins none beside one that is not complete",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const SecretId = await secretOf(emulator);
      const RotationLambdaARN = await rotator(emulator, FAILING);
      const call = { SecretId, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } };
      await root.must("secretsmanager", "RotateSecret", call);
      return (await root.try("secretsmanager", "RotateSecret", call)).errorCode ?? "ok";
    },
    aws: "InvalidRequestException",
    ministack: "ok",
  },
  {
    name: "rotations",
    does: "has no function rotate that does not let Secrets Manager in",
    probe: async (emulator) => {
      const call = {
        SecretId: await secretOf(emulator),
        RotationLambdaARN: await rotator(emulator, QUIET, false),
        RotationRules: { AutomaticallyAfterDays: 30 },
      };
      const answer = await rootOf(emulator, MEMBER).try("secretsmanager", "RotateSecret", call);
      return answer.errorCode ?? "ok";
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "rotations",
    does: "cancels a rotation",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const SecretId = await secretOf(emulator);
      await root.must("secretsmanager", "RotateSecret", {
        SecretId,
        RotationLambdaARN: await rotator(emulator, QUIET),
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      });
      await root.try("secretsmanager", "CancelRotateSecret", { SecretId });
      const { json } = await root.must("secretsmanager", "DescribeSecret", { SecretId });
      return json["RotationEnabled"];
    },
    aws: false,
    ministack: true,
  },
  {
    name: "rotations",
    does: "tells a secret that a function rotates from others, for policies",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const arn = await rotator(emulator, QUIET);
      const [rotated, other] = [await secretOf(emulator), await secretOf(emulator)];
      await root.must("secretsmanager", "RotateSecret", {
        SecretId: rotated,
        RotationLambdaARN: arn,
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      });
      const { credentials } = await actor(emulator, MEMBER, [
        allow("secretsmanager:DescribeSecret", "*", {
          StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": arn },
        }),
      ]);
      const describe = async (SecretId: string) =>
        (
          await callAs(emulator.endpoint, credentials, {
            region: REGION,
            service: "secretsmanager",
            operation: "DescribeSecret",
            parameters: { SecretId },
          })
        ).errorCode ?? "ok";
      return [await describe(rotated), await describe(other)];
    },
    aws: ["ok", "AccessDeniedException"],
    ministack: ["AccessDeniedException", "AccessDeniedException"],
  },
];
