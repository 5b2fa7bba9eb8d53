/**
 * Tells whether a secret's name fits a pattern: `*` stands for any text, also none, `?` for one character, everything else
 * for itself. Walks both texts once with one point to go back to, so that no pattern can make it slow.
 */
export function nameFits(pattern: string, name: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(name);
  let at = 0;
  let star = -1;
  let behindStar = 0;
  let index = 0;
  while (index < given.length) {
    if (wanted[at] === "*") {
      star = at++;
      behindStar = index;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[index])) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++behindStar;
    } else {
      return false;
    }
  }
  while (wanted[at] === "*") at++;
  return at === wanted.length;
}

/** The fixed text that every name fitting the pattern begins with: less has to be listed. */
export function fixedBeginning(pattern: string): string {
  const wildcard = pattern.search(/[*?]/);
  return wildcard < 0 ? pattern : pattern.slice(0, wildcard);
}
