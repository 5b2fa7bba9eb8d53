import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** PostgreSQL's own number (scram_iterations). */
const ITERATIONS = 4096;

/**
 * What PostgreSQL stores of a password (RFC 5803): given in the place of the password, so that the password itself is in no
 * statement, and in no log of statements. For passwords of printable ASCII, which need no preparation (RFC 4013).
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const key = (label: string) => createHmac("sha256", salted).update(label).digest();
  const stored = createHash("sha256").update(key("Client Key")).digest("base64");
  const server = key("Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${stored}:${server}`;
}
