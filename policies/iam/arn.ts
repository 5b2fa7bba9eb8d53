import { globMatches, isStarLike } from "./patterns";

/** The parts of an ARN; any part may hold wildcards. `resource` keeps its own colons and slashes. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Takes an ARN apart, in any partition; undefined for any other text. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition, service, region, account, ...rest] = text.split(":");
  if (arn !== "arn" || partition === undefined || service === undefined) return undefined;
  if (region === undefined || account === undefined || rest.length === 0) return undefined;
  return { partition, service, region, account, resource: rest.join(":") };
}

/** The same ARN in the commercial partition, so that patterns can be compared whatever partition they name. */
export function withoutPartition(arn: string): string {
  return arn.replace(/^arn:aws[a-z-]*:/i, "arn:aws:");
}

/** Tells whether a text is the full ARN of one KMS key: not an alias, not a bare id, no wildcard. */
export function isKeyArn(text: string): boolean {
  return /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/.test(text);
}

/** The account of a principal: an account id, or an ARN with one; undefined where there is none. */
export function accountOf(principal: string): string | undefined {
  if (/^\d{12}$/.test(principal)) return principal;
  const account = parseArn(principal)?.account;
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined;
}

/** Tells whether a principal stands for a whole account: its id or its root. */
export function isAccountRoot(principal: string): boolean {
  return /^\d{12}$/.test(principal) || parseArn(principal)?.resource === "root";
}

/** Tells whether an ARN matches a pattern as ArnLike compares them: part by part, a star alone takes all. */
export function arnMatches(pattern: string, arn: string): boolean {
  if (isStarLike(pattern)) return true;
  const [wanted, given] = [parseArn(pattern), parseArn(arn)];
  if (wanted === undefined || given === undefined) return false;
  return (["partition", "service", "region", "account", "resource"] as const).every((part) =>
    globMatches(wanted[part], given[part]),
  );
}
