import { expect } from "chai";

import { programOf } from "../../../../programs/program";
import type { StateResource } from "../../../../server/engine/deployment";
import {
  asIfCreated,
  FINDABLE_TYPES,
  isOurs,
  planPending,
  touched,
  type Whereabouts,
} from "../../../../server/engine/pending";
import { stampName } from "../../../../stacks/naming";
import { record } from "../../../support/recorder";
import { accessSpec, connection, memberSpec, vaultSpec } from "../../../support/specs";

const ACCOUNT = "111122223333";
const stamp = stampName("member", ACCOUNT);
const PROVIDER: StateResource = {
  urn: "urn:pulumi:s::strongroom::pulumi:providers:aws::aws",
  type: "pulumi:providers:aws",
  custom: true,
  id: "provider-id",
  inputs: { region: "eu-central-1" },
};
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47", ciphertext: "v1:x" };

const resource = (type: string, inputs: Record<string, unknown> = {}): StateResource => ({
  urn: `urn:pulumi:s::strongroom::${type}::thing`,
  type,
  custom: true,
  provider: `${PROVIDER.urn}::provider-id`,
  inputs,
});
const begun = (one: StateResource) => ({ type: "creating", resource: one });
const planned = (one: StateResource, resources: readonly StateResource[] = [PROVIDER]) =>
  planPending({ resources, pending_operations: [begun(one)] }, { stamp, accountId: ACCOUNT })[0]!;
const found = (type: string, inputs: Record<string, unknown>): Whereabouts | undefined =>
  planned(resource(type, inputs)).whereabouts;

