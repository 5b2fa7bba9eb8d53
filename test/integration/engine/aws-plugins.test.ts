import * as aws from "@pulumi/aws";
import * as awsNative from "@pulumi/aws-native";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { startEmulator, type Emulator } from "../../../emulator/start";
import { mustCallAsRoot } from "../../../emulator/calls";
import { engineTools } from "../../support/engine-tools";
import { ACCOUNT, type Bench, newBench, RECOVERY_REGION, REGION } from "./support";

const trust = (service: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
  });

interface Options {
  readonly account?: string;
  readonly topicRegion?: string;
  readonly analyzerTag?: string;
}

/** One of each shape that the plugins translate, in two Regions under one provider. */
const program =
  ({ account = ACCOUNT, topicRegion = RECOVERY_REGION, analyzerTag = "a" }: Options): PulumiFn =>
  async () => {
    const provider = new aws.Provider("aws", {
      region: REGION,
      allowedAccountIds: [account],
      defaultTags: { tags: { owner: "strongroom" } },
      s3UsePathStyle: true,
    });
    const options = { provider };
    const key = new aws.kms.Key("key", { multiRegion: true, enableKeyRotation: true }, options);
    const replica = new aws.kms.ReplicaKey(
      "replica",
      { primaryKeyArn: key.arn, region: RECOVERY_REGION },
      options,
    );
    const { bucket } = new aws.s3.Bucket("bucket", { objectLockEnabled: true }, options);
    const versioning = new aws.s3.BucketVersioning(
      "versioning",
      { bucket, versioningConfiguration: { status: "Enabled" } },
      options,
    );
    new aws.s3.BucketObjectLockConfiguration(
      "lock",
      { bucket, rule: { defaultRetention: { mode: "GOVERNANCE", days: 1 } } },
      // The lock goes before the versioning that it needs.
      { ...options, dependsOn: versioning },
    );
    new aws.s3.BucketServerSideEncryptionConfiguration(
      "encryption",
      {
        bucket,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" },
            bucketKeyEnabled: true,
          },
        ],
      },
      options,
    );
    const role = new aws.iam.Role(
      "role",
      { path: "/strongroom/", assumeRolePolicy: trust("events.amazonaws.com") },
      options,
    );
    const queue = new aws.sqs.Queue("queue", { sqsManagedSseEnabled: true }, options);
    const rule = new aws.cloudwatch.EventRule(
      "rule",
      { eventPattern: JSON.stringify({ source: ["aws.secretsmanager"] }) },
      options,
    );
    new aws.cloudwatch.EventTarget(
      "target",
      { rule: rule.name, arn: queue.arn, deadLetterConfig: { arn: queue.arn } },
      options,
    );
    const topic = new aws.sns.Topic("topic", { region: topicRegion }, options);
    const alarm = new aws.cloudwatch.MetricAlarm(
      "alarm",
      {
        comparisonOperator: "GreaterThanThreshold",
        evaluationPeriods: 1,
        metricName: "ApproximateNumberOfMessagesVisible",
        namespace: "AWS/SQS",
        period: 60,
        statistic: "Sum",
        threshold: 1,
      },
      options,
    );
    const native = new awsNative.Provider("native", {
      region: RECOVERY_REGION,
      allowedAccountIds: [account],
      defaultTags: { tags: { owner: "strongroom" } },
    });
    const analyzer = new awsNative.accessanalyzer.Analyzer(
      "analyzer",
      { type: "ACCOUNT", tags: [{ key: "purpose", value: analyzerTag }] },
      { provider: native },
    );
    const identity = await aws.getCallerIdentity({}, options);
    const region = await aws.getRegion({ region: RECOVERY_REGION }, options);
    return {
      account: identity.accountId,
      region: region.region,
      keyRegion: key.region,
      replicaRegion: replica.region,
      roleName: role.name,
      alarm: alarm.name,
      topic: topic.arn,
      analyzer: analyzer.analyzerName,
      tags: analyzer.tags,
    };
  };

