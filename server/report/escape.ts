// Everything that is neither letter, mark, number nor harmless within a line: written as a number, it is always text.
const NOT_PLAIN = /[^\p{L}\p{M}\p{N} ,.;()'"/+±−=%?-]/gu;
// Control characters, marks that turn the direction of writing, invisible ones, halves of pairs.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;
/** Between two words nothing is lost by a break that nobody sees; `@team` and `#1` are no mentions with it. */
const BREAK = "&#8203;";
const LONGEST = 1000;

/** Text on one line without anything that cannot be seen, cut where it is very long. */
export function oneLine(text: string): string {
  const clean = text.replace(INVISIBLE, " ").replace(/\s+/g, " ").trim();
  const characters = Array.from(clean);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : clean;
}

/**
 * Other people's text as Markdown of GitHub that shows it as it is, within a line and in a table: no formatting, HTML, links, mentions
 * or references come of it. A numeric character reference is text to the parser, never structure; mentions and
 * references are looked for after parsing, so those are broken up.
 */
export function markdownText(text: string): string {
  return oneLine(text)
    .replace(NOT_PLAIN, (character) => {
      const reference = `&#${character.codePointAt(0) ?? 32};`;
      return character === "@" || character === "#" ? reference + BREAK : reference;
    })
    .replace(/\b(www)(?=\.)/gi, `$1${BREAK}`);
}
