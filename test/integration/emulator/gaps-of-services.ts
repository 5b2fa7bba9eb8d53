import { expect } from "chai";

import { s3As, type S3Call } from "../../support/s3";
import type { Gap } from "./gap";
import {
  actor,
  allow,
  deny,
  document,
  MEMBER,
  REGION,
  rootOf,
  trust,
  unique,
  VAULT,
} from "./support";

/** S3 takes no bucket without it outside us-east-1. */
const IN_REGION = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`;

export const GAPS_OF_SERVICES: readonly Gap[] = [
  {
    name: "passed-roles",
    does: "lets nobody hand over a role without iam:PassRole on it",
    probe: async (emulator) => {
      const caller = await actor(emulator, MEMBER, [allow("events:*")]);
      const Name = unique("rule");
      await caller.calls("events", "PutRule", { Name, EventPattern: '{"source":["x"]}' });
      const Targets = [
        {
          Id: "bus",
          Arn: `arn:aws:events:eu-central-1:${VAULT}:event-bus/strongroom`,
          RoleArn: caller.roleArn,
        },
      ];
      return caller.does("events", "PutTargets", { Rule: Name, Targets });
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "sessions",
    does: "ends the session of a role taken by a role after an hour",
    probe: async (emulator) => {
      const RoleName = unique("long");
      await rootOf(emulator, MEMBER).must("iam", "CreateRole", {
        RoleName,
        MaxSessionDuration: 43200,
        AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${MEMBER}:root` }),
      });
      const caller = await actor(emulator, MEMBER, [allow("sts:AssumeRole")]);
      return caller.does("sts", "AssumeRole", {
        RoleArn: `arn:aws:iam::${MEMBER}:role/${RoleName}`,
        RoleSessionName: "test",
        DurationSeconds: 7200,
      });
    },
    aws: "ValidationError",
    ministack: "ok",
  },
  {
    name: "sessions",
    does: "lets nobody into a suspended account",
    probe: async (emulator) => {
      const management = emulator.organization.managementAccountId;
      const caller = await actor(emulator, management, [allow("sts:AssumeRole")]);
      return caller.does("sts", "AssumeRole", {
        RoleArn: "arn:aws:iam::700000000001:role/OrganizationAccountAccessRole",
        RoleSessionName: "test",
      });
    },
    aws: "AccessDenied",
    ministack: "ok",
  },
  {
    name: "key-use",
    does: "reads a secret with a customer's key only for who may use the key",
    probe: async (emulator) => {
      const reader = await actor(emulator, MEMBER, [allow("secretsmanager:GetSecretValue")]);
      return reader.does("secretsmanager", "GetSecretValue", {
        SecretId: "shop-prod/database/primary",
      });
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "cloud-control",
    does: "asks for the type's own actions",
    probe: async (emulator) => {
      const caller = await actor(emulator, MEMBER, [allow("cloudformation:CreateResource")]);
      return caller.does("cloudcontrolapi", "CreateResource", {
        TypeName: "AWS::AccessAnalyzer::Analyzer",
        DesiredState: JSON.stringify({ AnalyzerName: unique("analyzer"), Type: "ACCOUNT" }),
      });
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "object-locks",
    does: "lets nobody lock what it writes without the permission to",
    probe: async (emulator) => {
      const bucket = unique("locked");
      const root = emulator.credentialsOf(MEMBER);
      const made = await s3As(emulator.endpoint, root, REGION, {
        method: "PUT",
        path: bucket,
        body: IN_REGION,
        headers: { "x-amz-bucket-object-lock-enabled": "true" },
      });
      expect(made).to.equal("ok");
      const { credentials } = await actor(emulator, MEMBER, [allow("s3:PutObject")]);
      return s3As(emulator.endpoint, credentials, REGION, {
        method: "PUT",
        path: `${bucket}/a`,
        body: "x",
        headers: {
          "x-amz-object-lock-mode": "GOVERNANCE",
          "x-amz-object-lock-retain-until-date": "2099-01-01T00:00:00Z",
        },
      });
    },
    aws: "AccessDenied",
    ministack: "ok",
  },
  {
    name: "object-copies",
    does: "copies no object with a role that may not read it",
    probe: async (emulator) => {
      const [from, to] = [unique("from"), unique("to")];
      const call = (s3Call: S3Call) =>
        s3As(emulator.endpoint, emulator.credentialsOf(MEMBER), REGION, s3Call);
      for (const bucket of [from, to]) {
        expect(await call({ method: "PUT", path: bucket, body: IN_REGION })).to.equal("ok");
        await call({
          method: "PUT",
          path: bucket,
          query: "versioning",
          body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        });
      }
      const { roleArn } = await actor(emulator, MEMBER, [], { service: "s3.amazonaws.com" });
      await call({
        method: "PUT",
        path: from,
        query: "replication",
        body: `<ReplicationConfiguration><Role>${roleArn}</Role><Rule><ID>x</ID><Priority>0</Priority><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::${to}</Bucket></Destination></Rule></ReplicationConfiguration>`,
      });
      expect(await call({ method: "PUT", path: `${from}/a`, body: "x" })).to.equal("ok");
      return call({ method: "GET", path: `${to}/a` });
    },
    aws: "NoSuchKey",
    ministack: "ok",
  },
  {
    name: "new-secrets",
    does: "replicates a secret as it is made",
    probe: async (emulator) => {
      const Name = unique("replicated");
      await rootOf(emulator, MEMBER).must("secretsmanager", "CreateSecret", {
        Name,
        SecretString: "x",
        AddReplicaRegions: [{ Region: "eu-west-1" }],
      });
      const replica = rootOf(emulator, MEMBER, "eu-west-1");
      return (await replica.try("secretsmanager", "GetSecretValue", { SecretId: Name })).errorCode;
    },
    aws: undefined,
    ministack: "ResourceNotFoundException",
  },
  {
    name: "new-secrets",
    does: "asks for the permission to replicate",
    probe: async (emulator) => {
      const maker = await actor(emulator, MEMBER, [allow("secretsmanager:CreateSecret")]);
      return maker.does("secretsmanager", "CreateSecret", {
        Name: unique("replicated"),
        AddReplicaRegions: [{ Region: "eu-west-1" }],
      });
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "new-secrets",
    does: "asks for the permission to tag",
    probe: async (emulator) => {
      const maker = await actor(emulator, MEMBER, [allow("secretsmanager:CreateSecret")]);
      return maker.does("secretsmanager", "CreateSecret", {
        Name: unique("tagged"),
        Tags: [{ Key: "owner", Value: "x" }],
      });
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "new-secrets",
    does: "takes the request token as the version's id",
    probe: async (emulator) => {
      const ClientRequestToken = "00000000-0000-4000-8000-000000000001";
      const parameters = { Name: unique("token"), SecretString: "x", ClientRequestToken };
      const { json } = await rootOf(emulator, MEMBER).must(
        "secretsmanager",
        "CreateSecret",
        parameters,
      );
      return json["VersionId"] === ClientRequestToken;
    },
    aws: true,
    ministack: false,
  },
  {
    name: "secret-versions",
    does: "takes the same value for a version again, and no other one",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const SecretId = unique("version");
      await root.must("secretsmanager", "CreateSecret", { Name: SecretId, SecretString: "x" });
      const ClientRequestToken = "00000000-0000-4000-8000-000000000002";
      const put = async (SecretString: string) => {
        const call = { SecretId, ClientRequestToken, SecretString };
        return (await root.try("secretsmanager", "PutSecretValue", call)).errorCode;
      };
      return [await put("y"), await put("y"), await put("z")];
    },
    aws: [undefined, undefined, "ResourceExistsException"],
    ministack: [undefined, undefined, undefined],
  },
  {
    name: "secret-versions",
    does: "tells the milliseconds of a change",
    probe: async (emulator) => {
      const root = rootOf(emulator, MEMBER);
      const times: number[] = [];
      for (let index = 0; index < 3; index++) {
        const Name = unique("time");
        await root.must("secretsmanager", "CreateSecret", { Name, SecretString: "x" });
        const { json } = await root.must("secretsmanager", "DescribeSecret", { SecretId: Name });
        times.push(json["LastChangedDate"] as number);
      }
      return times.some((time) => !Number.isInteger(time));
    },
    aws: true,
    ministack: false,
  },
  {
    name: "bus-policies",
    does: "keeps the policy document of a bus",
    probe: async (emulator) => {
      const root = rootOf(emulator, VAULT);
      const Name = unique("bus");
      await root.must("events", "CreateEventBus", { Name });
      const policy = document({
        Sid: "Members",
        Effect: "Allow",
        Principal: "*",
        Action: "events:PutEvents",
        Resource: `arn:aws:events:eu-central-1:${VAULT}:event-bus/${Name}`,
        Condition: { StringEquals: { "aws:PrincipalOrgID": emulator.organization.id } },
      });
      await root.must("events", "PutPermission", { EventBusName: Name, Policy: policy });
      const { json } = await root.must("events", "DescribeEventBus", { Name });
      return JSON.stringify(JSON.parse(json["Policy"] as string)) === policy;
    },
    aws: true,
    ministack: false,
  },
  {
    name: "alarm-fields",
    does: "describes the whole alarm",
    probe: async (emulator) => {
      const root = rootOf(emulator, VAULT);
      const AlarmName = unique("alarm");
      await root.must("monitoring", "PutMetricAlarm", {
        AlarmName,
        MetricName: "m",
        Namespace: "n",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        Statistic: "Maximum",
        ComparisonOperator: "GreaterThanThreshold",
      });
      const { text } = await root.must("monitoring", "DescribeAlarms", { AlarmNames: [AlarmName] });
      return (
        text.includes("<Period>60</Period>") && text.includes("<Statistic>Maximum</Statistic>")
      );
    },
    aws: true,
    ministack: false,
  },
  {
    name: "api-events",
    does: "sends an event of each change to another account's bus that lets it in, and of reads when asked",
    probe: async (emulator) => {
      const vault = rootOf(emulator, VAULT);
      const member = rootOf(emulator, MEMBER);
      const queue = unique("events");
      const bus = `arn:aws:events:eu-central-1:${VAULT}:event-bus/default`;
      await vault.must("sqs", "CreateQueue", { QueueName: queue });
      await vault.must("events", "PutPermission", {
        EventBusName: "default",
        Policy: document({
          Effect: "Allow",
          Principal: "*",
          Action: "events:PutEvents",
          Resource: bus,
          Condition: { StringEquals: { "aws:PrincipalOrgID": emulator.organization.id } },
        }),
      });
      const pattern = JSON.stringify({ source: ["aws.secretsmanager"], account: [MEMBER] });
      await vault.must("events", "PutRule", { Name: queue, EventPattern: pattern });
      await vault.must("events", "PutTargets", {
        Rule: queue,
        Targets: [{ Id: "queue", Arn: `arn:aws:sqs:eu-central-1:${VAULT}:${queue}` }],
      });
      const forwarder = await actor(emulator, MEMBER, [allow("events:PutEvents", bus)], {
        service: "events.amazonaws.com",
      });
      for (const [Name, State, eventName] of [
        [unique("changes"), "ENABLED", ["PutSecretValue", "GetSecretValue"]],
        [unique("reads"), "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", ["GetSecretValue"]],
      ] as const) {
        const EventPattern = JSON.stringify({
          "detail-type": ["AWS API Call via CloudTrail"],
          detail: { eventSource: ["secretsmanager.amazonaws.com"], eventName },
        });
        await member.must("events", "PutRule", { Name, State, EventPattern });
        await member.must("events", "PutTargets", {
          Rule: Name,
          Targets: [{ Id: "vault", Arn: bus, RoleArn: forwarder.roleArn }],
        });
      }
      const SecretId = "shop-prod/api-key";
      await member.must("secretsmanager", "PutSecretValue", {
        SecretId,
        SecretString: "marker-of-the-value",
      });
      await member.must("secretsmanager", "GetSecretValue", { SecretId });
      const { json } = await vault.must("sqs", "ReceiveMessage", {
        QueueUrl: `${emulator.endpoint}/${VAULT}/${queue}`,
        MaxNumberOfMessages: 10,
      });
      const messages = ((json["Messages"] ?? []) as { Body: string }[]).map(({ Body }) => Body);
      expect(messages.join()).to.not.contain("marker-of-the-value");
      return messages
        .map((body) => (JSON.parse(body) as { detail: { eventName: string } }).detail.eventName)
        .sort();
    },
    aws: ["GetSecretValue", "PutSecretValue"],
    ministack: [],
  },
  {
    name: "transport",
    does: "lets calls in that must come over TLS",
    probe: async (emulator) => {
      const caller = await actor(emulator, MEMBER, [
        allow("kms:CreateKey"),
        deny("*", "*", { Bool: { "aws:SecureTransport": "false" } }),
      ]);
      return caller.does("kms", "CreateKey", {});
    },
    aws: "ok",
    ministack: "AccessDeniedException",
  },
];
