import { expect } from "chai";

import { programOf } from "../../../programs/program";
import { record } from "../../support/recorder";
import {
  accessSpec,
  ACCOUNTS,
  connection,
  memberSpec,
  ROTATION,
  vaultSpec,
} from "../../support/specs";

const setOf = async (spec: Parameters<typeof programOf>[0]) =>
  (await record(programOf(spec, connection(spec.accountId)))).set.filter(
    (it) => !it.startsWith("strongroom:"),
  );

const key = (name: string, primary: string, ...replicas: string[]) => [
  `aws:kms/key:Key ${name}-primary`,
  ...replicas.map((region) => `aws:kms/replicaKey:ReplicaKey ${name}-replica-${region}`),
  ...[primary, ...replicas].map((region) => `aws:kms/alias:Alias ${name}-alias-${region}`),
];
const role = (name: string) => [
  `aws:iam/role:Role ${name}-role`,
  `aws:iam/rolePolicy:RolePolicy ${name}-permissions`,
];
const queue = (name: string) => [`aws:sqs/queue:Queue ${name}-queue`];
const topic = (name: string) => [
  `aws:sns/topic:Topic ${name}-topic`,
  `aws:sns/topicPolicy:TopicPolicy ${name}-policy`,
];
const route = (name: string) => [
  `aws:cloudwatch/eventRule:EventRule ${name}-rule`,
  `aws:cloudwatch/eventTarget:EventTarget ${name}-target`,
];
const lambda = (name: string) => [
  `aws:cloudwatch/logGroup:LogGroup ${name}-function-log`,
  `aws:lambda/function:Function ${name}-function-lambda`,
  alarm(`${name}-errors`),
  alarm(`${name}-throttles`),
];
const source = (name: string) =>
  `aws:lambda/eventSourceMapping:EventSourceMapping ${name}-function-source`;
const schedule = (name: string) => [
  ...route(`${name}-schedule`),
  `aws:lambda/permission:Permission ${name}-schedule-permission`,
];
const alarm = (name: string) => `aws:cloudwatch/metricAlarm:MetricAlarm ${name}-alarm`;
const bucket = (name: string) => [
  `aws:s3/bucket:Bucket ${name}-bucket`,
  `aws:s3/bucketVersioning:BucketVersioning ${name}-versioning`,
  `aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration ${name}-encryption`,
  `aws:s3/bucketOwnershipControls:BucketOwnershipControls ${name}-ownership`,
  `aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ${name}-privacy`,
  `aws:s3/bucketPolicy:BucketPolicy ${name}-policy`,
];
const backupBucket = (name: string) => [
  ...bucket(name),
  `aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration ${name}-lock`,
  `aws:s3/bucketLogging:BucketLogging ${name}-logging`,
];
const forwarding = (region: string, ...rules: string[]) => [
  ...queue(`forwarding-${region}-undelivered`),
  ...topic(`forwarding-${region}-alarms`),
  ...rules.flatMap((rule) => route(`forwarding-${region}-${rule}`)),
  alarm(`forwarding-${region}-undelivered`),
  alarm(`forwarding-${region}-changes`),
  `aws-native:accessanalyzer:Analyzer analyzer-${region}-analyzer`,
  `pulumi:providers:aws-native aws-native-${region}`,
];
const stamper = (...parts: string[]) => [
  "aws:iam/policy:Policy stamper-boundary",
  "aws:iam/role:Role stamper-role",
  ...parts.flatMap((part) => [
    `aws:iam/policy:Policy stamper-${part}`,
    `aws:iam/rolePolicyAttachment:RolePolicyAttachment stamper-${part}-attachment`,
  ]),
];
const PROVIDER = "pulumi:providers:aws aws";

const rotation = (region: string) => [
  ...lambda(`rotation-${region}`),
  `aws:lambda/permission:Permission rotation-${region}-permission`,
];
const without = (more: readonly string[], less: readonly string[]) =>
  more.filter((one) => !less.includes(one));

