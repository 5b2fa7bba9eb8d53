import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { execa } from "execa";

import type { Toolchain } from "../../../engine/toolchain";
import { engineTools } from "../../support/engine-tools";

const root = path.resolve(__dirname, "../../../..");
const ACCOUNT = "111122223333";
const CANARY = "canary-3f9c1d7e55aa";

/** Makes the account's provider; a preview of new resources calls nobody, so no account needs to be there. */
const PROVIDER = `
const aws = require("@pulumi/aws");
const provider = new aws.Provider("aws", {
  region: "eu-central-1", accessKey: "x", secretKey: "x", skipCredentialsValidation: true,
  skipRequestingAccountId: true, skipMetadataApiCheck: true,
});
const statement = (principal, action) =>
  ({ Effect: "Allow", Principal: { AWS: principal }, Action: action, Resource: "*" });
const policy = (...statements) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const owner = statement("arn:aws:iam::${ACCOUNT}:root", "kms:*");
`;

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
  let toolchain: Toolchain;
  const scratch = mkdtempSync(path.join(tmpdir(), "strongroom-packs-"));

  before(async () => {
    toolchain = await engineTools();
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  /** Previews a program with the stock command line, as a laptop does; answers exit code and all output. */
  async function preview(name: string, program: string, pack: string, config: object = {}) {
    const folder = path.join(scratch, name);
    mkdirSync(path.join(folder, "state"), { recursive: true });
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    writeFileSync(path.join(folder, "index.js"), PROVIDER + program);
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name, main: "index.js" }));
    writeFileSync(
      path.join(folder, "Pulumi.yaml"),
      `name: strongroom\nruntime: { name: nodejs, options: { typescript: false } }\n`,
    );
    const pulumi = (...args: string[]) =>
      execa(toolchain.pulumiCommandPath, [...args, "--non-interactive", "--color", "never"], {
        cwd: folder,
        reject: false,
        all: true,
        extendEnv: false,
        env: {
          HOME: scratch,
          ...toolchain.env,
          PULUMI_HOME: path.join(folder, "home"),
          PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
          PULUMI_CONFIG_PASSPHRASE: "test",
        },
      });
    await pulumi("stack", "init", `vault-${ACCOUNT}`);
    const packFolder = path.join(root, "policies", pack);
    const configFile = path.join(folder, "pack-config.json");
    writeFileSync(configFile, JSON.stringify(config));
    const packs = ["--policy-pack", packFolder, "--policy-pack-config", configFile];
    const { exitCode, all } = await pulumi("preview", ...packs);
    const state = await pulumi("stack", "export");
    return { exitCode, output: all, state: state.all };
  }

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
