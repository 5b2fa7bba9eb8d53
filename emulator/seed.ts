import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

import { NAMES, roleArn } from "../stacks/naming";
import { callDoor, mustCallAsRoot } from "./calls";
import type { OrganizationFile, SecretTemplate } from "./organization-file";
import { buildWorld, drawValue, type World, type WorldAccount } from "./world";

const ACCESS_ROLE = "OrganizationAccountAccessRole";
const DELEGATED_SERVICE = "access-analyzer.amazonaws.com";
/** Accounts seeded at the same time; more would only wait for the one Python process. */
const AT_A_TIME = 8;
/** The longest that IAM allows for a role's session, seconds. */
const LONGEST_SESSION_SECONDS = 43_200;

export interface SeedOptions {
  readonly file: OrganizationFile;
  readonly memberCount?: number;
  /** Where the drawn values come from; keep it out of logs. */
  readonly valueSeed: string;
  /** Folder that remembers what was seeded; without one, every seeding asks for each thing again. */
  readonly stateDir?: string;
  readonly report: (line: string) => void;
}

export interface SeedResult {
  readonly accounts: number;
  readonly secrets: number;
  readonly keys: number;
  /** False when the state held all of it already, and nothing was asked for. */
  readonly seeded: boolean;
}

interface Marker {
  readonly fingerprint: string;
  readonly result: Omit<SeedResult, "seeded">;
}

/**
 * Puts the organization of a seed file into a running emulator. Doing it twice changes nothing: what is there is kept,
 * values of secrets included. Never prints a value. Throws `EMULATOR_FAILED`.
 */
export async function seedOrganization(
  endpoint: string,
  options: SeedOptions,
): Promise<SeedResult> {
  const world = buildWorld(options.file, options.memberCount);
  const fingerprint = fingerprintOf(options.file, world);
  const marker = await readMarker(options.stateDir);
  if (marker?.fingerprint === fingerprint) return { ...marker.result, seeded: false };

  options.report(`emulator: seeding ${world.accounts.length} accounts`);
  await putOrganization(endpoint, options.file, world);
  await putServiceIdentity(endpoint, options.file);
  const counts = { accounts: world.accounts.length, secrets: 0, keys: 0 };
  let done = 0;
  await inParallel(world.accounts, async (account) => {
    if (account.accessBroken) await breakAccess(endpoint, options.file, account);
    const made = await putSecrets(endpoint, options, account);
    counts.secrets += made.secrets;
    counts.keys += made.keys;
    done += 1;
    if (done % 250 === 0)
      options.report(`emulator: ${done} of ${world.accounts.length} accounts seeded`);
  });
  // The marker must never be there without what it speaks of.
  await callDoor(endpoint, "POST", "/_strongroom/save");
  await writeMarker(options.stateDir, { fingerprint, result: counts });
  options.report(`emulator: ${counts.secrets} secrets and ${counts.keys} keys are in place`);
  return { ...counts, seeded: true };
}

async function putOrganization(
  endpoint: string,
  file: OrganizationFile,
  world: World,
): Promise<void> {
  await callDoor(endpoint, "PUT", "/_strongroom/organization", {
    id: file.id,
    rootId: file.rootId,
    managementAccountId: file.managementAccount,
    units: world.units,
    accounts: world.accounts.map(({ id, name, email, status, parentId, tags }) => ({
      id,
      name,
      email,
      status,
      parentId,
      tags,
    })),
    delegatedAdministrators: [
      { accountId: file.delegatedAdministratorAccount, servicePrincipal: DELEGATED_SERVICE },
    ],
  });
}

/**
 * The service's identity: a login user that may only become the service's role; the role, which may read the organization,
 * become the bootstrap role, the stampers and the vault's operator; and the bootstrap role in the management account.
 */
async function putServiceIdentity(endpoint: string, file: OrganizationFile): Promise<void> {
  const home = file.delegatedAdministratorAccount;
  const serviceRole = roleArn(home, file.service.role);
  const bootstrapRole = roleArn(file.managementAccount, file.service.bootstrapRole);
  const iam = (accountId: string, operation: string, parameters: Record<string, unknown>) =>
    mustCallAsRoot(
      endpoint,
      { accountId, region: file.region, service: "iam", operation, parameters },
      ["EntityAlreadyExists"],
    );

  await iam(home, "CreateUser", { UserName: file.service.loginUser });
  await iam(home, "PutUserPolicy", {
    UserName: file.service.loginUser,
    PolicyName: "become-the-service",
    PolicyDocument: policy([allow("sts:AssumeRole", serviceRole)]),
  });
  await iam(home, "CreateRole", {
    Path: NAMES.iamPath,
    RoleName: file.service.role,
    MaxSessionDuration: LONGEST_SESSION_SECONDS,
    AssumeRolePolicyDocument: trust(`arn:aws:iam::${home}:user/${file.service.loginUser}`),
  });
  await iam(home, "PutRolePolicy", {
    RoleName: file.service.role,
    PolicyName: "service",
    PolicyDocument: policy([
      allow(["organizations:List*", "organizations:Describe*"], "*"),
      allow("sts:AssumeRole", [
        bootstrapRole,
        `arn:aws:iam::*:role${NAMES.iamPath}${NAMES.stamperRole}`,
        roleArn(file.vaultAccount, NAMES.operatorRole),
      ]),
    ]),
  });
  await iam(file.managementAccount, "CreateRole", {
    Path: NAMES.iamPath,
    RoleName: file.service.bootstrapRole,
    AssumeRolePolicyDocument: trust(serviceRole, file.service.bootstrapExternalId),
  });
  await iam(file.managementAccount, "PutRolePolicy", {
    RoleName: file.service.bootstrapRole,
    PolicyName: "bootstrap",
    PolicyDocument: policy([allow("sts:AssumeRole", `arn:aws:iam::*:role/${ACCESS_ROLE}`)]),
  });
}

