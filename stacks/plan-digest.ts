import { digest } from "./digest";
import type { StampName } from "./naming";

/** What a stamp that does not exist yet has in place of changes: everything of it will be new. */
export const NEW_STAMP = "new";

/** A stamp as it was previewed. Digests are SHA-256, hex. */
export interface StampPlan {
  /** Of everything that the stack is made from: program, packs, tools, spec and connection. */
  readonly inputs: string;
  /** Of what changes, or {@link NEW_STAMP}. */
  readonly changes: string;
}

/** The digest of what a preview found: which resources, what happens to them, which of their properties. */
export function changesDigest(
  changes: readonly {
    readonly urn: string;
    readonly operation: string;
    readonly properties: readonly string[];
  }[],
): string {
  const plain = changes
    .map(({ urn, operation, properties }) => ({
      urn,
      operation,
      properties: [...properties].sort(),
    }))
    .sort((a, b) => compare(`${a.urn}\n${a.operation}`, `${b.urn}\n${b.operation}`));
  return digest(plain);
}

/**
 * Whether changes are those that were planned. Of a new stamp anything may be made, also after a first try that came half
 * way, but nothing taken away.
 */
export function keepsTo(
  planned: StampPlan["changes"] | undefined,
  changes: Parameters<typeof changesDigest>[0],
): boolean {
  if (planned === undefined) return true;
  if (planned !== NEW_STAMP) return changesDigest(changes) === planned;
  return changes.every(({ operation }) => operation === "create" || operation === "update");
}

/**
 * The digest of the plan of a run, which is what an approval is about: the same stamps, made from the same things, with the
 * same changes. Part of it are the program's and the packs' digests, through what each stamp is made from.
 */
export function planDigest(
  stamps: readonly { readonly stamp: StampName; readonly plan: StampPlan }[],
): string {
  const plain = stamps
    .map(({ stamp, plan: { inputs, changes } }) => ({ stamp, inputs, changes }))
    .sort((a, b) => compare(a.stamp, b.stamp));
  return digest(plain);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
