import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import type { KeptToken } from "../access-ports";
import { readIfThere } from "../text-file";
import { type Role, ROLES } from "./roles";
import { keptToken, newToken, tokenId } from "./token-form";

/** A token that the folder handed out: its digest only. */
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

/**
 * The tokens of a state folder, one for each role; those that it has not handed out yet are made. Digests are in
 * `tokens.json`, the tokens themselves in one file per role, all readable by the owner only. A `tokens.json` that cannot
 * be read stops the start: making new tokens over it would lock out everyone who has one.
 */
export async function openRoleTokens(
  stateDir: string,
  now: () => Date = () => new Date(),
): Promise<{ tokens: readonly KeptToken[]; paths: Readonly<Record<Role, string>> }> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const file = path.join(stateDir, "tokens.json");
  const stored = (await readTokens(file))?.tokens ?? [];
  const made: StoredToken[] = [];
  for (const role of ROLES) {
    if (stored.some((token) => token.role === role)) continue;
    made.push(await makeToken(stateDir, role, now()));
  }
  const tokens = [...stored, ...made];
  // The digests are written last: a start that dies half way leaves nothing that looks like a finished set.
  if (made.length > 0) {
    const content: TokenFile = { version: 1, tokens };
    await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`);
  }
  await chmod(file, 0o600);
  return {
    tokens: tokens.map((token) => ({
      ...token,
      id: tokenId(token.sha256),
      createdBy: "first start",
    })),
    paths: Object.fromEntries(ROLES.map((role) => [role, tokenPath(stateDir, role)])) as Readonly<
      Record<Role, string>
    >,
  };
}

async function makeToken(stateDir: string, role: Role, at: Date): Promise<StoredToken> {
  const token = newToken(role);
  await replaceFile(tokenPath(stateDir, role), `${token}\n`);
  const subject = `token:${role}`;
  const createdAt = at.toISOString();
  const { sha256 } = keptToken(token, { subject, role, createdAt, createdBy: subject });
  return { subject, role, sha256, createdAt };
}

async function readTokens(file: string): Promise<TokenFile | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
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

async function replaceFile(file: string, content: string): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, content, { mode: 0o600 });
  await rename(fresh, file);
}
