import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  paginateListSecrets,
  RotateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type DescribeSecretCommandOutput,
  type SecretListEntry,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { FunctionError } from "../ports";
import type { Enroller, SeenSecret } from "../rotate/ports";

import { awsErrorName, fromAws } from "./errors";
import { tagsOf } from "./secret-reader";

/** What the enroller role of a member's Region is used with. */
export interface EnrollerClients {
  readonly secrets: SecretsManagerClient;
  readonly lambda: LambdaClient;
  readonly ssm: SSMClient;
  readonly events: EventBridgeClient;
}

/** Who the events on a member's own bus are from. */
const EVENT_SOURCE = "strongroom.rotation";

/** One Region of a member over AWS. `about` names it in errors. */
export function createEnroller(clients: EnrollerClients, about: string): Enroller {
  const { secrets, lambda, ssm, events } = clients;
  const doing = async (call: string, on: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw fromAws(call, on, error);
    }
  };
  return {
    list: async function* () {
      try {
        const pages = paginateListSecrets({ client: secrets }, { MaxResults: 100 });
        for await (const page of pages) {
          for (const entry of page.SecretList ?? []) {
            yield seen(entry, entry.SecretVersionsToStages);
          }
        }
      } catch (error) {
        throw fromAws("secretsmanager:ListSecrets", about, error);
      }
    },
    describe: async (arn) => {
      try {
        const answer = await secrets.send(new DescribeSecretCommand({ SecretId: arn }));
        return seen(answer, answer.VersionIdsToStages);
      } catch (error) {
        if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
        throw fromAws("secretsmanager:DescribeSecret", arn, error);
      }
    },
    mark: (arn, tags) =>
      doing("secretsmanager:TagResource", arn, () =>
        secrets.send(
          new TagResourceCommand({
            SecretId: arn,
            Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          }),
        ),
      ),
    unmark: (arn, names) =>
      doing("secretsmanager:UntagResource", arn, () =>
        secrets.send(new UntagResourceCommand({ SecretId: arn, TagKeys: [...names] })),
      ),
    setUp: (arn, functionArn, everyDays) =>
      doing("secretsmanager:RotateSecret", arn, () =>
        secrets.send(
          new RotateSecretCommand({
            SecretId: arn,
            RotationLambdaARN: functionArn,
            RotationRules: { AutomaticallyAfterDays: everyDays },
            RotateImmediately: false,
          }),
        ),
      ),
    cancel: (arn) =>
      doing("secretsmanager:CancelRotateSecret", arn, () =>
        secrets.send(new CancelRotateSecretCommand({ SecretId: arn })),
      ),
    start: async (arn, token) => {
      try {
        await secrets.send(
          new RotateSecretCommand({
            SecretId: arn,
            ClientRequestToken: token,
            RotateImmediately: true,
          }),
        );
      } catch (error) {
        // AWS has no other name for "a previous rotation isn't complete".
        if (awsErrorName(error) === "InvalidRequestException") {
          throw new FunctionError(
            "ROTATION_BUSY",
            `A rotation of ${arn} is under way, or the secret cannot be rotated now. It is tried again`,
            true,
            { cause: error },
          );
        }
        throw fromAws("secretsmanager:RotateSecret", arn, error);
      }
    },
    call: (functionName, event) => callFunction(lambda, functionName, event, about),
    tellVersion: (name, versionId) =>
      doing("ssm:PutParameter", name, () =>
        ssm.send(
          new PutParameterCommand({
            Name: name,
            Value: versionId,
            Type: "String",
            Overwrite: true,
          }),
        ),
      ),
    tellOutcome: (kind, detail) =>
      doing("events:PutEvents", about, () =>
        events.send(
          new PutEventsCommand({
            Entries: [{ Source: EVENT_SOURCE, DetailType: kind, Detail: JSON.stringify(detail) }],
          }),
        ),
      ),
  };
}

function seen(
  entry: SecretListEntry | DescribeSecretCommandOutput,
  stages: Readonly<Record<string, readonly string[]>> | undefined,
): SeenSecret {
  const { ARN = "", Name = "", PrimaryRegion, OwningService } = entry;
  const { RotationEnabled, RotationLambdaARN, RotationRules, LastRotatedDate } = entry;
  const everyDays = RotationRules?.AutomaticallyAfterDays;
  return {
    arn: ARN,
    name: Name,
    tags: tagsOf(entry.Tags),
    deleted: entry.DeletedDate !== undefined,
    ...(PrimaryRegion === undefined ? {} : { primaryRegion: PrimaryRegion }),
    ...(OwningService === undefined ? {} : { owningService: OwningService }),
    rotation: {
      enabled: RotationEnabled === true,
      ...(RotationLambdaARN === undefined ? {} : { functionArn: RotationLambdaARN }),
      ...(everyDays === undefined ? {} : { everyDays }),
      ...(LastRotatedDate === undefined ? {} : { lastAt: LastRotatedDate }),
    },
    stages: stages ?? {},
  };
}

/** Errors of a rotation function that pass by themselves are thrown as such: their names say so. */
const PASSING = new Set([
  "AWS_BUSY",
  "AWS_UNREACHABLE",
  "DATABASE_UNREACHABLE",
  "HTTP_BUSY",
  "HTTP_UNREACHABLE",
  "ROTATION_BUSY",
]);

async function callFunction(
  lambda: LambdaClient,
  functionName: string,
  event: object,
  about: string,
): Promise<unknown> {
  let text: string;
  let failed: boolean;
  try {
    const answer = await lambda.send(
      new InvokeCommand({
        FunctionName: functionName,
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
    text = Buffer.from(answer.Payload ?? []).toString("utf8");
    failed = answer.FunctionError !== undefined;
  } catch (error) {
    throw fromAws("lambda:InvokeFunction", `${functionName} (${about})`, error);
  }
  const answer = parsed(text);
  if (!failed) return answer;
  const name = (answer as { errorType?: unknown } | undefined)?.errorType;
  // The text of a function that is not ours may hold anything; the name is a word.
  const code = typeof name === "string" && /^[\w.]{1,64}$/.test(name) ? name : "FUNCTION_FAILED";
  throw new FunctionError(
    code,
    `${functionName} (${about}) failed with ${code}. Its log says why`,
    PASSING.has(code),
  );
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
