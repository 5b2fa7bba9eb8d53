import { createHash, randomBytes } from "node:crypto";

import type { KeptToken } from "../access-ports";
import { type Role, ROLES } from "./roles";

const FORM = new RegExp(`^sr_(${ROLES.join("|")})_[\\w-]{43}$`);

/** Whether a text could be a token of ours: anything else is refused without a look at what is kept. */
export const looksLikeToken = (text: string): boolean => FORM.test(text);

/** A new token: 256 random bits behind its role, so that who finds one knows what it opens. */
export const newToken = (role: Role): string =>
  `sr_${role}_${randomBytes(32).toString("base64url")}`;

/** SHA-256, by which a token is known. */
export const tokenDigest = (token: string): Buffer => createHash("sha256").update(token).digest();

/** The id of a token by its digest, hex. */
export const tokenId = (sha256: string): string => `tok-${sha256.slice(0, 16)}`;

/** What is kept of a token. */
export function keptToken(token: string, of: Omit<KeptToken, "id" | "sha256">): KeptToken {
  const sha256 = tokenDigest(token).toString("hex");
  return { ...of, id: tokenId(sha256), sha256 };
}
