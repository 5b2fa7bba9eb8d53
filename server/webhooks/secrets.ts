import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

import { AppError } from "../../stacks/errors";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_BYTES = 32;

/** A secret that events are signed with, as the database keeps it. Times are ISO 8601. */
export interface SealedSecret {
  /** Nonce, tag and ciphertext, base64. */
  readonly sealed: string;
  readonly createdAt: string;
  /** It signs until then; without it, for ever. */
  readonly until?: string;
}

/**
 * Keeps the secrets of endpoints from whoever can read the database and its backups: AES-256-GCM with a key that is in a
 * file. The endpoint's id is part of what is sealed, so that a secret cannot be moved to another endpoint.
 */
export interface SecretBox {
  seal(secret: string, webhookId: string): string;
  /** Throws `SPEC_SETTINGS` where it was sealed with another key. */
  open(sealed: string, webhookId: string): string;
}

/** `whsec_` and 32 random bytes: the form of Standard Webhooks. */
export const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`;

/** A box whose key comes from the text of a key file, which must be hard to guess. */
export function secretBox(keyText: string): SecretBox {
  const key = createHash("sha256").update(`strongroom webhook secrets:${keyText.trim()}`).digest();
  return {
    seal(secret, webhookId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(Buffer.from(webhookId));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
    },
    open(sealed, webhookId) {
      const bytes = Buffer.from(sealed, "base64");
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(webhookId));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new AppError("SPEC_SETTINGS", "The webhook's secret was kept with another key.", {
          action:
            "Give every service the same STRONGROOM_WEBHOOK_KEY_FILE, or rotate the webhook's secret.",
          cause,
        });
      }
    },
  };
}

/** The secrets that sign at a time, newest first. */
export function signingSecrets(secrets: readonly SealedSecret[], now: Date): SealedSecret[] {
  return secrets.filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
}

/** The secrets after a rotation: the new one, and those before it until their time is over. */
export function rotated(
  secrets: readonly SealedSecret[],
  sealed: string,
  oldValidSeconds: number,
  now: Date,
): readonly SealedSecret[] {
  const end = new Date(now.getTime() + oldValidSeconds * 1000).toISOString();
  const old = signingSecrets(secrets, now).map((secret) => ({
    ...secret,
    until: secret.until !== undefined && secret.until < end ? secret.until : end,
  }));
  return [{ sealed, createdAt: now.toISOString() }, ...signingSecrets(old, now)];
}
