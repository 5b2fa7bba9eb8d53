import { globMatches, walksThrough } from "../../stacks/glob";

// IAM's wildcards are the same as those of names: see stacks/glob.
export { globMatches };

/** Tells whether a pattern is made of wildcards alone: `*`, `**`, `?*`. */
export function isStarLike(pattern: string): boolean {
  return pattern.includes("*") && /^[*?]+$/.test(pattern);
}

/** Tells whether a text has a wildcard or a policy variable, so that it stands for more than one value. */
export function isOpen(text: string): boolean {
  return /[*?]|\$\{/.test(text);
}

/** Longer patterns are not compared with each other: no ARN is longer, and the time grows with the product. */
const LONGEST = 2048;

/** Tells whether some text is matched by both patterns; of very long ones it is assumed. */
export function globsOverlap(a: string, b: string): boolean {
  if (!hasWildcard(a)) return globMatches(b, a);
  if (!hasWildcard(b)) return globMatches(a, b);
  let start = 0;
  while (start < a.length && a[start] === b[start] && a[start] !== "*") start++;
  const [x, y] = [a.slice(start), b.slice(start)];
  if (x.length > LONGEST || y.length > LONGEST) return true;
  // reached[j]: whether the first i characters of x and the first j of y can stand for the same text.
  let reached = new Uint8Array(y.length + 1);
  reached[0] = 1;
  for (let j = 0; j < y.length && y[j] === "*"; j++) reached[j + 1] = 1;
  for (let i = 0; i < x.length; i++) {
    const next = new Uint8Array(y.length + 1);
    const star = x[i] === "*";
    let alive = 0;
    for (let j = 0; j <= y.length; j++) {
      let can = star && reached[j] === 1 ? 1 : 0;
      if (j > 0) {
        if (star && next[j - 1] === 1) can = 1;
        if (y[j - 1] === "*" && (next[j - 1] === 1 || reached[j] === 1)) can = 1;
        const same = x[i] === y[j - 1] || x[i] === "?" || y[j - 1] === "?";
        if (!star && y[j - 1] !== "*" && same && reached[j - 1] === 1) can = 1;
      }
      next[j] = can;
      alive |= can;
    }
    if (alive === 0) return false;
    reached = next;
  }
  return reached[y.length] === 1;
}

/**
 * Tells whether the first pattern surely matches every text that the second one matches. Never true without being so;
 * of some odd pairs (`?*` and `*x`) it is not seen.
 */
export function globCovers(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === "*") return true;
  if (!hasWildcard(wide)) return false;
  // As globMatches, with the narrow pattern as text: its star can only stand where the wide one has a star too.
  return walksThrough(
    orderedWildcards(wide),
    orderedWildcards(narrow),
    (one, other) => one === other || (one === "?" && other !== "*"),
  );
}

/** `*?*` as `?*`: the same texts, one spelling. */
function orderedWildcards(pattern: string): string {
  return pattern.replace(/[*?]{2,}/g, (run) => {
    const single = run.replaceAll("*", "");
    return single.length === run.length ? run : `${single}*`;
  });
}

function hasWildcard(pattern: string): boolean {
  return pattern.includes("*") || pattern.includes("?");
}
