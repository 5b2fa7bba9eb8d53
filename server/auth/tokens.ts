import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import { type Authenticator, type Principal, type Role, ROLES } from "./roles";

/** A kept token: its digest only. 256 random bits need no slow hash. */
interface StoredToken {
  readonly subject: string;
  readonly role: Role;
  readonly sha256: string;
  readonly createdAt: string;
}

interface TokenFile {
  readonly version: 1;
  readonly tokens: readonly StoredToken[];
}

/** Where the token of a role is for its owner to read: the command line takes it from there. */
export function tokenPath(stateDir: string, role: Role): string {
  return path.join(stateDir, `token-${role}`);
}

const digest = (token: string): Buffer => createHash("sha256").update(token).digest();

/**
 * Opens the tokens of a state folder and makes one per role at first start. Digests are in `tokens.json`, the tokens
 * themselves in one file per role, all readable by the owner only. A `tokens.json` that cannot be read stops the
 * start: making new tokens over it would lock out everyone who has one.
 */
export async function openTokens(
  stateDir: string,
  now: () => Date = () => new Date(),
): Promise<{ authenticator: Authenticator; paths: Readonly<Record<Role, string>> }> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const file = path.join(stateDir, "tokens.json");
  const stored = (await readTokens(file)) ?? (await createTokens(stateDir, file, now()));
  await chmod(file, 0o600);
  return {
    authenticator: tokenAuthenticator(stored.tokens),
    paths: {
      viewer: tokenPath(stateDir, "viewer"),
      operator: tokenPath(stateDir, "operator"),
      approver: tokenPath(stateDir, "approver"),
    },
  };
}

/** Compares with every digest, whether or not one has matched, so that timing tells nothing. */
export function tokenAuthenticator(tokens: readonly StoredToken[]): Authenticator {
  const known = tokens.map((token) => ({
    digest: Buffer.from(token.sha256, "hex"),
    principal: Object.freeze({ subject: token.subject, role: token.role }),
  }));
  return {
    authenticate(bearer: string) {
      const presented = digest(bearer);
      let found: Principal | undefined;
      for (const { digest: expected, principal } of known) {
        if (timingSafeEqual(expected, presented)) found = principal;
      }
      return Promise.resolve(found);
    },
  };
}

async function readTokens(file: string): Promise<TokenFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = parse(text);
  if (!isTokenFile(parsed)) {
    throw new AppError("SPEC_SETTINGS", `${file} does not hold tokens that can be read`, {
      action: "Restore it, or remove it together with the token-* files to have new tokens made.",
    });
  }
  return parsed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isTokenFile(value: unknown): value is TokenFile {
  if (typeof value !== "object" || value === null) return false;
  const { version, tokens } = value as { version?: unknown; tokens?: unknown };
  return (
    version === 1 &&
    Array.isArray(tokens) &&
    tokens.length > 0 &&
    tokens.every((token: Partial<StoredToken> | null) => {
      return (
        typeof token?.subject === "string" &&
        (ROLES as readonly unknown[]).includes(token.role) &&
        /^[0-9a-f]{64}$/.test(token.sha256 ?? "")
      );
    })
  );
}

/** The digests are written last: a start that dies half way leaves nothing that looks like a finished set. */
async function createTokens(stateDir: string, file: string, at: Date): Promise<TokenFile> {
  const tokens: StoredToken[] = [];
  for (const role of ROLES) {
    const token = `sr_${role}_${randomBytes(32).toString("base64url")}`;
    await replaceFile(tokenPath(stateDir, role), `${token}\n`);
    tokens.push({
      subject: `token:${role}`,
      role,
      sha256: digest(token).toString("hex"),
      createdAt: at.toISOString(),
    });
  }
  const content: TokenFile = { version: 1, tokens };
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  try {
    await link(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
  return content;
}

async function replaceFile(file: string, content: string): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, content, { mode: 0o600 });
  await rename(fresh, file);
}
