import type { Resource } from "./stack";
import { Undetermined } from "./values";

/** Something a rule looks at, made from one resource or joined from several; findings name its resource. */
export interface Subject {
  readonly resource: Resource;
}

/** What is wrong with a subject. Neither text may repeat a property's text, which could be a secret. */
export interface Problem {
  /** What is wrong, as a clause after the resource's name: `does not rotate`. */
  readonly wrong: string;
  /** What to set, as one sentence, where it differs from the rule's `fix`. */
  readonly set?: string;
}

/**
 * Checks several things independently: what is undetermined in one does not hide what is wrong in the next.
 * The first undetermined one is thrown at the end.
 */
export function* each<T>(
  items: Iterable<T>,
  check: (item: T) => Iterable<Problem>,
): Generator<Problem> {
  let doubt: Undetermined | undefined;
  for (const item of items) {
    try {
      yield* check(item);
    } catch (thrown) {
      if (!(thrown instanceof Undetermined)) throw thrown;
      doubt ??= thrown;
    }
  }
  if (doubt !== undefined) throw doubt;
}
