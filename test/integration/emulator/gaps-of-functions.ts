import { execFileSync } from "node:child_process";

import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";

import type { Credentials } from "../../../emulator/identity";
import type { Emulator } from "../../../emulator/start";
import type { Gap } from "./gap";
import { actor, allow, REGION, rootOf, unique, VAULT } from "./support";

/** An archive without a file, for functions that are never run. */
const EMPTY_ZIP = Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(18)]);

const ZIP = [
  "import io, sys, zipfile",
  "archive = io.BytesIO()",
  "with zipfile.ZipFile(archive, 'w') as made: made.writestr(sys.argv[1], sys.argv[2])",
  "sys.stdout.buffer.write(archive.getvalue())",
].join("\n");

/** An archive with one file, made by the Python that the emulator needs anyway. */
const zipOf = (file: string, text: string) =>
  Buffer.from(execFileSync("python3", ["-c", ZIP, file, text]));

const client = (emulator: Emulator, credentials: Credentials) =>
  new LambdaClient({
    region: REGION,
    endpoint: emulator.endpoint,
    credentials,
    maxAttempts: 1,
  });

const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "ok",
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );

const create = (name: string, Role: string, ZipFile = EMPTY_ZIP) =>
  new CreateFunctionCommand({
    FunctionName: name,
    Role,
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile },
  });

/** A role that Lambda may take, with these permissions. */
const functionRole = async (emulator: Emulator, statements: readonly unknown[]) =>
  (await actor(emulator, VAULT, statements, { service: "lambda.amazonaws.com" })).roleArn;

const queueOf = async (emulator: Emulator) => {
  const QueueName = unique("queue");
  await rootOf(emulator, VAULT).must("sqs", "CreateQueue", { QueueName });
  return {
    arn: `arn:aws:sqs:${REGION}:${VAULT}:${QueueName}`,
    url: `${emulator.endpoint}/${VAULT}/${QueueName}`,
  };
};

export const GAPS_OF_FUNCTIONS: readonly Gap[] = [
  {
    name: "function-calls",
    does: "lets a function of an allowed name be made",
    probe: async (emulator) => {
      const name = unique("made");
      const caller = await actor(emulator, VAULT, [
        allow("lambda:CreateFunction", `arn:aws:lambda:*:${VAULT}:function:${name}`),
        allow("iam:PassRole"),
      ]);
      const role = await functionRole(emulator, []);
      return outcome(client(emulator, caller.credentials).send(create(name, role)));
    },
    aws: "ok",
    ministack: "AccessDeniedException",
  },
  {
    name: "function-calls",
    does: "tells a permission for a service from one for an account",
    probe: async (emulator) => {
      const name = unique("open");
      const root = client(emulator, emulator.credentialsOf(VAULT));
      await root.send(create(name, await functionRole(emulator, [])));
      const caller = await actor(emulator, VAULT, [
        allow("lambda:AddPermission", "*", {
          StringEquals: { "lambda:Principal": "events.amazonaws.com" },
        }),
      ]);
      const permit = (Principal: string) =>
        outcome(
          client(emulator, caller.credentials).send(
            new AddPermissionCommand({
              FunctionName: name,
              StatementId: unique("statement"),
              Action: "lambda:InvokeFunction",
              Principal,
            }),
          ),
        );
      return [await permit("events.amazonaws.com"), await permit("600000000001")];
    },
    aws: ["ok", "AccessDeniedException"],
    ministack: ["AccessDeniedException", "AccessDeniedException"],
  },
  {
    name: "function-calls",
    does: "gives no function a queue that its role may not read",
    probe: async (emulator) => {
      const name = unique("source");
      const root = client(emulator, emulator.credentialsOf(VAULT));
      await root.send(create(name, await functionRole(emulator, [allow("sqs:SendMessage")])));
      const { arn } = await queueOf(emulator);
      return outcome(
        root.send(new CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn: arn })),
      );
    },
    aws: "InvalidParameterValueException",
    ministack: "ok",
  },
  {
    name: "function-calls",
    does: "has a function called only by a rule that the function lets in",
    probe: async (emulator) => {
      const name = unique("called");
      await client(emulator, emulator.credentialsOf(VAULT)).send(
        create(name, await functionRole(emulator, [])),
      );
      const { arn, url } = await queueOf(emulator);
      const root = rootOf(emulator, VAULT);
      const source = unique("source");
      await root.must("events", "PutRule", {
        Name: name,
        EventPattern: JSON.stringify({ source: [source] }),
      });
      await root.must("events", "PutTargets", {
        Rule: name,
        Targets: [
          {
            Id: "function",
            Arn: `arn:aws:lambda:${REGION}:${VAULT}:function:${name}`,
            DeadLetterConfig: { Arn: arn },
          },
        ],
      });
      await root.must("events", "PutEvents", {
        Entries: [{ Source: source, DetailType: "test", Detail: "{}" }],
      });
      const { json } = await root.must("sqs", "ReceiveMessage", { QueueUrl: url });
      return ((json["Messages"] ?? []) as unknown[]).length;
    },
    aws: 1,
    ministack: 0,
  },
  {
    name: "function-errors",
    does: "calls a function's failure by the name of what was thrown",
    probe: async (emulator) => {
      const name = unique("throws");
      const root = client(emulator, emulator.credentialsOf(VAULT));
      const source =
        'exports.handler = async () => { throw Object.assign(new Error("said"), { name: "OWN_CODE" }); };';
      await root.send(create(name, await functionRole(emulator, []), zipOf("index.js", source)));
      const { Payload } = await root.send(new InvokeCommand({ FunctionName: name }));
      const failure = JSON.parse(Buffer.from(Payload ?? []).toString()) as Record<string, unknown>;
      return [failure["errorType"], failure["errorMessage"]];
    },
    aws: ["OWN_CODE", "said"],
    ministack: ["Runtime.HandlerError", "said"],
  },
  {
    name: "queue-batches",
    does: "lets a batch be sent with the permission for a message",
    probe: async (emulator) => {
      const { url } = await queueOf(emulator);
      const caller = await actor(emulator, VAULT, [allow("sqs:SendMessage")]);
      return caller.does("sqs", "SendMessageBatch", {
        QueueUrl: url,
        Entries: [{ Id: "1", MessageBody: "x" }],
      });
    },
    aws: "ok",
    ministack: "AccessDeniedException",
  },
];
