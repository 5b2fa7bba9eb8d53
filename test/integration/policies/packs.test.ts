import path from "node:path";

import { expect } from "chai";

import { ForeignPrograms, root } from "./foreign-program";

const CANARY = "canary-3f9c1d7e55aa";

const GOOD = `
new aws.kms.Key("key", { enableKeyRotation: true, deletionWindowInDays: 30, policy: policy(owner) }, { provider });
`;

const BAD = `
const key = new aws.kms.Key("key", { enableKeyRotation: false, policy: policy(statement("*", "kms:Decrypt")) }, { provider });
const bucket = new aws.s3.Bucket("bucket", { bucket: "strongroom-test" }, { provider, protect: true });
new aws.s3.BucketVersioning("versioning", {
  bucket: bucket.id, versioningConfiguration: { status: "Enabled" },
}, { provider });
const secret = new aws.secretsmanager.Secret("secret", { name: "app" }, { provider });
new aws.secretsmanager.SecretVersion("version", { secretId: secret.id, secretString: "${CANARY}" }, { provider });
module.exports = { adminPassword: key.arn };
`;

const STILL = `
new aws.kms.Key("key", { enableKeyRotation: false, deletionWindowInDays: 30, policy: policy(owner) }, { provider });
`;

const EXEMPTION = {
  rule: "kms-key-rotation-enabled",
  resource: "key",
  reason: "Its material is imported and cannot rotate.",
  owner: "platform",
  expires: "2999-12-31",
};

const UNKNOWN = `
const topic = new aws.sns.Topic("topic", {}, { provider });
new aws.kms.Key("key", {
  enableKeyRotation: true,
  policy: topic.arn.apply((arn) => policy(owner, statement(arn, "kms:Encrypt"))),
}, { provider });
`;

describe("the policy packs on the real engine", function () {
  this.timeout(180_000);
  let programs: ForeignPrograms;

  before(async () => {
    programs = await ForeignPrograms.start();
  });
  after(() => programs.close());

  const preview = (name: string, program: string, pack: string, config: object = {}) =>
    programs.preview(name, program, path.join(root, "policies", pack), config);

  it("stop a bad program at its preview and say what to set", async () => {
    const { exitCode, output, state } = await preview("bad", BAD, "strongroom");
    expect(exitCode, output).to.not.equal(0);
    for (const text of [
      "kms-key-rotation-enabled",
      'Key "key" does not rotate. Set enableKeyRotation to true.',
      "kms-key-policy-no-wildcard-principal",
      'Key "key" lets everybody use it (policy, statement 1).',
      "bucket-object-locked",
      'Bucket "bucket" has no Object Lock.',
      "secret-value-not-in-program",
      "provider-names-account",
      "stack-outputs-hold-no-secret",
      "[mandatory]",
    ]) {
      expect(output).to.contain(text);
    }
    // The versioning names the bucket by an output: the join finds it by the engine's record of dependencies.
    expect(output).to.not.contain("bucket-versioned");
    expect(output).to.not.contain("could not be judged");
    expect(output).to.not.contain(CANARY);
    expect(state).to.not.contain("aws:kms");
  });

  it("let a good program pass", async () => {
    const { exitCode, output } = await preview("good", GOOD, "secrets-encryption");
    expect(exitCode, output).to.equal(0);
    expect(output).to.contain("secrets-encryption@v0.1.0");
  });

  it("accept what an exemption of their configuration excuses, and say so", async () => {
    const config = { judge: { exemptions: [EXEMPTION] } };
    const { exitCode, output } = await preview("exempt", STILL, "secrets-encryption", config);
    expect(exitCode, output).to.equal(0);
    expect(output).to.contain('[exempt] Key "key" does not rotate.');
    expect(output).to.contain("Exempt until 2999-12-31, platform answers for it.");
  });

  it("keep the level of a rule that their configuration would lower", async () => {
    const config = { "kms-key-rotation-enabled": "advisory", judge: "advisory" };
    const { exitCode, output } = await preview("lowered", STILL, "secrets-encryption", config);
    expect(exitCode, output).to.not.equal(0);
    expect(output).to.match(/\[mandatory\].* kms-key-rotation-enabled/);
  });

  for (const key of ["all", "judge"]) {
    it(`judge all the same where their configuration turns ${key} off, and refuse it`, async () => {
      const config = { [key]: "disabled" };
      const { exitCode, output } = await preview(`off-${key}`, STILL, "strongroom", config);
      expect(exitCode, output).to.not.equal(0);
      expect(output).to.match(/\[mandatory\].* kms-key-rotation-enabled/);
      expect(output).to.contain(
        "The pack's configuration turns it off, and it judges all the same.",
      );
    });
  }

  it("refuse exemptions that are incomplete, with all that is missing", async () => {
    const { rule } = EXEMPTION;
    const config = { judge: { exemptions: [{ rule }] } };
    const { exitCode, output } = await preview("incomplete", STILL, "secrets-encryption", config);
    expect(exitCode, output).to.not.equal(0);
    for (const missing of ["reason", "owner", "expires"]) expect(output).to.contain(missing);
  });

  it("stop a program that cannot be judged at its preview, and name the property", async () => {
    const { exitCode, output } = await preview("unknown", UNKNOWN, "secrets-encryption");
    expect(exitCode, output).to.not.equal(0);
    expect(output).to.contain('Key "key" could not be judged: policy is not known yet.');
    expect(output).to.contain("kms-key-policy-no-wildcard-principal");
  });
});
