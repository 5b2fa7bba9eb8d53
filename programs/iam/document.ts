import { AppError } from "../../stacks/errors";

/** One value or several, as IAM allows. */
export type OneOrMany = string | readonly string[];

export type Conditions = Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;

export type Principal = "*" | { readonly AWS: OneOrMany } | { readonly Service: OneOrMany };

/** A statement of an IAM policy. Every one has a Sid: reviewers and refusals name it. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: Principal;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly Condition?: Conditions;
}

/**
 * An IAM policy as data. It holds plain values only: every name is deterministic, so a document is known before anything
 * exists and the policy packs can judge it in a preview.
 */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** A policy of the statements that are there; `undefined` stands for one that this spec does not need. */
export function policy(...statements: readonly (Statement | undefined)[]): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: statements.filter((statement) => statement !== undefined),
  };
}

/**
 * What AWS allows each kind of document, in characters. IAM leaves white space out of its count; we write none. A key
 * policy may hold 32 KiB, a bucket policy 20 KiB.
 */
export const QUOTAS = {
  managed: 6144,
  /** All inline policies of one role together. */
  inline: 10240,
  trust: 2048,
  key: 32768,
  bucket: 20480,
  queue: 262144,
  topic: 30720,
  bus: 10240,
} as const;

export type DocumentKind = keyof typeof QUOTAS;

/**
 * The text of a document, the same for the same spec. Throws `SPEC_INVALID` where it is larger than AWS allows, with what
 * to change: AWS would say so in the middle of an update.
 */
export function documentText(kind: DocumentKind, document: PolicyDocument): string {
  const text = JSON.stringify(document);
  if (text.length > QUOTAS[kind]) {
    throw new AppError(
      "SPEC_INVALID",
      `A ${kind} policy would have ${text.length} characters; AWS allows ${QUOTAS[kind]}`,
      { action: "Use fewer or shorter secret name prefixes, tags or Regions." },
    );
  }
  return text;
}

/** A text for a place in a policy where IAM would read `${…}`, `*` or `?` as something else than themselves. */
export function literal(text: string): string {
  return text.replace(/[$*?]/g, (character) => `\${${character}}`);
}

/** A text for a condition value, where `*` and `?` mean themselves but `${…}` would be a variable. */
export function literalValue(text: string): string {
  return text.replace(/\$/g, "${$}");
}
