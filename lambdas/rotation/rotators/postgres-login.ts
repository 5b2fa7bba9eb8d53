import { FunctionError, type SecretValue } from "../../ports";
import { fieldsOf, textFields, type Fields } from "../values";
import type { Postgres, PostgresLogin } from "./ports";

/** The fields that AWS's own rotation functions use (user guide, "JSON structure of secrets"). */
export interface DatabaseSecret {
  readonly fields: Fields;
  readonly login: PostgresLogin;
}

/**
 * A database's secret: `engine` (postgres), `host`, `username`, `password`, and if they differ from PostgreSQL's `port`
 * and `dbname`.
 *
 * @throws FunctionError `ROTATION_VALUE` with what is wrong, without a value.
 */
export function databaseSecret(value: SecretValue, arn: string): DatabaseSecret {
  const fields = fieldsOf(value, arn);
  const { host, username, password } = textFields(fields, ["host", "username", "password"], arn);
  const { engine = "postgres", port = 5432, dbname = "postgres" } = fields;
  const portNumber = Number(port);
  const wrong = [
    ...(engine === "postgres" ? [] : ["engine is not postgres"]),
    ...(Number.isInteger(portNumber) && portNumber > 0 && portNumber < 65536
      ? []
      : ["port is not a port"]),
    ...(typeof dbname === "string" ? [] : ["dbname is not a text"]),
  ];
  if (wrong.length > 0) {
    throw new FunctionError("ROTATION_VALUE", `The value of ${arn}: ${wrong.join("; ")}`, false);
  }
  return {
    fields,
    login: { host, port: portNumber, database: String(dbname), user: username, password },
  };
}

/** Logs in and out; tells whether the server took the user and password. */
export async function logsIn(postgres: Postgres, login: PostgresLogin): Promise<boolean> {
  const session = await postgres.login(login);
  if (session === undefined) return false;
  try {
    await session.query("SELECT 1");
    return true;
  } finally {
    await session.end();
  }
}

/** Throws `ROTATION_UNPROVEN` where the server does not take the pending user and password. */
export async function proveLogin(
  postgres: Postgres,
  pending: SecretValue,
  arn: string,
): Promise<void> {
  const { login } = databaseSecret(pending, arn);
  if (await logsIn(postgres, login)) return;
  throw new FunctionError(
    "ROTATION_UNPROVEN",
    `${login.host} does not take the new password of ${login.user} (${arn})`,
    false,
  );
}

/**
 * Throws `ROTATION_OTHER_PLACE` where a pending value leads to another server than the current one: a password must not be
 * set, nor sent, where somebody who can write a pending value wants it.
 */
export function samePlace(pending: PostgresLogin, current: PostgresLogin, arn: string): void {
  if (
    pending.host === current.host &&
    pending.port === current.port &&
    pending.database === current.database
  ) {
    return;
  }
  throw new FunctionError(
    "ROTATION_OTHER_PLACE",
    `The new value of ${arn} is for another server or database than the current one. Cancel the rotation and look who wrote it`,
    false,
  );
}

/** A name as PostgreSQL reads it in a statement. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
