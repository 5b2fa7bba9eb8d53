import { expect } from "chai";

import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";

import {
  ConfigureAnalyzerRequest,
  EnforcementLevel,
  PolicyConfig,
} from "@pulumi/pulumi/proto/analyzer_pb";

import { Stack, type ResourceInput } from "../../policies/model/stack";
import { JUDGE } from "../../policies/config-keys";
import { keepOn, type ConfigureCall, type Wish } from "../../policies/kept-on";
import { policiesFor } from "../../policies/pack";
import { judge, RULES } from "../../policies/rules";
import { kmsKeyRotationEnabled } from "../../policies/rules/kms-keys";
import { secretValueNotInProgram } from "../../policies/rules/secrets";
import { bucketRefusesPlainHttp } from "../../policies/rules/bucket-policies";
import { ACCOUNT, policy, resource, urnOf } from "./fixtures";

interface Reported {
  readonly name: string;
  readonly message: string;
  readonly urn: string;
  readonly enforcementLevel: string;
}

/** The judge of some rules, with what it reports. */
function judging(
  rules: typeof RULES,
  config: object = {},
  today = "2026-06-01",
  wish: Wish = { turnedOff: false },
) {
  const [entry] = policiesFor(rules, () => today, wish) as unknown as [
    {
      validateResource: (args: ResourceValidationArgs, report: unknown) => void;
      validateStack: (args: StackValidationArgs, report: unknown) => void;
    },
  ];
  const reported: Reported[] = [];
  const report = (violation: Reported) => reported.push(violation);
  const args = (input: ResourceInput) => ({
    ...input,
    opts: { protect: input.protect === true },
    getConfig: () => config,
    propertyDependencies: Object.fromEntries(
      Object.entries(input.propertyDependencies ?? {}).map(([name, urns]) => [
        name,
        urns.map((urn) => ({ urn })),
      ]),
    ),
  });
  return {
    reported,
    resource: (input: ResourceInput) =>
      entry.validateResource(args(input) as unknown as ResourceValidationArgs, report),
    stack: (...inputs: ResourceInput[]) =>
      entry.validateStack(
        { resources: inputs.map(args), getConfig: () => config } as unknown as StackValidationArgs,
        report,
      ),
  };
}

/** The engine's call with a configuration, and the level that arrives of each policy. */
function configureCall(levels: Readonly<Record<string, EnforcementLevel>>) {
  const request = new ConfigureAnalyzerRequest();
  for (const [name, level] of Object.entries(levels)) {
    request.getPolicyconfigMap().set(name, new PolicyConfig().setEnforcementlevel(level));
  }
  const bytes = Buffer.from(request.serializeBinary());
  const call: ConfigureCall = {
    requestDeserialize: (given) => ConfigureAnalyzerRequest.deserializeBinary(given),
  };
  const levelOf = (name: string) =>
    call.requestDeserialize(bytes).getPolicyconfigMap().get(name)?.getEnforcementlevel();
  return { call, levelOf };
}

/** Properties of which one throws when it is read, as the engine's proxy does for what is not known yet. */
function withUnknown(props: object, name: string): ResourceInput["props"] {
  return Object.defineProperty({ ...props }, name, {
    enumerable: true,
    get: () => {
      throw new Error("can't be known during preview");
    },
  });
}

