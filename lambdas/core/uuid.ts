import { createHash } from "node:crypto";

/**
 * A UUID made of what it stands for: the same parts give the same one. The form of the ids that Secrets Manager draws
 * itself (ClientRequestToken: 32 to 64 characters).
 */
export function derivedUuid(parts: readonly (string | number)[]): string {
  const bytes = createHash("sha256").update(JSON.stringify(parts)).digest();
  // Version 8 of RFC 9562: "custom", made of a digest.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}
