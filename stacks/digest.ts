import { createHash } from "node:crypto";

/**
 * JSON with one spelling for each value (RFC 8785): keys sorted by UTF-16 code units, no spaces, keys whose value is
 * undefined left out. Throws a TypeError for what JSON cannot hold (functions, NaN, cycles), which would otherwise give
 * two different values the same digest.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

function write(value: unknown, above: readonly unknown[]): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== "object") throw new TypeError(`JSON cannot hold a ${typeof value}`);
  if (above.includes(value)) throw new TypeError("JSON cannot hold a cycle");
  const path = [...above, value];
  if (Array.isArray(value)) return `[${value.map((item) => write(item, path)).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`JSON cannot hold a ${value.constructor.name} without losing something`);
  }
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${write(item, path)}`);
  return `{${pairs.join(",")}}`;
}

/** SHA-256 of the canonical JSON, 64 hex digits: the identity of a spec, a plan or a request. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
