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

const TOKEN =
  /[\t\n\r ]+|[{}[\]:,]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

/**
 * Where a text stops being JSON, as an offset: what JSON.parse tells of it differs from version to version, and repeats
 * the text. For a text that is JSON it is the text's length.
 */
export function jsonErrorAt(text: string): number {
  const open: string[] = [];
  let before = "start";
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return at;
    if (/^[\t\n\r ]/.test(token)) continue;
    const next = follows(before, token, open);
    if (next === undefined) return at;
    before = next;
  }
  return text.length;
}

/** What stands before the next token, after this one; undefined where this one may not stand here. */
function follows(before: string, token: string, open: string[]): string | undefined {
  const inObject = open.at(-1) === "{";
  if (token === "}" || token === "]") {
    const fits = before === "value" || before === (token === "}" ? "{" : "[");
    return fits && open.pop() === (token === "}" ? "{" : "[") ? "value" : undefined;
  }
  if (token === ",") return before === "value" && open.length > 0 ? "," : undefined;
  if (token === ":") return before === "name" ? ":" : undefined;
  if (inObject && (before === "{" || before === ","))
    return token.startsWith('"') ? "name" : undefined;
  if (before === "value" || before === "name") return undefined;
  if (token !== "{" && token !== "[") return "value";
  open.push(token);
  return token;
}
