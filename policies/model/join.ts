import type { Resource, Stack } from "./stack";
import { UNKNOWN } from "./values";

/** How a part points at its whole: the part's properties, and the types that the whole may have. */
export interface Reference {
  /** Properties of the part that hold the whole's name, id or ARN. */
  readonly properties: readonly string[];
  readonly wholes: ReadonlySet<string>;
  /** Properties of the whole that such a reference may hold. */
  readonly identifiers: readonly string[];
}

/** Parts by the URN of their whole, and the parts whose whole cannot be told yet. */
export interface Joined {
  readonly parts: ReadonlyMap<string, readonly Resource[]>;
  readonly unplaced: readonly Resource[];
}

/**
 * Finds the whole of each part (the bucket of a bucket policy). Names decide where they are known; where the reference
 * is an output that is not known yet, the engine's record of which resource it was made from decides.
 */
export function join(
  stack: Stack,
  partTypes: readonly string[],
  wholes: readonly Resource[],
  reference: Reference,
): Joined {
  const byIdentifier = new Map<string, Resource>();
  for (const whole of wholes) {
    for (const identifier of reference.identifiers) {
      const value = whole.view.raw(identifier);
      if (typeof value === "string") byIdentifier.set(value, whole);
    }
  }
  const parts = new Map<string, Resource[]>();
  const unplaced: Resource[] = [];
  for (const part of stack.ofTypes(partTypes)) {
    const whole = wholeOf(stack, part, byIdentifier, reference);
    if (whole === UNKNOWN) unplaced.push(part);
    else if (whole !== undefined) {
      const known = parts.get(whole.urn);
      if (known === undefined) parts.set(whole.urn, [part]);
      else known.push(part);
    }
  }
  return { parts, unplaced };
}

function wholeOf(
  stack: Stack,
  part: Resource,
  byIdentifier: ReadonlyMap<string, Resource>,
  reference: Reference,
): Resource | undefined | typeof UNKNOWN {
  for (const property of reference.properties) {
    const value = part.view.raw(property);
    if (typeof value === "string") {
      const whole = byIdentifier.get(value);
      if (whole !== undefined) return whole;
    }
    if (value === undefined) continue;
    const origins = (part.dependenciesOf(property) ?? [])
      .map((urn) => stack.get(urn))
      .filter((origin) => origin !== undefined && reference.wholes.has(origin.type));
    if (origins.length === 1) return origins[0];
    if (value === UNKNOWN) return UNKNOWN;
  }
  return undefined;
}
