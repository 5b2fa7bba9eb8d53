import type { Principal, Role } from "./auth/roles";

/** A token as it is shown: everything but the token and its digest. */
export interface TokenInfo {
  /** Of the token's digest: says nothing about the token. */
  readonly id: string;
  /** Who its bearer is, in the audit log and for the rule of two persons. */
  readonly subject: string;
  readonly role: Role;
  readonly organizationalUnits?: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

/** A token as it is kept: SHA-256 of it, hex. 256 random bits need no slow hash. */
export interface KeptToken extends Omit<TokenInfo, "revokedAt"> {
  readonly sha256: string;
}

/** The tokens that all services on one database believe. */
export interface TokenTable {
  /** Those that are neither revoked nor over, by the database's clock. */
  believed(): Promise<readonly KeptToken[]>;
  /** All that ever were, newest first. */
  list(): Promise<readonly TokenInfo[]>;
  /** Makes tokens known that another service may have made known already; never brings back a revoked one. */
  enroll(tokens: readonly KeptToken[]): Promise<void>;
  /** Adds a token, with an entry of the audit log. */
  add(token: KeptToken): Promise<TokenInfo>;
  /**
   * Revokes a token, with an entry of the audit log; undefined: there is none. Revoking it again changes nothing. Throws
   * `AUTH_LAST_ADMIN` where nobody could make tokens any more.
   */
  revoke(id: string, by: string): Promise<TokenInfo | undefined>;
}

/** The sign-ins of browsers, at whichever service. */
export interface SessionTable {
  /** @param sha256 digest of the session's id, hex; the id itself is in the browser's cookie only. */
  add(sha256: string, principal: Principal, lifetimeSeconds: number): Promise<void>;
  /** Undefined once it is over, ended, or its token is not believed any more. */
  find(sha256: string): Promise<Principal | undefined>;
  remove(sha256: string): Promise<void>;
}

/** How often something was asked for in its window of time, over all services. */
export interface RequestCounts {
  /** Adds to the counts and answers them, with the time that is left of each window, milliseconds. */
  add(
    counts: ReadonlyMap<string, number>,
    windowMs: number,
  ): Promise<ReadonlyMap<string, { readonly count: number; readonly leftMs: number }>>;
}

/** What the store keeps so that several services believe the same callers. */
export interface AccessStore {
  readonly tokens: TokenTable;
  readonly sessions: SessionTable;
  readonly counts: RequestCounts;
  /** A random text that all services share, made by the first that asks; hex, 256 bits. */
  secret(name: string): Promise<string>;
}

/** A token to be made. */
export interface TokenRequest {
  /** Who gets it; a person with two tokens has one name. */
  readonly name: string;
  readonly role: Role;
  readonly organizationalUnits?: readonly string[];
  readonly expiresInDays?: number;
}

/** What the HTTP routes may ask about tokens. Throws AppError. */
export interface TokenService {
  list(): Promise<readonly TokenInfo[]>;
  /** The answer is the only place that ever holds the token. */
  create(request: TokenRequest, by: string): Promise<TokenInfo & { readonly token: string }>;
  /** Throws `TOKEN_NOT_FOUND`, `AUTH_LAST_ADMIN`. */
  revoke(id: string, by: string): Promise<TokenInfo>;
}