describe("a creation whose end nobody saw", () => {
  it("can be found again for every type that the programs make", async () => {
    const made = new Set<string>();
    for (const spec of [accessSpec(), vaultSpec(), memberSpec()]) {
      const { resources } = await record(programOf(spec, connection(spec.accountId)));
      for (const { type } of resources) {
        if (/^aws(-native)?:/.test(type)) made.add(type);
      }
    }
    expect(made.size).to.be.greaterThan(20);
    expect([...made].filter((type) => !FINDABLE_TYPES.includes(type))).to.deep.equal([]);
  });

  for (const [type, inputs, id] of [
    ["aws:iam/role:Role", { name: "r" }, "r"],
    ["aws:iam/rolePolicy:RolePolicy", { role: "r", name: "p" }, "r:p"],
    [
      "aws:iam/policy:Policy",
      { name: "p", path: "/strongroom/" },
      `arn:aws:iam::${ACCOUNT}:policy/strongroom/p`,
    ],
    ["aws:iam/policy:Policy", { name: "p" }, `arn:aws:iam::${ACCOUNT}:policy/p`],
    [
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      { role: "r", policyArn: "arn:p" },
      "r/arn:p",
    ],
    ["aws:s3/bucket:Bucket", { bucket: "b" }, "b"],
    ["aws:s3/bucketPolicy:BucketPolicy", { bucket: "b", region: "eu-west-1" }, "b@eu-west-1"],
    [
      "aws:kms/replicaKey:ReplicaKey",
      { primaryKeyArn: "arn:aws:kms:eu-central-1:1:key/mrk-1", region: "eu-west-1" },
      "mrk-1@eu-west-1",
    ],
    ["aws:kms/alias:Alias", { name: "alias/a", region: "eu-west-1" }, "alias/a@eu-west-1"],
    ["aws:cloudwatch/eventRule:EventRule", { name: "r" }, "r"],
    ["aws:cloudwatch/eventRule:EventRule", { name: "r", eventBusName: "default" }, "r"],
    ["aws:cloudwatch/eventRule:EventRule", { name: "r", eventBusName: "bus" }, "bus/r"],
    ["aws:cloudwatch/eventTarget:EventTarget", { rule: "r", targetId: "t" }, "r/t"],
    [
      "aws:cloudwatch/eventTarget:EventTarget",
      { eventBusName: "bus", rule: "r", targetId: "t" },
      "bus/r/t",
    ],
    [
      "aws:sns/topic:Topic",
      { name: "t", region: "eu-west-1" },
      `arn:aws:sns:eu-west-1:${ACCOUNT}:t@eu-west-1`,
    ],
    ["aws:sqs/queue:Queue", { name: "q" }, `https://sqs.eu-central-1.amazonaws.com/${ACCOUNT}/q`],
    [
      "aws:sqs/queue:Queue",
      { name: "q", region: "cn-north-1" },
      `https://sqs.cn-north-1.amazonaws.com.cn/${ACCOUNT}/q@cn-north-1`,
    ],
    ["aws:lambda/permission:Permission", { function: "arn:f", statementId: "s" }, "arn:f/s"],
    [
      "aws-native:accessanalyzer:Analyzer",
      { analyzerName: "a" },
      `arn:aws:access-analyzer:eu-central-1:${ACCOUNT}:analyzer/a`,
    ],
  ] as const) {
    it(`is ${id} for ${type} with ${JSON.stringify(inputs)}`, () => {
      expect(found(type, inputs)).to.deep.equal({ id });
    });
  }

  it("is looked for by the tags of its stamp and its own where KMS makes the id up", () => {
    expect(found("aws:kms/key:Key", { tags: { purpose: "p" }, region: "eu-west-1" })).to.deep.equal(
      {
        search: {
          kind: "key",
          region: "eu-west-1",
          tags: { purpose: "p", "strongroom:stamp": stamp },
        },
      },
    );
  });

  it("is looked for by its function and its queue where Lambda makes the id up", () => {
    const inputs = { functionName: "arn:f", eventSourceArn: "arn:q" };
    expect(found("aws:lambda/eventSourceMapping:EventSourceMapping", inputs)).to.deep.equal({
      search: { kind: "event source", region: "eu-central-1", ...inputs },
    });
  });

  it("is left to a person where nothing says for sure what it would be", () => {
    for (const one of [
      resource("aws:secretsmanager/secret:Secret", { name: "s" }),
      resource("aws:iam/role:Role", {}),
      resource("aws:iam/role:Role", { name: SECRET }),
      resource("aws:iam/rolePolicy:RolePolicy", { name: "p" }),
      resource("aws:kms/key:Key", { tags: { purpose: SECRET } }),
      resource("aws:sqs/queue:Queue", { name: "q", region: "us-iso-east-1" }),
    ]) {
      expect(planned(one).whereabouts, JSON.stringify(one)).to.equal(undefined);
      expect(planned(one).why).to.be.a("string");
    }
    const role = resource("aws:iam/role:Role", { name: "r" });
    expect(planned(role, [PROVIDER, { ...role, id: "old" }]).why).to.contain("replace");
    expect(planned(role, []).why).to.contain("provider");
  });

  it("is asked for like an import: with its id, and without anything of what AWS would say", () => {
    const role = { ...resource("aws:iam/role:Role", { name: "r" }), protect: true };
    const state = { resources: [PROVIDER], pending_operations: [begun(role)] };
    expect(asIfCreated(state, [{ resource: role, id: "r" }])).to.deep.equal({
      resources: [PROVIDER, { ...role, id: "r", outputs: {} }],
      pending_operations: [],
    });
  });

  it("is not the only thing that an interrupted update leaves: what was changed or deleted is looked at too", () => {
    const there = { ...resource("aws:sns/topic:Topic"), id: "t" };
    const gone = resource("aws:iam/role:Role");
    const pending_operations = [
      { type: "updating", resource: there },
      { type: "deleting", resource: gone },
      begun(resource("aws:s3/bucket:Bucket")),
    ];
    expect(touched({ resources: [there], pending_operations })).to.deep.equal([there.urn]);
  });
});

describe("a resource that was found", () => {
  const with_ = (type: string, outputs: Record<string, unknown>) =>
    isOurs({ ...resource(type), id: "i", outputs }, stamp);

  it("is the stamp's own where it carries the stamp's tag", () => {
    const tagsAll = { "strongroom:stamp": stamp };
    expect(with_("aws:iam/role:Role", { tagsAll })).to.equal(true);
    expect(with_("aws:iam/role:Role", { tagsAll: {} })).to.equal(false);
    expect(with_("aws:iam/role:Role", {})).to.equal(false);
    expect(with_("aws:kms/key:Key", { tagsAll: { "strongroom:stamp": "member-2" } })).to.equal(
      false,
    );
    const tags = [{ key: "strongroom:stamp", value: stamp }];
    expect(with_("aws-native:accessanalyzer:Analyzer", { tags })).to.equal(true);
    expect(with_("aws-native:accessanalyzer:Analyzer", { tags: [] })).to.equal(false);
  });

  it("needs none where AWS takes no tags when it is made", () => {
    expect(with_("aws:s3/bucket:Bucket", { tagsAll: {} })).to.equal(true);
    expect(with_("aws:iam/rolePolicy:RolePolicy", {})).to.equal(true);
  });
});
