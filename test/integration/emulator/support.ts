import { randomUUID } from "node:crypto";

import {
  callAs,
  callAsRoot,
  elementOf,
  mustCallAsRoot,
  type ApiAnswer,
  type ApiCall,
} from "../../../emulator/calls";
import type { Credentials } from "../../../emulator/identity";
import type { Emulator } from "../../../emulator/start";

export const REGION = "eu-central-1";
export const MEMBER = "600000000001";
export const OTHER_MEMBER = "600000000002";
export const VAULT = "333344445555";

type Service = ApiCall["service"];
type Parameters = Readonly<Record<string, unknown>>;

/** Calls of one account's root, which nothing refuses: for setting a scene. */
export function rootOf(emulator: Emulator, accountId: string, region = REGION) {
  const call = (service: Service, operation: string, parameters: Parameters) => ({
    accountId,
    region,
    service,
    operation,
    parameters,
  });
  return {
    must: (service: Service, operation: string, parameters: Parameters) =>
      mustCallAsRoot(emulator.endpoint, call(service, operation, parameters)),
    try: (service: Service, operation: string, parameters: Parameters) =>
      callAsRoot(emulator.endpoint, call(service, operation, parameters)),
  };
}

export const document = (...statements: readonly unknown[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

export const allow = (Action: unknown, Resource: unknown = "*", Condition?: unknown) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});

export const deny = (Action: unknown, Resource: unknown = "*", Condition?: unknown) => ({
  ...allow(Action, Resource, Condition),
  Effect: "Deny",
});

export const trust = (principal: unknown, Condition?: unknown): string =>
  document({
    Effect: "Allow",
    Principal: principal,
    Action: "sts:AssumeRole",
    ...(Condition === undefined ? {} : { Condition }),
  });

export interface Actor {
  readonly roleArn: string;
  readonly roleName: string;
  readonly credentials: Credentials;
  /** Makes a signed call; "ok" or the error's name. */
  does(
    service: Service,
    operation: string,
    parameters: Parameters,
    region?: string,
  ): Promise<string>;
  calls(
    service: Service,
    operation: string,
    parameters: Parameters,
    region?: string,
  ): Promise<ApiAnswer>;
}

export interface ActorOptions {
  readonly path?: string;
  readonly boundaryArn?: string;
  readonly service?: string;
}

/** A session of a new role with exactly these permissions. */
export async function actor(
  emulator: Emulator,
  accountId: string,
  statements: readonly unknown[],
  options: ActorOptions = {},
): Promise<Actor> {
  const root = rootOf(emulator, accountId);
  const roleName = `actor-${randomUUID().slice(0, 8)}`;
  await root.must("iam", "CreateRole", {
    RoleName: roleName,
    Path: options.path ?? "/",
    AssumeRolePolicyDocument: document({
      Effect: "Allow",
      Principal: {
        AWS: `arn:aws:iam::${accountId}:root`,
        ...(options.service === undefined ? {} : { Service: options.service }),
      },
      Action: "sts:AssumeRole",
    }),
    ...(options.boundaryArn === undefined ? {} : { PermissionsBoundary: options.boundaryArn }),
  });
  if (statements.length > 0) {
    await root.must("iam", "PutRolePolicy", {
      RoleName: roleName,
      PolicyName: "own",
      PolicyDocument: document(...statements),
    });
  }
  const roleArn = `arn:aws:iam::${accountId}:role${options.path ?? "/"}${roleName}`;
  const session = await root.must("sts", "AssumeRole", {
    RoleArn: roleArn,
    RoleSessionName: "test",
  });
  const credentials = {
    accessKeyId: elementOf(session, "AccessKeyId"),
    secretAccessKey: elementOf(session, "SecretAccessKey"),
    sessionToken: elementOf(session, "SessionToken"),
  };
  const calls: Actor["calls"] = (service, operation, parameters, region = REGION) =>
    callAs(emulator.endpoint, credentials, { service, operation, parameters, region });
  return {
    roleArn,
    roleName,
    credentials,
    calls,
    does: async (...call) => (await calls(...call)).errorCode ?? "ok",
  };
}

/** A managed policy; its ARN. */
export async function managedPolicy(
  emulator: Emulator,
  accountId: string,
  statements: readonly unknown[],
  path = "/",
): Promise<string> {
  const answer = await rootOf(emulator, accountId).must("iam", "CreatePolicy", {
    PolicyName: `policy-${randomUUID().slice(0, 8)}`,
    Path: path,
    PolicyDocument: document(...statements),
  });
  return elementOf(answer, "Arn");
}

export const unique = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 8)}`;