/** As after an acquisition: the administrator's role still trusts the organization that the account came from. */
async function breakAccess(
  endpoint: string,
  file: OrganizationFile,
  account: WorldAccount,
): Promise<void> {
  await mustCallAsRoot(endpoint, {
    accountId: account.id,
    region: file.region,
    service: "iam",
    operation: "UpdateAssumeRolePolicy",
    parameters: { RoleName: ACCESS_ROLE, PolicyDocument: trust("arn:aws:iam::999988887777:root") },
  });
}

async function putSecrets(
  endpoint: string,
  options: SeedOptions,
  account: WorldAccount,
): Promise<{ secrets: number; keys: number }> {
  if (account.secrets.length === 0) return { secrets: 0, keys: 0 };
  const { region } = options.file;
  const needsKey = account.secrets.some((secret) => secret.key === "customer");
  const key = needsKey ? await customerKey(endpoint, account.id, region) : undefined;
  for (const secret of account.secrets) {
    await putSecret(endpoint, options, account.id, secret, key);
  }
  return { secrets: account.secrets.length, keys: key === undefined ? 0 : 1 };
}

async function putSecret(
  endpoint: string,
  options: SeedOptions,
  accountId: string,
  secret: SecretTemplate,
  key: string | undefined,
): Promise<void> {
  const { region } = options.file;
  const call = (operation: string, parameters: Record<string, unknown>) =>
    mustCallAsRoot(
      endpoint,
      { accountId, region, service: "secretsmanager", operation, parameters },
      ["ResourceExistsException"],
    );
  const created = await call("CreateSecret", {
    Name: secret.name,
    ...drawValue(options.valueSeed, accountId, secret),
    ...(secret.description === undefined ? {} : { Description: secret.description }),
    ...(secret.key === undefined || key === undefined ? {} : { KmsKeyId: key }),
    Tags: Object.entries(secret.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
  });
  if (secret.rotationDays === undefined || created.errorCode !== undefined) return;
  await call("RotateSecret", {
    SecretId: secret.name,
    RotationLambdaARN: `arn:aws:lambda:${region}:${accountId}:function:rotate-secret`,
    RotationRules: { AutomaticallyAfterDays: secret.rotationDays },
    RotateImmediately: false,
  });
}

/** The account's own key for its secrets; found again by its alias. */
async function customerKey(endpoint: string, accountId: string, region: string): Promise<string> {
  const alias = "alias/application-secrets";
  const call = (operation: string, parameters: Record<string, unknown>, allowed: string[] = []) =>
    mustCallAsRoot(endpoint, { accountId, region, service: "kms", operation, parameters }, allowed);
  const known = await call("DescribeKey", { KeyId: alias }, ["NotFoundException"]);
  const answer =
    known.errorCode === undefined
      ? known
      : await call("CreateKey", { Description: "Encrypts the application's secrets" });
  const { Arn, KeyId } = (answer.json as { KeyMetadata: { Arn: string; KeyId: string } })
    .KeyMetadata;
  if (known.errorCode !== undefined) {
    await call("CreateAlias", { AliasName: alias, TargetKeyId: KeyId });
  }
  return Arn;
}

const allow = (action: string | readonly string[], resource: string | readonly string[]) => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
});

const policy = (statements: readonly unknown[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

const trust = (principal: string, externalId?: string): string =>
  policy([
    {
      Effect: "Allow",
      Principal: { AWS: principal },
      Action: "sts:AssumeRole",
      ...(externalId === undefined
        ? {}
        : { Condition: { StringEquals: { "sts:ExternalId": externalId } } }),
    },
  ]);

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

function fingerprintOf(file: OrganizationFile, world: World): string {
  // The accounts of the world are part of it; the seed of the values is not: another seed must not change old secrets.
  return createHash("sha256").update(JSON.stringify({ file, world })).digest("hex");
}

const markerPath = (stateDir: string): string => path.join(stateDir, "seeded.json");

async function readMarker(stateDir: string | undefined): Promise<Marker | undefined> {
  if (stateDir === undefined) return undefined;
  try {
    return JSON.parse(await readFile(markerPath(stateDir), "utf8")) as Marker;
  } catch {
    return undefined;
  }
}

async function writeMarker(stateDir: string | undefined, marker: Marker): Promise<void> {
  if (stateDir === undefined) return;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const file = markerPath(stateDir);
  await writeFile(`${file}.new`, JSON.stringify(marker), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
