import { globMatches } from "../../stacks/glob";

/** Tells whether a secret's name fits a pattern with `*` and `?`; one character is one code point. */
export function nameFits(pattern: string, name: string): boolean {
  return globMatches(Array.from(pattern), Array.from(name));
}

/** The fixed text that every name fitting the pattern begins with: less has to be listed. */
export function fixedBeginning(pattern: string): string {
  const wildcard = pattern.search(/[*?]/);
  return wildcard < 0 ? pattern : pattern.slice(0, wildcard);
}
