import { readFileSync } from "node:fs";

import { Client, type ClientConfig, DatabaseError } from "pg";

import { FunctionError } from "../ports";
import type { Postgres, PostgresLogin, PostgresSession } from "../rotation/rotators/ports";

export interface PostgresOptions {
  /**
   * `verify`: TLS, with the server's certificate and name checked. `off`: none; for a server that is reached over the
   * machine itself alone, as in tests.
   */
  readonly tls: "verify" | "off";
  /** File with the certificates (PEM) of the authorities that the server's certificate may come from, beside Node's. */
  readonly authorities?: string;
}

/** One slow server must not use up the time of a whole step: milliseconds. */
const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;

/** Wrong password, and a user that may not log in (PostgreSQL, Appendix A). */
const NOT_TAKEN = new Set(["28P01", "28000"]);

/** PostgreSQL servers over the network. */
export function createPostgres({ tls, authorities }: PostgresOptions): Postgres {
  const ssl: ClientConfig["ssl"] =
    tls === "off"
      ? false
      : {
          rejectUnauthorized: true,
          ...(authorities === undefined ? {} : { ca: readFileSync(authorities, "utf8") }),
        };
  return {
    login: async (login) => {
      const client = new Client({
        ...login,
        ssl,
        connectionTimeoutMillis: CONNECT_MS,
        query_timeout: STATEMENT_MS,
        statement_timeout: STATEMENT_MS,
        application_name: "strongroom-rotation",
      });
      // A connection that breaks later is told by the query that fails.
      client.on("error", () => undefined);
      try {
        await client.connect();
      } catch (error) {
        await client.end().catch(() => undefined);
        if (error instanceof DatabaseError && NOT_TAKEN.has(error.code ?? "")) return undefined;
        throw unreachable(login, error);
      }
      return sessionOf(client, login);
    },
  };
}

function sessionOf(client: Client, login: PostgresLogin): PostgresSession {
  return {
    query: async (sql, parameters = []) => {
      try {
        const { rows } = await client.query<Record<string, unknown>>(sql, [...parameters]);
        return rows;
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw unreachable(login, error);
        // The server's text may repeat a part of the statement.
        throw new FunctionError(
          "DATABASE_REFUSED",
          `${login.host} refused a statement of the rotation (SQLSTATE ${error.code ?? "unknown"})`,
          false,
        );
      }
    },
    end: () => client.end().catch(() => undefined),
  };
}

function unreachable({ host, port }: PostgresLogin, error: unknown): FunctionError {
  const { code } = (error ?? {}) as { code?: unknown };
  return new FunctionError(
    "DATABASE_UNREACHABLE",
    `${host}:${port} cannot be used now (${typeof code === "string" ? code : "no code"}). ` +
      "See whether the rotation function may reach it and whether its certificate is known",
    true,
  );
}
