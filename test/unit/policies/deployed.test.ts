import { expect } from "chai";

import { judgeDeployed } from "../../../policies/deployed";
import { UNKNOWN } from "../../../policies/model/values";
import { readStateFile } from "../../../policies/state-file";

const CANARY = "canary-value-3b81";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const secret = (more: object) => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", ...more });
const STACK = "member-111122223333";
const urnOf = (type: string, name: string) => `urn:pulumi:${STACK}::strongroom::${type}::${name}`;
const NOW = { stack: STACK, today: "2026-06-01" } as const;
const PROVIDER = urnOf("pulumi:providers:aws", "p");

const provider = {
  urn: PROVIDER,
  type: "pulumi:providers:aws",
  custom: true,
  id: "1234",
  inputs: { allowedAccountIds: '["444455556666"]', region: "eu-west-1" },
};
const entry = (type: string, name: string, inputs: object, more: object = {}) => ({
  urn: urnOf(type, name),
  type,
  custom: true,
  id: `${name}-id`,
  provider: `${PROVIDER}::1234`,
  inputs,
  outputs: { ...inputs, arn: `arn:aws:x:::${name}` },
  ...more,
});
const exported = (...resources: unknown[]) => ({ version: 3, deployment: { resources } });
const role = (principal: object | string) =>
  entry("aws:iam/role:Role", "app", {
    name: "app",
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
    }),
  });
const rules = (...resources: object[]): string[] =>
  judgeDeployed(readStateFile(exported(...resources)).resources, NOW).findings.map(
    ({ rule }) => rule,
  );

describe("the state of a stack as rules judge it", () => {
  it("has inputs, identifiers, options and the provider's settings of each AWS resource", () => {
    const key = entry(
      "aws:kms/key:Key",
      "k",
      { description: "d" },
      { protect: true, propertyDependencies: { policy: [PROVIDER], tags: null } },
    );
    const { resources, problems } = readStateFile(exported(provider, key));
    expect(problems).to.deep.equal([]);
    expect(resources.filter(({ type }) => type === "aws:kms/key:Key")).to.deep.equal([
      {
        urn: urnOf("aws:kms/key:Key", "k"),
        type: "aws:kms/key:Key",
        name: "k",
        props: { description: "d", arn: "arn:aws:x:::k", id: "k-id" },
        propertyDependencies: { policy: [PROVIDER], tags: [] },
        protect: true,
        retainOnDelete: false,
        accountId: "444455556666",
        providerRegion: "eu-west-1",
      },
    ]);
  });

  it("is the same from a file backend's checkpoint", () => {
    const resources = [provider, entry("aws:kms/key:Key", "k", {})];
    const kept = { version: 3, checkpoint: { stack: STACK, latest: { resources } } };
    expect(readStateFile(kept)).to.deep.equal(readStateFile(exported(...resources)));
  });

  it("leaves out what is only read, what waits to be deleted, components and other providers", () => {
    const left = [
      entry("aws:kms/key:Key", "a", {}, { external: true }),
      entry("aws:kms/key:Key", "b", {}, { delete: true }),
      entry("aws:kms/key:Key", "c", {}, { custom: false }),
      entry("random:index/randomId:RandomId", "d", {}),
    ];
    expect(readStateFile(exported(...left)).resources).to.deep.equal([]);
  });

  it("keeps no value that is a secret, encrypted or exported in the clear", () => {
    const inputs = {
      secretString: secret({ plaintext: JSON.stringify(CANARY) }),
      nested: [{ deep: secret({ ciphertext: CANARY }) }],
    };
    const { resources } = readStateFile(
      exported(entry("aws:secretsmanager/secretVersion:SecretVersion", "v", inputs)),
    );
    expect(resources[0]?.props["secretString"]).to.equal("(hidden)");
    expect(resources[0]?.props["nested"]).to.deep.equal([{ deep: UNKNOWN }]);
    expect(JSON.stringify(resources)).to.not.contain(CANARY);
  });

  it("tells of every mistake of a file at once, and of what is no state at all", () => {
    const { problems } = readStateFile(exported({ urn: 1 }, "text"));
    expect(problems.map(({ pointer }) => pointer)).to.deep.equal([
      "/resources/0/urn",
      "/resources/0/type",
      "/resources/1",
    ]);
    for (const data of [[], null, {}, { deployment: { resources: {} } }]) {
      expect(readStateFile(data).problems, JSON.stringify(data)).to.have.length(1);
    }
  });
});

