/**
 * Tells whether a JSON text has an object with the same key twice (also when one of them is written with escapes).
 * `JSON.parse` keeps the last one silently; what another reader keeps is its own affair, so such a text is not judged.
 * The text must be valid JSON.
 */
export function hasDuplicateKeys(json: string): boolean {
  // One entry per open bracket: the keys seen so far in an object, undefined in a list.
  const open: (Set<string> | undefined)[] = [];
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/gs;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const text = match[0];
    if (text === "{") open.push(new Set());
    else if (text === "[") open.push(undefined);
    else if (text === "}" || text === "]") open.pop();
    else if (match[1] !== undefined) {
      const keys = open.at(-1);
      const key = JSON.parse(text.slice(0, text.length - match[1].length)) as string;
      if (keys?.has(key) === true) return true;
      keys?.add(key);
    }
  }
  return false;
}