describe("the judge of a pack", () => {
  const key = resource("aws:kms/key:Key", { enableKeyRotation: false });

  it("reports under the rule's own name, at its level, on the resource", () => {
    const it = judging([kmsKeyRotationEnabled]);
    it.resource(key);
    expect(it.reported).to.have.length(1);
    expect(it.reported[0]).to.include({
      name: "kms-key-rotation-enabled",
      urn: key.urn,
      enforcementLevel: "mandatory",
      message: 'Key "subject" does not rotate. Set enableKeyRotation to true.',
    });
  });

  it("reports what is not known at preview as a violation that names the property", () => {
    const it = judging([kmsKeyRotationEnabled]);
    it.resource({ ...key, props: withUnknown({}, "enableKeyRotation") });
    expect(it.reported.map(({ message }) => message)).to.deep.equal([
      '[undetermined] Key "subject" could not be judged: enableKeyRotation is not known yet. Give enableKeyRotation a value that is known at preview and can be read.',
    ]);
    expect(it.reported[0]?.enforcementLevel).to.equal("mandatory");
  });

  it("judges the program's inputs, not what the provider will compute", () => {
    const it = judging([bucketRefusesPlainHttp]);
    const bucket = resource("aws:s3/bucket:Bucket", { bucket: "b" });
    it.resource(bucket);
    // Among the outputs of a bucket stands the policy that AWS has, unknown before the bucket exists.
    it.stack({
      ...bucket,
      props: withUnknown({ bucket: "b" }, "policy"),
      propertyDependencies: {},
    });
    expect(it.reported.map(({ message }) => message)).to.deep.equal([
      'Bucket "subject" answers plain HTTP. Deny s3:* to Principal * on the bucket and on bucket/* where aws:SecureTransport is false.',
    ]);
  });

  it("takes the settings of a rule from the pack's configuration", () => {
    const given = resource("aws:iam/role:Role", { path: "/other/" });
    const rules = RULES.filter(({ id }) => id === "iam-role-has-path");
    const plain = judging(rules);
    plain.resource(given);
    expect(plain.reported).to.deep.equal([]);
    const strict = judging(rules, { "iam-role-has-path": { prefix: "/strongroom/" } });
    strict.resource(given);
    expect(strict.reported).to.have.length(1);
  });

  describe("with exemptions", () => {
    const stack = resource("pulumi:pulumi:Stack", {});
    const name = stack.urn.split(":")[2];
    const exemption = (more: object = {}) => ({
      rule: "kms-key-rotation-enabled",
      resource: "subject",
      reason: "Imported material cannot rotate.",
      owner: "platform",
      expires: "2026-12-31",
      ...more,
    });
    const under = (more: object, today?: string) => {
      const it = judging([kmsKeyRotationEnabled], { exemptions: [exemption(more)] }, today);
      it.resource(key);
      it.stack(stack, key);
      return it.reported.map(({ enforcementLevel, message }) => `${enforcementLevel}: ${message}`);
    };

    it("reports what one accepts as exempt, with its end and owner, and does not stop", () => {
      const accepted =
        'advisory: [exempt] Key "subject" does not rotate. Set enableKeyRotation to true. (Exempt until 2026-12-31, platform answers for it.)';
      expect(under({})).to.deep.equal([accepted]);
      expect(under({ stack: name }, "2026-12-31")).to.deep.equal([accepted]);
    });

    it("fails one that has expired, and what it excused", () => {
      expect(under({}, "2027-01-01")).to.deep.equal([
        'mandatory: Key "subject" does not rotate. Set enableKeyRotation to true.',
        "mandatory: The exemption of platform expired on 2026-12-31. Mend what it excuses, or renew it.",
      ]);
    });

    it("fails one that names the stack and excuses nothing in it", () => {
      expect(under({ stack: name, resource: "other" })[1]).to.equal(
        "mandatory: The exemption of platform excuses nothing. Remove it.",
      );
      expect(under({ stack: "*", resource: "other" }), "may be for another stack").to.have.length(
        1,
      );
    });

    it("leaves those for rules of other packs to them", () => {
      expect(under({ rule: "bucket-object-locked", stack: name })).to.have.length(1);
      expect(under({ rule: "bucket-object-locked" }, "2027-01-01")).to.have.length(1);
    });
  });

  it("stays on where the configuration wants it off, and says that this is refused", () => {
    const { call, levelOf } = configureCall({
      [JUDGE]: EnforcementLevel.DISABLED,
      other: EnforcementLevel.DISABLED,
    });
    const wish = keepOn(call);
    expect(levelOf(JUDGE)).to.equal(EnforcementLevel.MANDATORY);
    expect(levelOf("other")).to.equal(EnforcementLevel.DISABLED);
    expect(wish.turnedOff).to.equal(true);
    const it = judging([kmsKeyRotationEnabled], {}, "2026-06-01", wish);
    it.resource(key);
    it.stack(key);
    expect(it.reported.map(({ name, enforcementLevel }) => [name, enforcementLevel])).to.deep.equal(
      [
        ["kms-key-rotation-enabled", "mandatory"],
        [JUDGE, "mandatory"],
      ],
    );
    const { call: usual, levelOf: usualLevelOf } = configureCall({
      [JUDGE]: EnforcementLevel.ADVISORY,
    });
    const noWish = keepOn(usual);
    expect(usualLevelOf(JUDGE)).to.equal(EnforcementLevel.ADVISORY);
    expect(noWish.turnedOff).to.equal(false);
  });

  it("refuses a configuration that would lower the level of a rule, and reports at the rule's own", () => {
    const it = judging([kmsKeyRotationEnabled], {
      "kms-key-rotation-enabled": { enforcementLevel: "advisory" },
      enforcementLevels: { all: "disabled" },
    });
    it.resource(key);
    it.stack(key);
    expect(it.reported.map(({ enforcementLevel }) => enforcementLevel)).to.deep.equal([
      "mandatory",
      "mandatory",
      "mandatory",
    ]);
    expect(it.reported[1]?.message).to.contain('sets "kms-key-rotation-enabled", which is no rule');
    expect(it.reported[2]?.message).to.contain('sets "enforcementLevels", which is no rule');
  });

  it("takes account and default tags from the provider's settings, which are JSON texts", () => {
    const rules = RULES.filter(({ id }) => id === "kms-key-deletion-window-long");
    const it = judging(rules);
    const provider = { props: { defaultTags: '{"tags":{"environment":"dev"}}' } };
    it.resource({
      ...resource("aws:kms/key:Key", { deletionWindowInDays: 7 }),
      provider,
    } as unknown as ResourceInput);
    expect(it.reported).to.deep.equal([]);
  });

  it("never repeats the text of a property", () => {
    const canary = "CANARY-7f3a";
    const leaky = [
      resource("aws:secretsmanager/secretVersion:SecretVersion", {
        secretString: canary,
        secretId: canary,
      }),
      resource("aws:secretsmanager/secret:Secret", {
        kmsKeyId: canary,
        policy: canary,
        recoveryWindowInDays: canary,
        replicas: [{ region: canary, kmsKeyId: canary }],
      }),
      resource("aws:kms/key:Key", {
        enableKeyRotation: canary,
        deletionWindowInDays: canary,
        policy: policy({
          Sid: canary,
          Effect: canary,
          Principal: { AWS: [canary, "*"] },
          Action: "*",
        }),
      }),
      resource("aws:iam/rolePolicy:RolePolicy", {
        policy: policy({
          Sid: canary,
          Effect: "Allow",
          Action: ["*", canary],
          NotResource: canary,
        }),
      }),
      resource("aws:iam/role:Role", {
        path: canary,
        assumeRolePolicy: `{"${canary}": }`,
        permissionsBoundary: [canary],
        maxSessionDuration: canary,
      }),
      resource("aws:s3/bucket:Bucket", {
        bucket: canary,
        policy: { Statement: canary },
        versioning: canary,
        forceDestroy: canary,
        objectLockConfiguration: { rule: { defaultRetention: { mode: canary, days: canary } } },
        serverSideEncryptionConfiguration: { rule: { applyServerSideEncryptionByDefault: canary } },
        replicationConfiguration: {
          rules: [{ status: "Enabled", destination: { bucket: canary } }],
        },
      }),
    ];
    const it = judging(RULES);
    for (const input of leaky) {
      it.resource(input);
      it.stack(input);
    }
    expect(it.reported.length).to.be.greaterThan(20);
    expect(JSON.stringify(it.reported)).to.not.contain(canary);
  });

  it("does not even see the value of a secret", () => {
    let seen: unknown;
    const spy = {
      ...secretValueNotInProgram,
      *check({ resource: { view } }: { resource: { view: { raw: (name: string) => unknown } } }) {
        seen = view.raw("secretString");
      },
    };
    judging([spy]).stack(
      resource("aws:secretsmanager/secretVersion:SecretVersion", { secretString: "CANARY" }),
    );
    expect(seen).to.equal("(hidden)");
  });

  it("turns a rule that breaks into a verdict that blocks, without the error's text", () => {
    const broken = {
      ...kmsKeyRotationEnabled,
      check: () => {
        throw new TypeError("CANARY");
      },
    };
    const it = judging([broken]);
    it.resource(key);
    expect(it.reported.map(({ message }) => message)).to.deep.equal([
      '[undetermined] Key "subject" could not be judged: the resource made the rule itself fail (TypeError). Give the resource a value that is known at preview and can be read.',
    ]);
  });

  it("is called what the documentation calls it", () => {
    expect(policiesFor(RULES)[0]?.name).to.equal(JUDGE);
  });
});

