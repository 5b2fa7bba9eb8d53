import { expect } from "chai";

import { accessChanges, type AccessChange } from "../../../policies/access-changes";
import { Stack, type ResourceInput } from "../../../policies/model/stack";
import { UNKNOWN, type Value } from "../../../policies/model/values";

const ACCOUNT = "111122223333";
const urnOf = (type: string, name: string) =>
  `urn:pulumi:member-${ACCOUNT}::strongroom::${type}::${name}`;
const resource = (type: string, name: string, props: Record<string, Value>): ResourceInput => ({
  type,
  name,
  urn: urnOf(type, name),
  props,
});
const document = (...statements: object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (actions: string | string[], on: string, more: object = {}) => ({
  Effect: "Allow",
  Action: actions,
  Resource: on,
  ...more,
});
const role = (policy: Value): ResourceInput =>
  resource("aws:iam/role:Role", "app", {
    name: "app",
    inlinePolicies: [{ name: "p", policy }],
    assumeRolePolicy: document({
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: "sts:AssumeRole",
    }),
  });
const key = (policy: Value): ResourceInput => resource("aws:kms/key:Key", "backup", { policy });

const between = (before: ResourceInput[], after: ResourceInput[]): readonly AccessChange[] =>
  accessChanges(new Stack(before), new Stack(after));
const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1a2b`;
const EVERY_KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/*`;
const said = (changes: readonly AccessChange[]) =>
  changes.map(({ change, actions, resources }) => [change, actions, resources]);

describe("what identities gain and lose", () => {
  it("is nothing where nothing changes, however it is spelt", () => {
    const one = role(document(allow(["kms:Decrypt", "KMS:Encrypt"], KEY)));
    const other = role(document(allow("kms:encrypt", KEY), allow("kms:decrypt", KEY)));
    expect(between([one, key("{}")], [other, key("{}")])).to.deep.equal([]);
  });

  it("is what the new policy allows and the old one did not", () => {
    const changes = between(
      [role(document(allow("kms:Encrypt", KEY)))],
      [role(document(allow(["kms:Decrypt", "kms:Encrypt"], KEY)))],
    );
    expect(changes).to.deep.equal([
      {
        change: "gains",
        who: 'Role "app"',
        actions: ["kms:Decrypt"],
        resources: [KEY],
        except: [],
        conditions: [],
      },
    ]);
  });

  it("is a gain where it reaches further, and a loss where it reaches less far", () => {
    const [narrow, wide] = [KEY, EVERY_KEY].map((on) => role(document(allow("kms:Decrypt", on))));
    expect(said(between([narrow!], [wide!]))).to.deep.equal([
      ["gains", ["kms:Decrypt"], [EVERY_KEY]],
    ]);
    expect(said(between([wide!], [narrow!]))).to.deep.equal([
      ["loses", ["kms:Decrypt"], [EVERY_KEY]],
    ]);
  });

  it("is a gain where a condition falls away, and a loss where one comes", () => {
    const condition = { StringEquals: { "aws:PrincipalOrgID": "o-1" } };
    const free = role(document(allow("kms:Decrypt", KEY)));
    const bound = role(document(allow("kms:Decrypt", KEY, { Condition: condition })));
    expect(said(between([bound], [free]))).to.deep.equal([["gains", ["kms:Decrypt"], [KEY]]]);
    expect(said(between([free], [bound]))).to.deep.equal([["loses", ["kms:Decrypt"], [KEY]]]);
  });

  it("counts a Deny that goes", () => {
    const deny = { Effect: "Deny", Action: "kms:Decrypt", Resource: "*" };
    const [denied, free] = [
      role(document(allow("kms:Decrypt", KEY), deny)),
      role(document(allow("kms:Decrypt", KEY))),
    ];
    expect(said(between([denied], [free]))).to.deep.equal([["gains", ["kms:Decrypt"], [KEY]]]);
    expect(said(between([free], [denied]))).to.deep.equal([["loses", ["kms:Decrypt"], [KEY]]]);
  });

  it("is all of a new identity, and of one that goes, with whole services in one word", () => {
    const made = role(document(allow("kms:*", KEY)));
    expect(said(between([], [made]))).to.deep.include(["gains", ["kms:*"], [KEY]]);
    expect(said(between([made], []))).to.deep.include(["loses", ["kms:*"], [KEY]]);
  });

  it("is told of the principals of a key's policy, and of who may become a role", () => {
    const reader = `arn:aws:iam::${ACCOUNT}:role/reader`;
    const policy = document({
      Effect: "Allow",
      Principal: { AWS: reader },
      Action: "kms:Decrypt",
      Resource: "*",
    });
    expect(between([key(document())], [key(policy)])).to.deep.equal([
      {
        change: "gains",
        who: reader,
        through: 'Key "backup"',
        actions: ["kms:Decrypt"],
        resources: [],
        except: [],
        conditions: [],
      },
    ]);
    const becomes = between([], [role(document(allow("kms:Decrypt", KEY)))]).find(
      ({ through }) => through === 'Role "app"',
    );
    expect(becomes).to.include({ change: "gains", who: "lambda.amazonaws.com" });
    expect(becomes?.actions).to.deep.equal(["sts:AssumeRole"]);
  });

  it("is unclear, and says why, where a document cannot be read", () => {
    const before = role(document(allow("kms:Decrypt", KEY)));
    const [unclear] = between([before], [role(UNKNOWN)]).filter(
      ({ change }) => change === "unclear",
    );
    expect(unclear?.why).to.equal("inlinePolicies[0].policy is not known yet");
    const onKey = between([], [key("[secret]")]);
    expect(onKey.map(({ change, through }) => [change, through])).to.deep.equal([
      ["unclear", 'Key "backup"'],
    ]);
  });
});
