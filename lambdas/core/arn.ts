import type { SecretPlace } from "../model";

/** `arn:<partition>:secretsmanager:<Region>:<account>:secret:<name>-<six characters>` */
const SECRET_ARN = /^arn:(aws[a-z-]*):secretsmanager:([a-z0-9-]+):(\d{12}):secret:(.+)$/;
const SUFFIX = /^(.+)-([A-Za-z0-9]{6})$/;

/** Where a secret is, from its whole ARN; undefined for a name or any other text. */
export function placeOfArn(arn: string): SecretPlace | undefined {
  const [, , region, accountId, rest] = SECRET_ARN.exec(arn) ?? [];
  const [, name, suffix] = SUFFIX.exec(rest ?? "") ?? [];
  if (region === undefined || accountId === undefined) return undefined;
  if (name === undefined || suffix === undefined) return undefined;
  return { accountId, region, name, suffix };
}
