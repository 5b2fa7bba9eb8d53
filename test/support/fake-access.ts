import type {
  KeptToken,
  SessionTable,
  TokenInfo,
  TokenService,
  TokenTable,
} from "../../server/access-ports";
import { createTokenService } from "../../server/auth/token-service";
import type { Principal } from "../../server/auth/roles";

/** Sessions in memory; time does not pass in it. */
export function memorySessions(): SessionTable {
  const kept = new Map<string, Principal>();
  return {
    add: (sha256, principal) => Promise.resolve(void kept.set(sha256, principal)),
    find: (sha256) => Promise.resolve(kept.get(sha256)),
    remove: (sha256) => Promise.resolve(void kept.delete(sha256)),
  };
}

/** Tokens in memory, as the database keeps them. */
export class MemoryTokens implements TokenTable {
  readonly kept = new Map<string, KeptToken & { revokedAt?: string }>();
  readings = 0;
  failure: Error | undefined;

  believed(): Promise<readonly KeptToken[]> {
    this.readings += 1;
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return Promise.resolve(
      [...this.kept.values()].filter(({ revokedAt }) => revokedAt === undefined),
    );
  }

  list(): Promise<readonly TokenInfo[]> {
    return Promise.resolve([...this.kept.values()].map(shown));
  }

  enroll(tokens: readonly KeptToken[]): Promise<void> {
    for (const token of tokens) if (!this.kept.has(token.id)) this.kept.set(token.id, token);
    return Promise.resolve();
  }

  add(token: KeptToken): Promise<TokenInfo> {
    this.kept.set(token.id, token);
    return Promise.resolve(shown(token));
  }

  revoke(id: string): Promise<TokenInfo | undefined> {
    const found = this.kept.get(id);
    if (found === undefined) return Promise.resolve(undefined);
    const revoked = { ...found, revokedAt: "2026-01-02T03:04:05.000Z" };
    this.kept.set(id, revoked);
    return Promise.resolve(shown(revoked));
  }
}

/** Without the digest, which nobody is shown. */
const shown = (token: KeptToken & { revokedAt?: string }): TokenInfo =>
  JSON.parse(JSON.stringify({ ...token, sha256: undefined })) as TokenInfo;

/** The real token service over a table in memory that holds one token, `tok-0123456789abcdef`. */
export function fakeTokens(): TokenService {
  const table = new MemoryTokens();
  void table.enroll([
    {
      id: "tok-0123456789abcdef",
      sha256: "0".repeat(64),
      subject: "token:bob",
      role: "viewer",
      organizationalUnits: ["workloads/prod"],
      createdAt: "2026-01-02T03:04:05.000Z",
      createdBy: "token:admin",
      expiresAt: "2027-01-02T03:04:05.000Z",
    },
  ]);
  return createTokenService(table, { changed: () => undefined });
}