describe("the speed of the rules", () => {
  it("judges 10 000 resources in well under 10 s", function () {
    this.timeout(120_000);
    const document = policy({
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/strongroom/a` },
      Action: ["kms:Decrypt", "kms:GenerateDataKey", "s3:GetObject"],
      Resource: "*",
    });
    const inputs = Array.from({ length: 1250 }, (_, index) => {
      const name = String(index);
      const part = (type: string, props: ResourceInput["props"]) => ({
        ...resource(type, props, { name }),
        propertyDependencies: { bucket: [urnOf("aws:s3/bucket:Bucket", name)] },
      });
      return [
        part("aws:kms/key:Key", { policy: document }),
        part("aws:iam/role:Role", { assumeRolePolicy: document }),
        part("aws:iam/rolePolicy:RolePolicy", { policy: document }),
        part("aws:iam/policy:Policy", { name, policy: document }),
        part("aws:secretsmanager/secret:Secret", { name, policy: document }),
        part("aws:s3/bucket:Bucket", { bucket: `bucket-${name}` }),
        part("aws:s3/bucketPolicy:BucketPolicy", { bucket: `bucket-${name}`, policy: document }),
        part("aws:s3/bucketVersioning:BucketVersioning", { bucket: `bucket-${name}` }),
      ];
    }).flat();
    // The processor's time, not the clock's: what else the machine does is not the rules' doing.
    const started = process.cpuUsage();
    const stack = new Stack(inputs);
    const verdicts = RULES.reduce((count, rule) => count + judge(rule, stack).length, 0);
    const { user, system } = process.cpuUsage(started);
    const seconds = (user + system) / 1_000_000;
    expect(verdicts).to.be.greaterThan(10_000);
    expect(seconds).to.be.lessThan(8);
  });
});
