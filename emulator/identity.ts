import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../stacks/errors";
import { roleArn } from "../stacks/naming";
import { callAs, elementOf, mustCallAsRoot } from "./calls";
import type { OrganizationFile } from "./organization-file";

/** An access key; with `sessionToken` the key of a session. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const SESSION_SECONDS = 43_200;
const KEY_FILE = "login-key.json";

/**
 * The access key of the login user: the one kept in the state folder, as a laptop keeps one, or a new one in its place.
 * The file can be read by its owner only.
 */
export async function loginKey(
  endpoint: string,
  file: OrganizationFile,
  stateDir: string | undefined,
): Promise<Credentials> {
  const kept = await readKey(stateDir);
  if (kept !== undefined && (await isActive(endpoint, file, kept.accessKeyId))) return kept;
  const iam = (operation: string, parameters: Record<string, unknown>) =>
    mustCallAsRoot(endpoint, {
      accountId: file.delegatedAdministratorAccount,
      region: file.region,
      service: "iam",
      operation,
      parameters: { UserName: file.service.loginUser, ...parameters },
    });
  // A user may have two keys; the ones whose secret nobody has any more only stand in the way.
  for (const accessKeyId of await keyIds(endpoint, file)) {
    await iam("DeleteAccessKey", { AccessKeyId: accessKeyId });
  }
  const answer = await iam("CreateAccessKey", {});
  const key = {
    accessKeyId: elementOf(answer, "AccessKeyId"),
    secretAccessKey: elementOf(answer, "SecretAccessKey"),
  };
  if (stateDir !== undefined) {
    await writeFile(path.join(stateDir, KEY_FILE), JSON.stringify(key), { mode: 0o600 });
  }
  return key;
}

/** Session credentials of the service's role, taken by the login user with a signed call; valid for twelve hours. */
export async function serviceSession(
  endpoint: string,
  file: OrganizationFile,
  login: Credentials,
): Promise<Credentials> {
  return assumeRole(endpoint, login, {
    region: file.region,
    roleArn: roleArn(file.delegatedAdministratorAccount, file.service.role),
    durationSeconds: SESSION_SECONDS,
  });
}

export interface AssumeRoleOptions {
  readonly region: string;
  readonly roleArn: string;
  readonly externalId?: string;
  /** 900 to the role's longest; at most 3600 when a role assumes. */
  readonly durationSeconds?: number;
}

/** Session credentials of a role; throws `ACCESS_ROLE` when its trust or the caller's permissions refuse. */
export async function assumeRole(
  endpoint: string,
  caller: Credentials,
  options: AssumeRoleOptions,
): Promise<Credentials> {
  const answer = await callAs(endpoint, caller, {
    region: options.region,
    service: "sts",
    operation: "AssumeRole",
    parameters: {
      RoleArn: options.roleArn,
      RoleSessionName: "strongroom-demo",
      ...(options.externalId === undefined ? {} : { ExternalId: options.externalId }),
      ...(options.durationSeconds === undefined
        ? {}
        : { DurationSeconds: options.durationSeconds }),
    },
  });
  if (answer.errorCode !== undefined) {
    const message = `${options.roleArn} cannot be assumed: ${answer.errorCode}`;
    throw new AppError("ACCESS_ROLE", message, { cause: answer.text });
  }
  return {
    accessKeyId: elementOf(answer, "AccessKeyId"),
    secretAccessKey: elementOf(answer, "SecretAccessKey"),
    sessionToken: elementOf(answer, "SessionToken"),
  };
}

/** Credentials of an account's root: MiniStack takes the account's id as such a key, whatever the rest is. */
export function rootCredentials(accountId: string): Credentials {
  return { accessKeyId: accountId, secretAccessKey: `root-${randomUUID()}` };
}

async function readKey(stateDir: string | undefined): Promise<Credentials | undefined> {
  if (stateDir === undefined) return undefined;
  try {
    return JSON.parse(await readFile(path.join(stateDir, KEY_FILE), "utf8")) as Credentials;
  } catch {
    return undefined;
  }
}

async function isActive(
  endpoint: string,
  file: OrganizationFile,
  accessKeyId: string,
): Promise<boolean> {
  return (await keyIds(endpoint, file)).includes(accessKeyId);
}

async function keyIds(endpoint: string, file: OrganizationFile): Promise<string[]> {
  const { text } = await mustCallAsRoot(endpoint, {
    accountId: file.delegatedAdministratorAccount,
    region: file.region,
    service: "iam",
    operation: "ListAccessKeys",
    parameters: { UserName: file.service.loginUser },
  });
  return [...text.matchAll(/<AccessKeyId>([^<]+)<\/AccessKeyId>/g)].map(([, id]) => String(id));
}
