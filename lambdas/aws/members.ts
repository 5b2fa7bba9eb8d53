import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import { NAMES, partitionOf, roleArn } from "../../stacks/naming";
import { FunctionError, type Clock, type Members } from "../ports";

import type { Clients } from "./clients";
import type { FunctionConfig } from "./config";
import { fromAws } from "./errors";
import { createSecretReader } from "./secret-reader";
import { createSecretWriter } from "./secret-writer";

/** A role that is assumed by a role gets sessions of one hour at most. */
const SESSION_SECONDS = 3600;
/** A session is renewed this long before it ends, so that no call starts with one that ends under way. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A warm function that has seen many accounts forgets the clients it has not used for longest. */
const MOST_CLIENTS = 200;

/** Credentials of a member's role. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/**
 * Reaches the members through their reader and restorer roles. A session is one for all Regions of an account.
 *
 * @param name of the function: it stands in the members' logs as the session's name.
 */
export function createMembers(
  config: Pick<FunctionConfig, "externalId" | "primaryRegion">,
  clients: Clients,
  name: string,
  clock: Clock,
): Members {
  const sessions = sessionsOf(clients.sts(config.primaryRegion), config, name, clock);
  const made = new Map<string, SecretsManagerClient>();
  const client = (role: string, accountId: string, region: string) => {
    const key = `${role} ${accountId} ${region}`;
    const existing =
      made.get(key) ?? clients.secrets(region, () => sessions(role, accountId, region));
    made.delete(key);
    made.set(key, existing);
    for (const [oldest] of made) {
      if (made.size <= MOST_CLIENTS) break;
      made.delete(oldest);
    }
    return existing;
  };
  return {
    reader: (accountId, region) =>
      createSecretReader(client(NAMES.readerRole, accountId, region), { accountId, region }),
    writer: (accountId, region) =>
      createSecretWriter(client(NAMES.restorerRole, accountId, region), { accountId, region }),
  };
}

interface Kept {
  readonly promise: Promise<Session>;
  /** Absent while it is being asked for. */
  session?: Session;
}

/** Takes sessions of the members' roles, with the external id. */
export type Sessions = (role: string, accountId: string, region: string) => Promise<Session>;

/** Takes each session once, also when many ask at the same time; one that could not be taken is asked for again. */
export function sessionsOf(
  sts: STSClient,
  config: Pick<FunctionConfig, "externalId">,
  name: string,
  clock: Clock,
): Sessions {
  const all = new Map<string, Kept>();
  const good = ({ expiration }: Session) =>
    expiration.getTime() - clock.now().getTime() > RENEW_BEFORE_MS;
  return (role, accountId, region) => {
    const key = `${role} ${accountId}`;
    const existing = all.get(key);
    if (existing !== undefined && (existing.session === undefined || good(existing.session))) {
      return existing.promise;
    }
    const arn = roleArn(accountId, role, partitionOf(region));
    const kept: Kept = {
      promise: assume(sts, arn, config.externalId, name).then(
        (session) => (kept.session = session),
        (error: unknown) => {
          all.delete(key);
          throw error;
        },
      ),
    };
    all.set(key, kept);
    return kept.promise;
  };
}

async function assume(
  sts: STSClient,
  arn: string,
  externalId: string,
  name: string,
): Promise<Session> {
  const answer = await sts
    .send(
      new AssumeRoleCommand({
        RoleArn: arn,
        RoleSessionName: name,
        ExternalId: externalId,
        DurationSeconds: SESSION_SECONDS,
      }),
    )
    .catch((error: unknown) => {
      throw unreachable(arn, fromAws("sts:AssumeRole", arn, error));
    });
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (
    AccessKeyId === undefined ||
    SecretAccessKey === undefined ||
    SessionToken === undefined ||
    Expiration === undefined
  ) {
    throw new FunctionError("AWS_BUSY", `sts:AssumeRole on ${arn} answered no session`, true);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  };
}

function unreachable(arn: string, error: FunctionError): FunctionError {
  if (error.retry) return error;
  return new FunctionError(
    "MEMBER_UNREACHABLE",
    `The role ${arn} cannot be assumed. Stamp the account, or look whether it has left the organization or was closed`,
    false,
    { cause: error },
  );
}
