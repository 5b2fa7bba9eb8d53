import type { SecretValue } from "../../ports";

/** How to log in to a PostgreSQL server. */
export interface PostgresLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface PostgresSession {
  /** Carries a statement out and answers its rows. Throws `DATABASE_REFUSED` with the SQLSTATE alone. */
  query(sql: string, parameters?: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<void>;
}

/** The door to databases. */
export interface Postgres {
  /**
   * Undefined where the server does not take this user with this password. Throws `DATABASE_UNREACHABLE` (retry) for
   * everything else; neither holds the password.
   */
  login(login: PostgresLogin): Promise<PostgresSession | undefined>;
}

export interface AccessKey {
  readonly id: string;
  readonly createdAt: Date;
}

/** The access keys of IAM users. Throws {@link FunctionError}. */
export interface AccessKeys {
  list(userName: string): Promise<readonly AccessKey[]>;
  create(userName: string): Promise<{ readonly id: string; readonly secret: string }>;
  /** Also where there is none of this id. */
  remove(userName: string, id: string): Promise<void>;
  /** The ARN of the user whom a key belongs to; undefined where AWS does not know the key (yet). */
  ownerOf(key: { readonly id: string; readonly secret: string }): Promise<string | undefined>;
}

/** Reads the current value of another secret of the account, such as that of a database's administrator. */
export type OtherSecret = (arn: string) => Promise<SecretValue | undefined>;

/** Sends a JSON document over HTTPS and answers the status. Throws `HTTP_UNREACHABLE` (retry). */
export type PostJson = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: object,
) => Promise<{ readonly status: number }>;

export type Wait = (milliseconds: number) => Promise<void>;
