import { createHash } from "node:crypto";

/**
 * Draws `count` of the things, others for each seed and the same for the same one: a drill that is done again under its id
 * is the same drill, and over the drills everything has its turn.
 */
export function sample<T>(
  things: readonly T[],
  count: number,
  seed: string,
  idOf: (thing: T) => string,
): T[] {
  const draw = (thing: T) =>
    createHash("sha256")
      .update(`${seed}\0${idOf(thing)}`)
      .digest("hex");
  return things
    .map((thing) => ({ thing, lot: draw(thing) }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, count)
    .map(({ thing }) => thing);
}
