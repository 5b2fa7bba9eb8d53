import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Makes a file with a random secret, once; whoever comes second uses what the first one made. */
export function secretFile(file: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  if (existsSync(file)) return file;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch {
    // Somebody else made it in this moment.
  }
  rmSync(draft);
  return file;
}
