/**
 * The one walk behind every comparison with wildcards: `*` in the pattern stands for any run of characters (also none),
 * everything else for one, which `fits` decides. One point to go back to, so that no pattern makes it slow, unlike a
 * regular expression made from one. A text is walked by UTF-16 units; give a list to walk by something else.
 */
export function walksThrough(
  pattern: ArrayLike<string>,
  text: ArrayLike<string>,
  fits: (wanted: string | undefined, given: string | undefined) => boolean,
): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < pattern.length && fits(pattern[p], text[t])) {
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

/**
 * Tells whether a text fits a pattern: `*` any run of characters (also none), `?` exactly one, everything else itself.
 * Case counts: lower both sides where it does not.
 */
export function globMatches(pattern: ArrayLike<string>, text: ArrayLike<string>): boolean {
  return walksThrough(pattern, text, (wanted, given) => wanted === "?" || wanted === given);
}
