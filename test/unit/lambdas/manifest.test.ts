import { expect } from "chai";

import {
  contentDigest,
  listedDigest,
  manifestOf,
  parseManifest,
  stampOf,
} from "../../../lambdas/core/manifest";
import { FunctionError, type SecretDescription } from "../../../lambdas/ports";

const secret: SecretDescription = {
  accountId: "111122223333",
  region: "eu-central-1",
  name: "prod/db",
  suffix: "AbCdEf",
  arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-AbCdEf",
  changedAt: "2026-03-01T12:00:00.000Z",
  description: "Основная база",
  tags: { b: "2", a: "1" },
  replicas: [{ region: "eu-west-1" }, { region: "eu-north-1", kmsKeyId: "alias/x" }],
  rotation: { functionArn: "arn:aws:lambda:…", rules: { AutomaticallyAfterDays: 30 } },
  versions: [
    { versionId: "v2", stages: ["AWSCURRENT", "blue"], createdAt: "2026-03-01T12:00:00.000Z" },
    { versionId: "v1", stages: ["AWSPREVIOUS"], createdAt: "2026-02-01T12:00:00.000Z" },
  ],
};
const versions = secret.versions.map((version) => ({
  ...version,
  kind: "string" as const,
  bytes: 3,
  digest: "AAAA",
}));
const manifest = {
  ...manifestOf("o-abcdefghij", secret, versions, new Date("2026-03-01T12:00:05.000Z")),
  mac: "BBBB",
};
const bytes = (document: unknown) => Buffer.from(JSON.stringify(document));

describe("a manifest", () => {
  it("is read back as it was written, with the versions in order of time", () => {
    const read = parseManifest("k", bytes(manifest));
    expect(read).to.deep.equal(manifest);
    expect(read.versions.map(({ versionId }) => versionId)).to.deep.equal(["v1", "v2"]);
  });

  it("leaves a scheduled deletion out: it is about what was kept", () => {
    const deleted = { ...secret, deletedAt: "2026-03-02T00:00:00.000Z" };
    expect(manifestOf("o-abcdefghij", deleted, [], new Date())).not.to.have.property("deletedAt");
    expect(contentDigest(deleted)).to.equal(contentDigest(secret));
  });

  it("has the same name for the same secret, in whatever order AWS lists its parts", () => {
    const shuffled: SecretDescription = {
      ...secret,
      tags: { a: "1", b: "2" },
      replicas: secret.replicas.toReversed(),
      versions: secret.versions
        .map((version) => ({ ...version, stages: version.stages.toReversed() }))
        .toReversed(),
    };
    expect(stampOf(shuffled)).to.deep.equal(stampOf(secret));
  });

  const changes: [string, Partial<SecretDescription>][] = [
    ["description", { description: "other" }],
    ["tags", { tags: { a: "1" } }],
    ["policy", { resourcePolicy: "{}" }],
    ["rotation", { rotation: { rules: { AutomaticallyAfterDays: 7 } } }],
    ["replicas", { replicas: [] }],
    ["key", { kmsKeyId: "alias/other" }],
    ["labels", { versions: secret.versions.slice(0, 1) }],
  ];
  for (const [part, change] of changes) {
    it(`has another name when the ${part} changed`, () => {
      expect(contentDigest({ ...secret, ...change })).not.to.equal(contentDigest(secret));
    });
  }

  it("shows a listing whether labels or tags changed", () => {
    const listed = { tags: { a: "1" }, versions: { v1: ["AWSCURRENT"] } };
    const same = listedDigest(listed);
    expect(listedDigest({ ...listed, tags: {} })).not.to.equal(same);
    expect(listedDigest({ ...listed, versions: { v1: ["AWSPREVIOUS"] } })).not.to.equal(same);
    expect(listedDigest({ ...listed, versions: { v1: ["AWSCURRENT"] } })).to.equal(same);
  });

  for (const [what, body] of [
    ["not JSON", Buffer.from("{")],
    ["of a newer schema", bytes({ ...manifest, schema: 2 })],
    ["without its signature", bytes({ ...manifest, mac: undefined })],
    ["with a field that nobody knows", bytes({ ...manifest, extra: 1 })],
    ["with a version that is none", bytes({ ...manifest, versions: [{ versionId: 1 }] })],
  ] as const) {
    it(`is refused when it is ${what}`, () => {
      expect(() => parseManifest("some/key", body))
        .to.throw(FunctionError, "some/key")
        .with.property("code", "MANIFEST_INVALID");
    });
  }
});
