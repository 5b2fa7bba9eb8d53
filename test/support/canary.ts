import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { constants, gunzipSync, inflateSync } from "node:zlib";

/** How canaries of one search begin, where they begin alike; that makes the search as quick as one for a single canary. */
export function drawMark(): string {
  return `Kx${randomBytes(6).toString("hex")}`;
}

/** Length of a mark. */
const MARK = 14;

/**
 * A value that is found again wherever it goes: every few characters there is one that some way of writing changes, so no
 * form can be found by looking for another.
 */
export function drawCanary(mark = drawMark()): string {
  const part = () => randomBytes(5).toString("hex");
  return `${mark}"${part()}\\${part()} é${part()}+${part()}&<${part()}/=`;
}

type Form = readonly [name: string, write: (text: string) => string];

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const asciiJson = (text: string) =>
  json(text).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
const url = (text: string) => encodeURIComponent(text);

/** Ways in which a text is written into another text. Base64 depends on where the text begins: there are three. */
const FORMS: readonly Form[] = [
  ["raw", (text) => text],
  ["JSON", json],
  ["JSON in ASCII", asciiJson],
  ["JSON with HTML escaped", (text) => json(text).replace(/[<>&]/g, escapeHtmlOfGo)],
  ["URL", url],
  ["form", (text) => new URLSearchParams({ x: text }).toString().slice(2)],
  ["HTML", (text) => text.replace(/[&<>"]/g, (character) => HTML[character] ?? character)],
  ...[0, 1, 2].flatMap((offset): Form[] => [
    [`base64 at ${offset}`, (text) => base64At(text, offset)],
    [`base64url at ${offset}`, (text) => toUrlSafe(base64At(text, offset))],
  ]),
  ["hex", (text) => Buffer.from(text).toString("hex")],
];

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Go's JSON writes these three so. */
function escapeHtmlOfGo(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}

const toUrlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");

/** The part of the base64 that is the same whatever stands before and behind the text. */
function base64At(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const whole = bytes.toString("base64");
  const first = offset === 0 ? 0 : offset === 1 ? 2 : 3;
  const last = Math.floor((bytes.length * 8) / 6);
  return whole.slice(first, last);
}

type Needles = readonly (readonly [name: string, bytes: Buffer])[];

/** Everything to look for: each form, and each form of a form, as a JSON text within a JSON text is one. */
function needles(text: string): Needles {
  const all = new Map<string, string>();
  for (const [inner, write] of FORMS) {
    for (const [outer, wrap] of FORMS) {
      const needle = wrap(write(text));
      const name = outer === "raw" ? inner : inner === "raw" ? outer : `${inner} in ${outer}`;
      // Two forms that make the same letters are one.
      if (!all.has(needle)) all.set(needle, name);
    }
  }
  return [...all].map(([needle, name]) => [name, Buffer.from(needle)] as const);
}

/** Compressed data within compressed data, so deep. */
const DEEPEST = 3;

/**
 * The forms in which canaries stand in some bytes: raw, JSON-, URL-, form- or HTML-escaped, base64 at any offset, hex, one
 * of them in another, and all of them within gzip (in bytes or in base64) and zlib streams; or a part of one, cut off
 * behind its mark. Empty where none is there.
 */
export function findCanary(data: Buffer, ...canaries: readonly string[]): string[] {
  return search(data, wantedOf(canaries), 0);
}

interface Wanted {
  /** Few and short: what is not there at all is known soon. */
  readonly marks: Needles;
  readonly whole: Needles;
}

function wantedOf(canaries: readonly string[]): Wanted {
  const marks = [...new Set(canaries.map((canary) => canary.slice(0, MARK)))];
  return { marks: marks.flatMap(needles), whole: canaries.flatMap(needles) };
}

function search(data: Buffer, wanted: Wanted, depth: number): string[] {
  const found: string[] = [];
  if (wanted.marks.some(([, bytes]) => data.includes(bytes))) {
    found.push(...wanted.whole.filter(([, bytes]) => data.includes(bytes)).map(([name]) => name));
    if (found.length === 0) found.push("in part");
  }
  if (depth < DEEPEST) {
    for (const [kind, inner] of unpacked(data)) {
      found.push(...search(inner, wanted, depth + 1).map((name) => `${name} in ${kind}`));
    }
  }
  return [...new Set(found)];
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
/** How a zlib stream begins, at each of the usual levels. */
const ZLIB = [0x01, 0x5e, 0x9c, 0xda].map((level) => Buffer.from([0x78, level]));
/** What {@link GZIP} becomes in base64. */
const GZIP_IN_BASE64 = /H4sI[A-Za-z0-9+/_-]{16,}/g;

function* unpacked(data: Buffer): Generator<readonly [string, Buffer]> {
  // A stream that was cut off is unpacked as far as it goes.
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  for (const at of places(data, GZIP)) {
    const inner = attempt(() => gunzipSync(data.subarray(at), options));
    if (inner !== undefined) yield ["gzip", inner];
  }
  for (const start of ZLIB) {
    for (const at of places(data, start)) {
      const inner = attempt(() => inflateSync(data.subarray(at), options));
      if (inner !== undefined) yield ["zlib", inner];
    }
  }
  for (const [text] of data.toString("latin1").matchAll(GZIP_IN_BASE64)) {
    const inner = attempt(() => gunzipSync(Buffer.from(text, "base64"), options));
    if (inner !== undefined) yield ["gzip in base64", inner];
  }
}

function* places(data: Buffer, start: Buffer): Generator<number> {
  for (let at = data.indexOf(start); at >= 0; at = data.indexOf(start, at + 1)) yield at;
}

function attempt(unpack: () => Buffer): Buffer | undefined {
  try {
    return unpack();
  } catch {
    // Bytes that only look like the beginning of a stream.
    return undefined;
  }
}

/**
 * Looks for canaries in every file below a folder, names of files included. Answers `file: form` for each hit.
 *
 * @param leaveOut tells of a file, by its path below the folder, that it may hold them.
 */
export function findCanaries(
  folder: string,
  canaries: readonly string[],
  leaveOut: (file: string) => boolean = () => false,
): { readonly files: number; readonly hits: readonly string[] } {
  let files = 0;
  const hits: string[] = [];
  const wanted = wantedOf(canaries);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const absolute = path.join(entry.parentPath, entry.name);
    const file = path.relative(folder, absolute);
    if (leaveOut(file)) continue;
    files += 1;
    const data = Buffer.concat([Buffer.from(`${file}\n`), readFileSync(absolute)]);
    hits.push(...search(data, wanted, 0).map((form) => `${file}: ${form}`));
  }
  return { files, hits };
}
