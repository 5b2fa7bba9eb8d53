import { expect } from "chai";

import {
  terraformConfiguration,
  type StateResource,
  type TerraformSchemas,
} from "../../../bench/terraform-json";
import { terraformType } from "../../../bench/terraform-names";

const settable = { optional: true };
const SCHEMAS: TerraformSchemas = {
  aws_kms_key: { block: { attributes: { description: settable, key_id: { computed: true } } } },
  aws_kms_alias: { block: { attributes: { name: settable, target_key_id: settable } } },
  aws_iam_role: { block: { attributes: { assume_role_policy: settable } } },
  aws_sqs_queue: { block: { attributes: { name: settable, url: { computed: true } } } },
  aws_lambda_function: {
    block: {
      attributes: { function_name: { required: true }, filename: settable },
      block_types: {
        environment: { block: { attributes: { variables: settable } } },
      },
    },
  },
  aws_lambda_permission: { block: { attributes: { function_name: { required: true } } } },
  aws_cloudcontrolapi_resource: {
    block: {
      attributes: {
        type_name: { required: true },
        desired_state: { required: true },
        schema: settable,
      },
    },
  },
  aws_cloudwatch_metric_alarm: { block: { attributes: { alarm_name: { required: true } } } },
  aws_s3_bucket: {
    block: {
      attributes: { bucket: settable },
      block_types: { lifecycle_rule: { block: { attributes: { enabled: settable } } } },
    },
  },
};

const resource = (
  type: string,
  name: string,
  over: Partial<StateResource> = {},
): StateResource => ({
  urn: `urn:pulumi:s::p::${type}::${name}`,
  type,
  custom: true,
  ...over,
});

const configuration = (...resources: readonly StateResource[]) =>
  terraformConfiguration(resources, SCHEMAS, "eu-central-1");

describe("A stack in Terraform's words, for the benchmark", () => {
  it("has the types that the tokens stand for, and none for what is not AWS's", () => {
    expect(terraformType("aws:kms/replicaKey:ReplicaKey")).to.equal("aws_kms_replica_key");
    expect(terraformType("aws:cloudtrail/trail:Trail")).to.equal("aws_cloudtrail");
    expect(terraformType("random:index/id:Id")).to.equal(undefined);
  });

  it("keeps what can be set, in snake case, and drops what the provider works out", () => {
    const { resource: out } = configuration(
      resource("aws:kms/key:Key", "key", { inputs: { description: "d", keyId: "k", other: 1 } }),
      resource("aws:s3/bucket:Bucket", "b", {
        inputs: { bucket: "b", lifecycleRules: [{ enabled: true }] },
      }),
    );
    expect(out).to.deep.equal({
      aws_kms_key: { key: { description: "d" } },
      aws_s3_bucket: { b: { bucket: "b", lifecycle_rule: [{ enabled: true }] } },
    });
  });

  it("knows the arguments that have another name there", () => {
    const { resource: out } = configuration(
      resource("aws:cloudwatch/metricAlarm:MetricAlarm", "a", { inputs: { name: "late" } }),
    );
    expect(out["aws_cloudwatch_metric_alarm"]).to.deep.equal({ a: { alarm_name: "late" } });
  });

  it("refers to a key by its place, waits for what it depends on, and leaves IAM's variables alone", () => {
    const key = resource("aws:kms/key:Key", "key", { inputs: {}, outputs: { keyId: "1234" } });
    const { resource: out } = configuration(
      key,
      resource("aws:kms/alias:Alias", "alias", {
        inputs: { name: "alias/x", targetKeyId: "1234" },
        dependencies: [key.urn],
      }),
      resource("aws:iam/role:Role", "role", { inputs: { assumeRolePolicy: "${aws:username}" } }),
    );
    expect(out["aws_kms_alias"]).to.deep.equal({
      alias: {
        name: "alias/x",
        target_key_id: "${aws_kms_key.key.key_id}",
        depends_on: ["aws_kms_key.key"],
      },
    });
    expect(out["aws_iam_role"]).to.deep.equal({
      role: { assume_role_policy: "$${aws:username}" },
    });
  });

  it("names another Region's provider, and what has no counterpart", () => {
    const random = resource("random:index/id:Id", "id");
    const {
      resource: out,
      regions,
      left,
    } = configuration(
      resource("aws:s3/bucket:Bucket", "b", { inputs: { bucket: "b", region: "eu-west-1" } }),
      random,
    );
    expect(regions).to.deep.equal(["eu-west-1"]);
    expect(out["aws_s3_bucket"]).to.deep.equal({ b: { bucket: "b", provider: "aws.eu-west-1" } });
    expect(left).to.deep.equal([random.urn]);
  });

  it("gives a function its code as a zip, and the addresses of queues as what they will be", () => {
    const queue = resource("aws:sqs/queue:Queue", "work", {
      inputs: { name: "work" },
      outputs: { url: "http://localhost:1/work" },
    });
    const longer = resource("aws:sqs/queue:Queue", "work2", {
      inputs: { name: "work2" },
      outputs: { url: "http://localhost:1/work2" },
    });
    const { resource: out, archives } = configuration(
      queue,
      longer,
      resource("aws:lambda/function:Function", "backup-lambda", {
        inputs: {
          name: "backup",
          code: { hash: "abc", path: "/bundles/backup" },
          environment: {
            variables: { WORK: "http://localhost:1/work", MORE: "http://localhost:1/work2" },
          },
        },
      }),
      resource("aws:lambda/permission:Permission", "permission", {
        inputs: { function: "backup" },
      }),
    );
    expect(archives).to.deep.equal([{ file: "backup-lambda.zip", folder: "/bundles/backup" }]);
    expect(out["aws_lambda_function"]).to.deep.equal({
      "backup-lambda": {
        function_name: "backup",
        filename: "backup-lambda.zip",
        environment: [
          { variables: { WORK: "${aws_sqs_queue.work.url}", MORE: "${aws_sqs_queue.work2.url}" } },
        ],
      },
    });
    expect(out["aws_lambda_permission"]).to.deep.equal({ permission: { function_name: "backup" } });
  });

  it("makes through Cloud Control what Pulumi makes through it, in the Region of its provider", () => {
    const provider = resource("pulumi:providers:aws-native", "aws-native-eu-west-1", {
      inputs: { region: "eu-west-1" },
    });
    const { resource: out, regions } = configuration(
      provider,
      resource("aws-native:accessanalyzer:Analyzer", "analyzer", {
        inputs: { analyzerName: "a", tags: [{ key: "k", value: "v" }] },
        provider: `${provider.urn}::12345`,
      }),
    );
    const made = out["aws_cloudcontrolapi_resource"]?.["analyzer"] as Record<string, string>;
    expect(regions).to.deep.equal(["eu-west-1"]);
    expect(made).to.include({
      type_name: "AWS::AccessAnalyzer::Analyzer",
      provider: "aws.eu-west-1",
      desired_state: JSON.stringify({ AnalyzerName: "a", Tags: [{ Key: "k", Value: "v" }] }),
    });
  });

  it("refuses two resources of one type that would have the same name", () => {
    const one = resource("aws:kms/key:Key", "key.1", { inputs: {} });
    const other = resource("aws:kms/key:Key", "key/1", { inputs: {} });
    expect(() => configuration(one, other)).to.throw("aws_kms_key.key_1");
  });
});
