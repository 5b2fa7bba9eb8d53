import { randomInt } from "node:crypto";

const LOWER = "abcdefghijkmnopqrstuvwxyz";
const UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS = "23456789";
/** None that a shell, a URL's user part, JSON, SQL or a connection string reads as something else. */
const SIGNS = "-_.~";

export const ALPHABETS = {
  /** No letters that are taken for one another. */
  readable: [LOWER, UPPER, DIGITS],
  signs: [LOWER, UPPER, DIGITS, SIGNS],
  hex: ["0123456789abcdef"],
} as const satisfies Record<string, readonly string[]>;
export type Alphabet = keyof typeof ALPHABETS;

/**
 * A random text from the system's generator: at least one character of each group of the alphabet, the rest from all.
 * 32 readable characters have 186 bits.
 */
export function randomText(length: number, alphabet: Alphabet): string {
  const groups: readonly string[] = ALPHABETS[alphabet];
  const all = groups.join("");
  const pick = (from: string): string => from.charAt(randomInt(from.length));
  const characters = Array.from({ length }, (_, index) => pick(groups[index] ?? all));
  // Shuffled (Fisher and Yates), as the first ones would else tell their group.
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? "", characters[last] ?? ""];
  }
  return characters.join("");
}