describe("judging what is deployed", () => {
  it("finds with the same rules what no pack looked at", () => {
    expect(rules(role("*"))).to.include("iam-trust-not-open");
    expect(rules(role({ Service: "lambda.amazonaws.com" }))).to.not.include("iam-trust-not-open");
  });

  it("fails for a value that cannot be read, because nothing will be known later", () => {
    const sealed = entry("aws:iam/role:Role", "app", {
      name: "app",
      assumeRolePolicy: secret({ ciphertext: "v1:abc" }),
    });
    const { findings, failed, counts } = judgeDeployed(
      readStateFile(exported(sealed)).resources,
      NOW,
    );
    const open = findings.find(({ rule }) => rule === "iam-trust-not-open");
    expect(open).to.include({ verdict: "undetermined", level: "mandatory" });
    expect(open?.message).to.match(/assumeRolePolicy is not known yet/);
    expect(counts.undetermined).to.be.greaterThan(0);
    expect(failed).to.equal(true);
  });

  it("finds the secret whose value a program gave, though the state keeps it encrypted", () => {
    const version = (more: object) =>
      entry(
        "aws:secretsmanager/secretVersion:SecretVersion",
        "v",
        { secretId: "s", secretString: secret({ ciphertext: "v1:abc" }) },
        more,
      );
    expect(rules(version({}))).to.include("secret-value-not-in-program");
    const generated = { propertyDependencies: { secretString: [urnOf("random:x:Y", "r")] } };
    expect(rules(version(generated))).to.not.include("secret-value-not-in-program");
  });

  it("counts every verdict, and passes a stack without resources", () => {
    expect(judgeDeployed([], NOW)).to.deep.equal({
      counts: { pass: 0, fail: 0, undetermined: 0, exempt: 0 },
      findings: [],
      failed: false,
    });
    const { counts, findings } = judgeDeployed(readStateFile(exported(role("*"))).resources, NOW);
    expect(counts.fail + counts.undetermined).to.equal(findings.length);
    expect(counts.pass).to.be.greaterThan(0);
  });

  describe("with exemptions", () => {
    const exemption = (more: object = {}) => ({
      rule: "iam-trust-not-open",
      resource: "app",
      reason: "It is about to be taken down.",
      owner: "platform",
      expires: "2026-12-31",
      ...more,
    });
    const judged = (more: object = {}, today = "2026-06-01") => {
      const { resources } = readStateFile(exported(role("*")));
      return judgeDeployed(resources, { stack: STACK, exemptions: [exemption(more)], today });
    };
    const about = ({ findings }: ReturnType<typeof judged>) =>
      findings
        .filter(({ rule }) => rule === "iam-trust-not-open")
        .map(({ verdict, level }) => `${verdict}, ${level}`);

    it("lists what one accepts with its end and owner, and does not fail for it", () => {
      const { findings, counts } = judged();
      const found = findings.find(({ rule }) => rule === "iam-trust-not-open");
      expect(found).to.include({ verdict: "exempt", level: "advisory" });
      expect(found?.message).to.contain("(Exempt until 2026-12-31, platform answers for it.)");
      expect(counts.exempt).to.equal(1);
      expect(about(judged({}, "2026-12-31"))).to.deep.equal(["exempt, advisory"]);
    });

    it("fails one that has expired, and what it excused", () => {
      const late = judged({}, "2027-01-01");
      expect(about(late)).to.deep.equal(["fail, mandatory", "fail, mandatory"]);
      expect(late.findings.at(-1)).to.include({ urn: "" });
      expect(late.findings.at(-1)?.message).to.contain("expired on 2026-12-31");
    });

    it("fails one that names the stack and excuses nothing in it, and no other that is idle", () => {
      expect(about(judged({ stack: STACK, resource: "other" }))[1]).to.equal("fail, mandatory");
      expect(about(judged({ stack: "member-*", resource: "other" }))).to.have.length(1);
    });
  });
});
