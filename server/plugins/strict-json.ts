import { AppError, type Problem } from "../../stacks/errors";

/** Deepest nesting of a body; the deepest request there is needs four. */
const MAX_DEPTH = 32;

const malformed = (message: string, problems: readonly Problem[] = []): AppError =>
  new AppError("SPEC_MALFORMED", message, {
    action: "Send one JSON document in UTF-8, each key once.",
    problems,
  });

/**
 * Reads a JSON body and refuses what two readers could understand differently: broken UTF-8, a key that stands twice,
 * keys that reach an object's prototype, and nesting deep enough to exhaust a recursive reader. Throws `SPEC_MALFORMED`.
 */
export function parseStrictJson(body: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw malformed("The body is not UTF-8.");
  }
  if (text.trim() === "") throw malformed("The body is empty.");
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("The body is not JSON.");
  }
  checkKeys(text);
  return value;
}

/** Where the string that opens at `start` ends, its quote included; -1 where it does not. */
function endOfString(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position++) {
    if (text[position] === "\\") position += 1;
    else if (text[position] === '"') return position + 1;
  }
  return -1;
}

/** Reads over each token that matters; strings whole, so that brackets inside them do not count. */
function scan(text: string, visit: (token: string) => void): void {
  for (let position = 0; position < text.length; position++) {
    const character = text[position] ?? "";
    if (character === '"') {
      const end = endOfString(text, position);
      if (end < 0) throw malformed("The body is not JSON.");
      visit(text.slice(position, end));
      position = end - 1;
    } else if ("{}[]:,".includes(character)) {
      visit(character);
    }
  }
}

function checkDepth(text: string): void {
  let depth = 0;
  scan(text, (token) => {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    if (depth > MAX_DEPTH) throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  });
}

/** The text is valid JSON here, so a string directly before a colon is a key. */
function checkKeys(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  scan(text, (token) => {
    if (token.startsWith('"')) {
      last = token;
      return;
    }
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":" && last !== undefined) addKey(open.at(-1), JSON.parse(last) as string);
    last = undefined;
  });
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (key === "__proto__") throw malformed('The key "__proto__" is not allowed.');
  if (keys?.has(key) === true) {
    throw malformed(`The key ${JSON.stringify(key.slice(0, 64))} stands twice in one object.`);
  }
  keys?.add(key);
}
