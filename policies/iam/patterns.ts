/**
 * Matches IAM's wildcards: `*` any run of characters (also none), `?` exactly one. Linear in time for every pattern,
 * unlike a regular expression made from one. Case counts: lower both sides where IAM ignores case.
 */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

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
  const a = orderedWildcards(wide);
  const b = orderedWildcards(narrow);
  // As globMatches, with the narrow pattern as text: its star can only stand where the wide one has a star too.
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < b.length) {
    if (a[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < a.length && (a[p] === b[t] || (a[p] === "?" && b[t] !== "*"))) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (a[p] === "*") p++;
  return p === a.length;
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