describe("the resources of a stamp", () => {
  it("are the stamper and its boundary for access to a member", async () => {
    expect(await setOf(accessSpec())).to.deep.equal(
      [PROVIDER, ...stamper("keys", "roles", "messaging", "analyzers")].sort(),
    );
  });

  it("have buckets among the stamper's rights only in the vault account", async () => {
    expect(await setOf(accessSpec({ accountId: ACCOUNTS.vault }))).to.deep.equal(
      [
        PROVIDER,
        ...stamper("keys", "roles", "messaging", "analyzers", "storage", "functions"),
      ].sort(),
    );
  });

  it("are keys, locked buckets, roles, bus, queues and alarms for the vault", async () => {
    expect(await setOf(vaultSpec())).to.deep.equal(
      [
        PROVIDER,
        ...key("backup-key", "eu-central-1", "eu-west-1"),
        ...key("digest-key", "eu-central-1", "eu-west-1"),
        ...key("service-key", "eu-central-1", "eu-west-1"),
        ...["backup", "sweep", "restore", "drill", "operator", "replication"].flatMap(role),
        ...["backups", "recovery-backups"].flatMap(backupBucket),
        ...["logs", "recovery-logs"].flatMap(bucket),
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig replication-to-recovery-rules",
        ...["alarms", "recovery-alarms"].flatMap(topic),
        ...["work", "sweeps", "failures", "recovery-failures"].flatMap(queue),
        ...["backup", "sweep", "restore", "recovery-restore", "drill"].flatMap(lambda),
        ...["backup", "sweep"].map(source),
        ...["sweep", "drill"].flatMap(schedule),
        "aws:cloudwatch/eventBus:EventBus events-bus",
        "aws:cloudwatch/eventBusPolicy:EventBusPolicy events-policy",
        ...["changes", "signals", "recovery-signals", "member-signals"].flatMap(route),
        ...[
          "failures",
          "recovery-failures",
          "work-late",
          "changes-undelivered",
          "replication-failed",
          "coverage-missing",
          "coverage-failed",
          "account-unreachable",
          "drill-failed",
        ].map(alarm),
      ].sort(),
    );
  });

  for (const regions of [
    ["eu-central-1"],
    ["eu-central-1", "eu-west-1"],
    ["eu-west-1", "us-east-1", "ap-southeast-2"],
  ]) {
    it(`are one key, three roles and forwarding in each of ${regions.length} Regions for a member`, async () => {
      const [primary = "", ...replicas] = regions;
      expect(await setOf(memberSpec({ regions }))).to.deep.equal(
        [
          PROVIDER,
          ...key("secrets-key", primary, ...replicas),
          ...["reader", "restorer", "forwarder"].flatMap(role),
          ...regions.flatMap((region) => forwarding(region, "changes", "signals", "reads")),
        ].sort(),
      );
    });
  }

  it("have what rotates in each Region of a member whose secrets are rotated, and nothing else beside", async () => {
    const more = await setOf(memberSpec({ rotation: ROTATION }));
    const less = await setOf(memberSpec());
    expect(without(less, more)).to.deep.equal([]);
    expect(without(more, less)).to.deep.equal(
      [
        ...["rotation", "enroller"].flatMap(role),
        ...["eu-central-1", "eu-west-1"].flatMap(rotation),
      ].sort(),
    );
  });

  it("have the rotate function, its queue and its schedule in the vault where secrets are rotated", async () => {
    const more = await setOf(vaultSpec({ rotates: true }));
    const less = await setOf(vaultSpec());
    expect(without(less, more)).to.deep.equal([]);
    expect(without(more, less)).to.deep.equal(
      [
        ...role("rotate"),
        ...lambda("rotate"),
        source("rotate"),
        ...schedule("rotate"),
        ...queue("rotations"),
        ...["rotation-failed", "rotation-overdue"].map(alarm),
      ].sort(),
    );
  });

  it("let the stamper make functions in an account whose secrets are rotated", async () => {
    const more = await setOf(accessSpec({ rotates: true }));
    expect(without(more, await setOf(accessSpec()))).to.deep.equal(
      stamper("functions")
        .filter((it) => it.includes("functions"))
        .sort(),
    );
  });

  it("have no rule for reads where reads are not watched", async () => {
    expect(await setOf(memberSpec({ regions: ["eu-central-1"], watchReads: false }))).to.deep.equal(
      [
        PROVIDER,
        ...key("secrets-key", "eu-central-1"),
        ...["reader", "restorer", "forwarder"].flatMap(role),
        ...forwarding("eu-central-1", "changes", "signals"),
      ].sort(),
    );
  });
});
