import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import { expect } from "chai";

import { Sides } from "../../../../server/engine/sides";

const CANARY = "canaryvalue90ab";
const ROLE = "aws:iam/role:Role";
const KEY = "aws:kms/key:Key";
const urnOf = (type: string) => `urn:pulumi:member-111122223333::strongroom::${type}::r`;
const policyOf = (action: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: CANARY, Effect: "Allow", Action: action, Resource: "arn:aws:kms:a:1:key/b" },
    ],
  });
const role = (action: string) => ({
  name: "r",
  inlinePolicies: [{ name: "p", policy: policyOf(action) }],
});

function step(
  op: OpType,
  type: string,
  old: object | null | undefined,
  now: object | undefined,
): EngineEvent {
  const state = (inputs: object | null | undefined) =>
    inputs === undefined || inputs === null
      ? inputs
      : { type, urn: urnOf(type), custom: true, inputs, outputs: {} };
  const metadata = { op, urn: urnOf(type), type, old: state(old), new: state(now) };
  return { sequence: 0, timestamp: 0, resourcePreEvent: { metadata } } as unknown as EngineEvent;
}

const after = (...events: EngineEvent[]) => {
  const sides = new Sides();
  for (const event of events) sides.read(event);
  return sides.result;
};

describe("the two sides of a preview", () => {
  it("differ in what an identity may do, told without any value of the documents", () => {
    const result = after(step("update", ROLE, role("kms:Encrypt"), role("kms:Decrypt")));
    expect(result.access?.map(({ change, actions }) => [change, actions])).to.deep.equal([
      ["gains", ["kms:Decrypt"]],
      ["loses", ["kms:Encrypt"]],
    ]);
    expect(JSON.stringify(result)).to.not.contain(CANARY);
  });

  it("count what is new, of which the engine says that there was null before", () => {
    const { access, billed } = after(
      step("create", ROLE, null, role("kms:Decrypt")),
      step("create", KEY, null, {}),
    );
    expect(access?.map(({ change, actions }) => [change, actions])).to.deep.equal([
      ["gains", ["kms:Decrypt"]],
    ]);
    expect([billed?.before.keys, billed?.after.keys]).to.deep.equal([0, 1]);
  });

  it("are the same where every step is one of those that change nothing", () => {
    expect(
      after(step("same", ROLE, role("kms:Encrypt"), role("kms:Encrypt"))).access,
    ).to.deep.equal([]);
  });

  it("keep what comes in the place of a replaced resource, and lose what is deleted", () => {
    const billed = (...events: EngineEvent[]) => {
      const { before, after: then } = after(...events).billed ?? {};
      return [before?.keys, then?.keys];
    };
    expect(billed(step("create", KEY, undefined, {}))).to.deep.equal([0, 1]);
    expect(billed(step("delete", KEY, {}, undefined))).to.deep.equal([1, 0]);
    expect(billed(step("same", KEY, {}, {}))).to.deep.equal([1, 1]);
    expect(
      billed(
        step("create-replacement", KEY, {}, {}),
        step("replace", KEY, {}, {}),
        step("delete-replaced", KEY, {}, undefined),
      ),
    ).to.deep.equal([1, 1]);
  });
});