describe("the aws and aws-native plugins on the real engine", function () {
  this.timeout(300_000);
  let emulator: Emulator;
  let bench: Bench;

  before(async () => {
    emulator = await startEmulator({ seed: false });
    bench = newBench(await engineTools(), emulator);
  });
  after(async () => {
    await emulator.stop();
    bench.remove();
  });

  it("make resources of two Regions with one provider", async () => {
    const stack = await bench.stack(program({}));
    const { summary, outputs } = await stack.up();
    expect(summary.resourceChanges).to.deep.equal({ create: 16 });
    const value = (name: string): unknown => outputs[name]?.value;
    expect(value("account")).to.equal(ACCOUNT);
    expect(value("region")).to.equal(RECOVERY_REGION);
    expect(value("keyRegion")).to.equal(REGION);
    expect(value("replicaRegion")).to.equal(RECOVERY_REGION);
    expect(value("topic")).to.match(
      new RegExp(`^arn:aws:sns:${RECOVERY_REGION}:${ACCOUNT}:topic-`),
    );
    expect(value("roleName")).to.match(/^role-[0-9a-f]{7}$/);
    expect(value("alarm")).to.match(/^alarm-[0-9a-f]{7}$/);
    expect(value("analyzer")).to.match(/^analyzer-[0-9a-f]{7}$/);
    expect(value("tags")).to.deep.equal([
      { key: "purpose", value: "a" },
      { key: "owner", value: "strongroom" },
    ]);
  });

  it("change nothing when they run again or refresh", async () => {
    const stack = await bench.stack(program({}));
    expect((await stack.up()).summary.resourceChanges).to.deep.equal({ same: 16 });
    expect((await stack.refresh()).summary.resourceChanges).to.deep.equal({ same: 16 });
  });

  it("replace a resource that moves to another Region, and update what can be updated", async () => {
    const stack = await bench.stack(program({ topicRegion: REGION, analyzerTag: "b" }));
    const { changeSummary } = await stack.preview();
    expect(changeSummary).to.deep.equal({ same: 14, replace: 1, update: 1 });
    const { outputs } = await stack.up();
    expect(outputs["topic"]?.value).to.include(`:${REGION}:`);
    expect(outputs["tags"]?.value).to.deep.include({ key: "purpose", value: "b" });
  });

  it("take everything down again and leave no process", async () => {
    const stack = await bench.stack(program({ topicRegion: REGION, analyzerTag: "b" }));
    expect((await stack.destroy()).summary.resourceChanges).to.deep.equal({ delete: 16 });
    expect(await bench.leftovers()).to.deep.equal([]);
  });

  const failureOf = async (inline: PulumiFn): Promise<string> => {
    const stack = await bench.stack(inline, "fails");
    const thrown: unknown = await stack.up().catch((error: unknown) => error);
    await stack.destroy();
    expect(thrown).to.be.instanceOf(Error);
    return (thrown as Error).message;
  };

  it("refuse to work in another account than the allowed one", async () => {
    const message = await failureOf(() => {
      const provider = new aws.Provider("aws", {
        region: REGION,
        allowedAccountIds: ["999999999999"],
      });
      new aws.sqs.Queue("queue", {}, { provider });
      return Promise.resolve();
    });
    expect(message)
      .to.include(ACCOUNT)
      .and.to.match(/not allowed/i);
    const native = await failureOf(() => {
      const provider = new awsNative.Provider("native", {
        region: REGION,
        allowedAccountIds: ["999999999999"],
      });
      new awsNative.accessanalyzer.Analyzer("analyzer", { type: "ACCOUNT" }, { provider });
      return Promise.resolve();
    });
    expect(native).to.include(`belong to account ${ACCOUNT}`);
  });

  it("name an argument that the Terraform provider does not know instead of dropping it", async () => {
    const message = await failureOf(() => {
      const provider = new aws.Provider("aws", { region: REGION });
      new aws.cloudwatch.LogGroup("log", { deletionProtectionEnabled: true }, { provider });
      return Promise.resolve();
    });
    expect(message).to.include('has no argument for "deletionProtectionEnabled"');
  });

  it("name a type that is not in the table, and the file to add it to", async () => {
    const message = await failureOf(() => {
      const provider = new aws.Provider("aws", { region: REGION });
      new aws.dynamodb.Table("table", { hashKey: "id", attributes: [] }, { provider });
      return Promise.resolve();
    });
    expect(message).to.include("aws:dynamodb/table:Table is not in the table of this plugin");
    expect(message).to.include("engine/go/aws-plugin/types.json");
  });

  it("send a function's code, and take only other code for a change", async () => {
    const withCode =
      (text: string): PulumiFn =>
      () => {
        const provider = new aws.Provider("aws", { region: REGION });
        const role = new aws.iam.Role(
          "role",
          { assumeRolePolicy: trust("lambda.amazonaws.com") },
          { provider },
        );
        const code = new pulumi.asset.AssetArchive({ "i.js": new pulumi.asset.StringAsset(text) });
        const { arn, sourceCodeSize } = new aws.lambda.Function(
          "function",
          { role: role.arn, handler: "i.handler", runtime: "nodejs22.x", code },
          { provider },
        );
        return Promise.resolve({ arn, sourceCodeSize });
      };
    const source = "exports.handler = async () => 1;";
    const stack = await bench.stack(withCode(source), "function");
    const { outputs } = await stack.up();
    expect(outputs["arn"]?.value).to.match(/:function:function-[0-9a-f]{7}$/);
    expect(outputs["sourceCodeSize"]?.value).to.be.greaterThan(0);
    expect((await stack.preview()).changeSummary).to.deep.equal({ same: 4 });
    const other = await bench.stack(withCode(`${source}//`), "function");
    expect((await other.preview()).changeSummary).to.deep.equal({ same: 3, update: 1 });
    await stack.destroy();
  });

  it("reach an account through a role with an external id", async () => {
    const other = "700000000002";
    await mustCallAsRoot(emulator.endpoint, {
      accountId: other,
      region: REGION,
      service: "iam",
      operation: "CreateRole",
      parameters: {
        RoleName: "stamper",
        AssumeRolePolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: "sts:AssumeRole",
              Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
              Condition: { StringEquals: { "sts:ExternalId": "e1" } },
            },
          ],
        }),
      },
    });
    await mustCallAsRoot(emulator.endpoint, {
      accountId: other,
      region: REGION,
      service: "iam",
      operation: "PutRolePolicy",
      parameters: {
        RoleName: "stamper",
        PolicyName: "all",
        PolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
        }),
      },
    });
    const through =
      (externalId: string): PulumiFn =>
      () => {
        const role = {
          roleArn: `arn:aws:iam::${other}:role/stamper`,
          sessionName: "test",
          externalId,
        };
        const provider = new aws.Provider("aws", {
          region: REGION,
          allowedAccountIds: [other],
          assumeRoles: [role],
        });
        const native = new awsNative.Provider("native", {
          region: REGION,
          allowedAccountIds: [other],
          assumeRole: role,
        });
        const topic = new aws.sns.Topic("topic", {}, { provider });
        new awsNative.accessanalyzer.Analyzer(
          "analyzer",
          { type: "ACCOUNT" },
          { provider: native },
        );
        return Promise.resolve({ topic: topic.arn });
      };
    const stack = await bench.stack(through("e1"), "through");
    const { outputs } = await stack.up();
    expect(outputs["topic"]?.value).to.include(`:${other}:`);
    await stack.destroy();
    expect(await failureOf(through("wrong"))).to.match(/AccessDenied|not authorized/i);
  });
});
