import type { EngineEvent } from "@pulumi/pulumi/automation";
import { expect } from "chai";

import type { StateResource } from "../../../../server/engine/deployment";
import { LiveState, weakenedRules } from "../../../../server/engine/live-state";
import type { Exemption } from "../../../../stacks/exemptions";

const STAMP = "member-111122223333";
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const urnOf = (type: string, name: string) => `urn:pulumi:${STAMP}::strongroom::${type}::${name}`;
const entry = (type: string, name: string, inputs: object): StateResource => ({
  urn: urnOf(type, name),
  type,
  custom: true,
  id: name,
  inputs: { ...inputs },
  outputs: { ...inputs },
});
const trusting = (principal: object | string) => ({
  name: "app",
  assumeRolePolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
  }),
});
const role = entry(
  "aws:iam/role:Role",
  "app",
  trusting({ AWS: "arn:aws:iam::111122223333:role/ci" }),
);
const secret = entry("aws:secretsmanager/secretVersion:SecretVersion", "v", {
  secretId: "s",
  secretString: { ...SECRET, ciphertext: "x" },
});

/** What a comparison told of a resource. */
function live(...told: readonly (readonly [StateResource, object | "gone"])[]): LiveState {
  const state = new LiveState();
  for (const [{ urn, type }, now] of told) {
    const metadata =
      now === "gone"
        ? { op: "delete", urn, type }
        : { op: "update", urn, type, new: { inputs: now, outputs: now } };
    state.read({ resOutputsEvent: { metadata } } as unknown as EngineEvent);
  }
  return state;
}
const weakened = (
  state: readonly StateResource[],
  found: LiveState,
  exemptions: readonly Exemption[] = [],
) =>
  weakenedRules(state, found, { stamp: STAMP, exemptions, today: "2026-06-01" }).map(
    ({ rule, level, urn }) => [rule, level, urn],
  );

describe("drift as the rules judge it", () => {
  it("is told by the mandatory rules that it breaks", () => {
    const rules = weakened([role], live([role, trusting("*")]));
    expect(rules).to.deep.include(["iam-trust-not-open", "mandatory", role.urn]);
    expect(rules.every(([, level]) => level === "mandatory")).to.equal(true);
  });

  it("breaks nothing where it is harmless, or where the state broke the rule already", () => {
    const described = {
      ...trusting({ AWS: "arn:aws:iam::111122223333:role/ci" }),
      description: "x",
    };
    expect(weakened([role], live([role, described]))).to.deep.equal([]);
    const open = entry("aws:iam/role:Role", "app", trusting("*"));
    expect(weakened([open], live([open, { ...trusting("*"), description: "x" }]))).to.deep.equal(
      [],
    );
  });

  it("counts what is gone as gone", () => {
    const block = entry("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "b", {
      bucket: "logs",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const bucket = entry("aws:s3/bucket:Bucket", "logs", { bucket: "logs" });
    const rules = weakened([bucket, block], live([block, "gone"])).map(([rule]) => rule);
    expect(rules).to.include("bucket-public-access-blocked");
  });

  it("looks at a hidden secret as the state keeps it: it has not changed because the engine hides it", () => {
    const hidden = { secretId: "s", secretString: "[secret]" };
    expect(weakened([secret], live([secret, hidden]))).to.deep.equal([]);
    const [kept] = live([secret, hidden]).of([secret]);
    expect(kept?.inputs).to.deep.equal(secret.inputs);
  });

  it("leaves out what an exemption excuses", () => {
    const exemption = {
      rule: "iam-trust-not-open",
      resource: "*",
      stack: STAMP,
      reason: "CHG-1",
      owner: "ann",
      expires: "2026-12-31",
    };
    const rules = weakened([role], live([role, trusting("*")]), [exemption]).map(([rule]) => rule);
    expect(rules).not.to.include("iam-trust-not-open");
  });
});
