import { readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { readConfig } from "../../../lambdas/aws/config";
import { programOf } from "../../../programs/program";
import { NAMES } from "../../../stacks/naming";
import type { StackSpec } from "../../../stacks/spec";
import { record } from "../../support/recorder";
import {
  accessSpec,
  ACCOUNTS,
  connection,
  memberSpec,
  ROTATION,
  vaultSpec,
} from "../../support/specs";

const recordingOf = (spec: StackSpec) => record(programOf(spec, connection(spec.accountId)));

/** Key ARNs as AWS makes them: the recorder's are made of names. */
const keysOfAws = (variables: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.keys(variables)
      .filter((name) => name.endsWith("_KEY_ARN"))
      .map((name) => [name, `arn:aws:kms:eu-central-1:${ACCOUNTS.vault}:key/mrk-0123456789abcdef`]),
  );

/** What must not go away, by type; whatever of these a program makes must be kept. */
const KEPT = /^aws:(kms|s3)\//;

describe("the programs", () => {
  for (const spec of [
    accessSpec({ rotates: true }),
    vaultSpec({ rotates: true }),
    memberSpec({ rotation: ROTATION }),
  ]) {
    it(`protect and retain keys, buckets and what guards them in ${spec.kind}`, async () => {
      const { options } = await recordingOf(spec);
      for (const it of options.values()) {
        const kept = KEPT.test(it.type);
        expect([it.protect, it.retainOnDelete], it.name).to.deep.equal([kept, kept]);
      }
    });

    it(`put each resource of ${spec.kind} below a component or an explicit provider`, async () => {
      const { options, resources } = await recordingOf(spec);
      for (const { type, name, provider } of resources) {
        if (type.startsWith("pulumi:providers:") || type.startsWith("strongroom:")) continue;
        expect(provider, name).to.match(/pulumi:providers:aws(-native)?::aws/);
        const parent = options.get(name)?.parent;
        if (parent !== undefined)
          expect(name.startsWith(parent), `${name} in ${parent}`).to.equal(true);
      }
    });

    it(`let the provider of ${spec.kind} work in the stamp's account only, through the given role`, async () => {
      const { inputs } = (await recordingOf(spec)).get("aws");
      expect(JSON.parse(String(inputs.allowedAccountIds))).to.deep.equal([spec.accountId]);
      expect(JSON.parse(String(inputs.assumeRoles))).to.deep.equal([
        {
          duration: "3600s",
          externalId: "stamper-external-id-0001",
          roleArn: `arn:aws:iam::${spec.accountId}:role/strongroom/strongroom-stamper`,
          sessionName: "strongroom",
        },
      ]);
      expect(JSON.parse(String(inputs.defaultTags))).to.deep.equal({
        tags: {
          owner: "security",
          environment: "prod",
          "strongroom:stamp": `${spec.kind}-${spec.accountId}`,
        },
      });
    });
  }

  it("give every regional resource a Region of the spec", async () => {
    const spec = memberSpec();
    const { resources } = await recordingOf(spec);
    for (const { type, name, inputs } of resources) {
      if (!type.startsWith("aws:") || type.startsWith("aws:iam/")) continue;
      expect(spec.regions, name).to.include(inputs.region);
    }
  });

  it("turn rotation on and let keys die slowly", async () => {
    const { inputs } = (await recordingOf(vaultSpec())).get("backup-key-primary");
    expect(inputs).to.include({
      enableKeyRotation: true,
      multiRegion: true,
      deletionWindowInDays: 30,
    });
  });

  it("make the key of digests for MACs, which KMS does not rotate", async () => {
    const { inputs } = (await recordingOf(vaultSpec())).get("digest-key-primary");
    expect(inputs).to.include({
      customerMasterKeySpec: "HMAC_256",
      keyUsage: "GENERATE_VERIFY_MAC",
      multiRegion: true,
    });
    expect(inputs).not.to.have.property("enableKeyRotation");
  });

  it("let the service alone take the operator role, with its external id", async () => {
    const { inputs } = (await recordingOf(vaultSpec())).get("operator-role");
    const { Statement } = JSON.parse(String(inputs.assumeRolePolicy)) as { Statement: unknown[] };
    expect(Statement).to.deep.equal([
      {
        Sid: "ExactRoles",
        Effect: "Allow",
        Principal: { AWS: [`arn:aws:iam::${ACCOUNTS.service}:role/strongroom-service`] },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: {
            "aws:PrincipalOrgID": "o-abcdefghij",
            "sts:ExternalId": "stamper-external-id-0001",
          },
        },
      },
    ]);
  });

  it("give the functions the settings that they read, and their queues in batches", async () => {
    const { get } = await recordingOf(vaultSpec());
    const { inputs } = get("sweep-function-lambda");
    const { variables } = inputs.environment as { variables: Record<string, string> };
    expect(readConfig({ ...variables, ...keysOfAws(variables) })).to.deep.include({
      organizationId: "o-abcdefghij",
      vaultAccountId: ACCOUNTS.vault,
      externalId: "members-external-id-0001",
      primaryRegion: "eu-central-1",
      recoveryRegion: "eu-west-1",
      s3PathStyle: false,
    });
    expect(inputs).to.include({ handler: "index.handler", runtime: "nodejs22.x" });
    for (const name of ["backup", "sweep"]) {
      expect(get(`${name}-function-source`).inputs.functionResponseTypes).to.deep.equal([
        "ReportBatchItemFailures",
      ]);
      expect(get(`${name}-function-log`).inputs).to.deep.include({
        name: `/aws/lambda/strongroom-${name}`,
        retentionInDays: 365,
      });
    }
  });

  it("deploy exactly the functions that have a handler", () => {
    const handlers = readdirSync(path.resolve(__dirname, "../../../lambdas/bundles"));
    // `rotation` is a member's; all others are the vault's.
    const deployed = [...Object.keys(NAMES.functionRoles), "rotation"];
    expect(deployed.sort()).to.deep.equal(handlers.sort());
  });

  it("let schedules alone call a function, each rule its own", async () => {
    const { ofType } = await recordingOf(vaultSpec());
    for (const { inputs } of ofType("aws:lambda/permission:Permission")) {
      expect(inputs).to.include({
        action: "lambda:InvokeFunction",
        principal: "events.amazonaws.com",
        sourceAccount: ACCOUNTS.vault,
      });
      expect(inputs.sourceArn).to.be.a("string");
    }
  });

  it("ask for a sweep as often as the spec says", async () => {
    for (const [sweepMinutes, expression] of [
      [60, "rate(60 minutes)"],
      [5, "rate(5 minutes)"],
    ] as const) {
      const { get } = await recordingOf(vaultSpec({ sweepMinutes }));
      expect(get("sweep-schedule-rule").inputs.scheduleExpression).to.equal(expression);
      expect(get("sweep-schedule-target").inputs.input).to.equal('{"order":"sweep-all"}');
      expect(get("coverage-missing-alarm").inputs.threshold).to.equal(2 * sweepMinutes * 60);
    }
  });

  it("lock backups by default and name the key in full", async () => {
    const recording = await recordingOf(vaultSpec({ retentionDays: 42, lockMode: "GOVERNANCE" }));
    for (const name of ["backups", "recovery-backups"]) {
      expect(recording.get(`${name}-bucket`).inputs).to.include({
        objectLockEnabled: true,
        forceDestroy: false,
      });
      expect(recording.get(`${name}-lock`).inputs.rule).to.deep.equal({
        defaultRetention: { mode: "GOVERNANCE", days: 42 },
      });
      expect(JSON.stringify(recording.get(`${name}-encryption`).inputs.rules)).to.match(
        /"bucketKeyEnabled":true.*"kmsMasterKeyId":"arn:aws:kms:|"kmsMasterKeyId":"arn:aws:kms:.*"bucketKeyEnabled":true/,
      );
    }
  });

  it("receive read-only events only in the rule for reads", async () => {
    const { ofType } = await recordingOf(memberSpec({ regions: ["eu-central-1"] }));
    const states = ofType("aws:cloudwatch/eventRule:EventRule").map(({ inputs }) => [
      inputs.name,
      inputs.state,
    ]);
    expect(states).to.have.deep.members([
      ["strongroom-secret-changes", "ENABLED"],
      ["strongroom-member-signals", "ENABLED"],
      ["strongroom-secret-reads", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"],
    ]);
  });

  it("give every target of an event retries and a place for what was refused", async () => {
    for (const spec of [vaultSpec(), memberSpec()]) {
      const { ofType } = await recordingOf(spec);
      for (const { name, inputs } of ofType("aws:cloudwatch/eventTarget:EventTarget")) {
        expect(inputs.retryPolicy, name).to.deep.include({ maximumEventAgeInSeconds: 86400 });
        expect(inputs.deadLetterConfig, name).to.have.property("arn");
      }
    }
  });

  it("refuse to reach Cloud Control through a chain of roles", async () => {
    const { assumeRoles } = connection();
    const chain = { assumeRoles: [...assumeRoles, ...assumeRoles], s3UsePathStyle: false };
    const error = await record(programOf(memberSpec(), chain)).catch((thrown: unknown) => thrown);
    expect(String(error)).to.match(/assumes 2 roles; Cloud Control can assume one/);
  });

  it("name the account in the outputs of each kind", async () => {
    for (const spec of [accessSpec(), vaultSpec(), memberSpec()]) {
      const { result } = await recordingOf(spec);
      expect(result).to.include({ schemaVersion: 1, kind: spec.kind, accountId: spec.accountId });
    }
  });
});

describe("the account ids of the tests", () => {
  it("are three different ones", () => {
    expect(new Set(Object.values(ACCOUNTS)).size).to.equal(3);
  });
});
