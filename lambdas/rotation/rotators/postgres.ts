import { FunctionError } from "../../ports";
import { randomText } from "../generate";
import type { KnownValues, Rotator, RotationTarget } from "../rotator";
import { wholeNumber, type SettingsOf } from "../settings";
import { jsonValue, textFields } from "../values";
import type { OtherSecret, Postgres, PostgresLogin, PostgresSession } from "./ports";
import { databaseSecret, identifier, logsIn, proveLogin, samePlace } from "./postgres-login";
import { scramVerifier } from "./scram";

/** Settings of both PostgreSQL rotators. */
export const POSTGRES_SETTINGS = { length: wholeNumber(40, 16, 128) } as const;
type Settings = SettingsOf<typeof POSTGRES_SETTINGS>;

/**
 * One user that changes its own password. Between the change and the moment that the new value is the current one, logging
 * in anew with the current value fails (sessions go on); where that must not be, take the alternating users.
 */
export function postgresSingleUser(postgres: Postgres, { length }: Settings): Rotator {
  return {
    name: "postgres",
    create: async ({ current }, { arn }) => {
      const { fields } = await Promise.resolve(databaseSecret(current, arn));
      return jsonValue({ ...fields, password: randomText(length, "readable") });
    },
    set: async (pending, known, { arn }) => {
      const { login } = databaseSecret(pending, arn);
      const current = databaseSecret(known.current, arn).login;
      samePlace(login, current, arn);
      if (login.user !== current.user) otherUser(arn);
      if (await logsIn(postgres, login)) return;
      // A restore may have brought back a value that the server knew before: then the previous one still opens.
      for (const value of [known.current, known.previous]) {
        if (value === undefined) continue;
        const old = databaseSecret(value, arn).login;
        const session = await postgres.login({ ...current, password: old.password });
        if (session === undefined) continue;
        await unlessDone(postgres, login, () => setPassword(session, login));
        return;
      }
      // Another call of this step may have set it since the first look.
      if (await logsIn(postgres, login)) return;
      throw new FunctionError(
        "ROTATION_LOCKED_OUT",
        `${login.host} takes neither the current nor the previous password of ${login.user} (${arn}). ` +
          "Set the user's password to the secret's current value and rotate again",
        false,
      );
    },
    test: (pending, { arn }) => proveLogin(postgres, pending, arn),
  };
}

async function setPassword(session: PostgresSession, login: PostgresLogin): Promise<void> {
  try {
    const verifier = scramVerifier(login.password);
    await session.query(`ALTER ROLE ${identifier(login.user)} PASSWORD '${verifier}'`);
  } finally {
    await session.end();
  }
}

const CLONE = "_clone";
/** Bytes that PostgreSQL keeps of a name. */
const LONGEST_NAME = 63;

/** The other one of two alternating users, as AWS's own functions name it. */
export function otherUserOf(user: string): string {
  return user.endsWith(CLONE) ? user.slice(0, -CLONE.length) : user + CLONE;
}

/**
 * Two users with the same rights, of which the one that nobody uses gets a new password: those who hold the current value
 * can log in at every moment, and those who hold the one before until the next rotation. The administrator's secret is
 * named by the field `masterarn`.
 */
export function postgresAlternating(
  postgres: Postgres,
  otherSecret: OtherSecret,
  { length }: Settings,
): Rotator {
  return {
    name: "postgres-alternating",
    create: async ({ current }, { arn }) => {
      const { fields, login } = await Promise.resolve(databaseSecret(current, arn));
      textFields(fields, ["masterarn"], arn);
      const username = otherUserOf(login.user);
      if (Buffer.byteLength(username) > LONGEST_NAME) {
        throw new FunctionError(
          "ROTATION_VALUE",
          `The user of ${arn} has too long a name for a second one with ${CLONE}; give it ${LONGEST_NAME - CLONE.length} bytes at most`,
          false,
        );
      }
      return jsonValue({ ...fields, username, password: randomText(length, "readable") });
    },
    set: async (pending, known, target) => {
      const { login } = databaseSecret(pending, target.arn);
      const current = databaseSecret(known.current, target.arn).login;
      samePlace(login, current, target.arn);
      if (login.user !== otherUserOf(current.user)) otherUser(target.arn);
      if (await logsIn(postgres, login)) return;
      const session = await asAdministrator(postgres, otherSecret, known, target);
      try {
        await unlessDone(postgres, login, () => giveUser(session, login, current));
      } finally {
        await session.end();
      }
    },
    test: (pending, { arn }) => proveLogin(postgres, pending, arn),
  };
}

async function asAdministrator(
  postgres: Postgres,
  otherSecret: OtherSecret,
  { current }: KnownValues,
  { arn }: RotationTarget,
): Promise<PostgresSession> {
  const { fields, login } = databaseSecret(current, arn);
  const { masterarn } = textFields(fields, ["masterarn"], arn);
  const value = await otherSecret(masterarn);
  if (value === undefined) {
    throw new FunctionError(
      "ROTATION_ADMINISTRATOR",
      `The administrator's secret ${masterarn}, which ${arn} names, is not there`,
      false,
    );
  }
  const administrator = databaseSecret(value, masterarn).login;
  if (administrator.host !== login.host || administrator.port !== login.port) {
    throw new FunctionError(
      "ROTATION_ADMINISTRATOR",
      `The administrator's secret ${masterarn} is for another server than ${arn}`,
      false,
    );
  }
  const session = await postgres.login({ ...administrator, database: login.database });
  if (session !== undefined) return session;
  throw new FunctionError(
    "ROTATION_ADMINISTRATOR",
    `${login.host} does not take the user and password in ${masterarn}`,
    false,
  );
}

/** Makes the user where it is not there, with the rights of the one that is in use, and sets its password. */
async function giveUser(
  session: PostgresSession,
  login: PostgresLogin,
  current: PostgresLogin,
): Promise<void> {
  const found = await session.query("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", [
    login.user,
  ]);
  const change = found.length === 0 ? "CREATE ROLE" : "ALTER ROLE";
  const user = identifier(login.user);
  await session.query(`${change} ${user} WITH LOGIN PASSWORD '${scramVerifier(login.password)}'`);
  // The clone is a member of the first user, never the other way round: PostgreSQL refuses circles.
  if (login.user.endsWith(CLONE)) {
    await session.query(`GRANT ${identifier(current.user)} TO ${user}`);
  }
}

/** Two calls of one step run into each other in the server; the one that comes second is done when the first one is. */
async function unlessDone(
  postgres: Postgres,
  login: PostgresLogin,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(await logsIn(postgres, login))) throw error;
  }
}

function otherUser(arn: string): never {
  throw new FunctionError(
    "ROTATION_OTHER_PLACE",
    `The new value of ${arn} is for another user than its rotator makes. Cancel the rotation and look who wrote it`,
    false,
  );
}
