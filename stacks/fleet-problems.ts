import type { ErrorObject } from "ajv";

import { didYouMean } from "./did-you-mean";
import type { Problem } from "./errors";
import { pointerParts, pointerTo, type Places } from "./yaml-places";

interface Said {
  readonly title?: string;
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Record<string, unknown>;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
};

/** A value in a message: short, on one line, so that a file cannot draw on the terminal of who reads the error. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}

const article = (name: string) => name.replace(/^(an?|the) /, "");

function wrongType(error: ErrorObject, places: Places): string {
  const wanted = (error.params as { type: string }).type;
  const said = error.parentSchema as Said;
  const { data } = error;
  if (wanted === "string" && (typeof data === "number" || typeof data === "boolean")) {
    const written = places.source(error.instancePath) ?? String(data);
    if (said.title === "an AWS account id") {
      return `the account id ${written} has no quotes, so YAML reads a number and loses leading zeros: write "${written}"`;
    }
    return `${written} is ${typeof data === "number" ? "a number" : "true or false"} to YAML and must be text: write "${written}"`;
  }
  if (typeof data === "string" && wanted === "integer" && /^\d+$/.test(data)) {
    return `${shown(data)} is text and must be ${TYPE_NAMES[wanted] ?? wanted}: write it without quotes`;
  }
  const of = said.title === undefined ? "" : ` (${article(said.title)})`;
  return `${shown(data)} stands where ${TYPE_NAMES[wanted] ?? wanted}${of} must be`;
}

function outOfRange({ data, parentSchema }: ErrorObject): string {
  const { title, minimum, maximum } = parentSchema as Said;
  return `${shown(data)} is out of range: ${title ?? "a number"} from ${minimum ?? "any"} to ${maximum ?? "any"}`;
}

function unknownKey(error: ErrorObject): string {
  const key = (error.params as { additionalProperty: string }).additionalProperty;
  const known = Object.keys((error.parentSchema as Said).properties ?? {});
  const meant = didYouMean(key, known);
  return meant === undefined
    ? `unknown key ${shown(key)}; known here: ${known.join(", ")}`
    : `unknown key ${shown(key)}; did you mean "${meant}"?`;
}

function message(error: ErrorObject, places: Places): string {
  const { data, keyword } = error;
  const params = error.params as Record<string, unknown>;
  const title = (error.parentSchema as Said).title;
  switch (keyword) {
    case "type":
      return wrongType(error, places);
    case "additionalProperties":
      return unknownKey(error);
    case "required":
      return `"${String(params["missingProperty"])}" is missing`;
    case "pattern":
    case "minLength":
    case "maxLength":
      return `${shown(data)} is not ${title ?? "valid here"}`;
    case "enum":
      return `${shown(data)} must be one of ${(params["allowedValues"] as string[]).join(", ")}`;
    case "const":
      return `${shown(data)} must be ${shown(params["allowedValue"])}`;
    case "minimum":
    case "maximum":
      return outOfRange(error);
    case "uniqueItems":
      return `${shown((data as unknown[])[Number(params["j"])])} stands here more than once`;
    case "minItems":
    case "minProperties":
      return "must not be empty";
    default:
      return error.message ?? "is wrong";
  }
}

/** The place of one schema error, and what is wrong there. */
export function schemaProblem(error: ErrorObject, places: Places): Problem | undefined {
  // ajv says "property name must be valid" beside the reason, which is the one to show.
  if (error.keyword === "propertyNames") return undefined;
  const { instancePath, propertyName } = error;
  if (propertyName !== undefined) {
    const pointer = pointerTo(instancePath, propertyName);
    const title = (error.parentSchema as Said).title ?? "a valid key";
    const text = `the key ${shown(propertyName)} is not ${title}`;
    return { message: text, pointer, ...places.ofKey(pointer) };
  }
  if (error.keyword === "additionalProperties") {
    const key = (error.params as { additionalProperty: string }).additionalProperty;
    const pointer = pointerTo(instancePath, key);
    return { message: message(error, places), pointer, ...places.ofKey(pointer) };
  }
  if (error.keyword === "required") {
    // The mapping around it is what exists; its key is where one looks.
    return {
      message: message(error, places),
      pointer: instancePath,
      ...places.ofKey(instancePath),
    };
  }
  if (error.keyword === "uniqueItems") {
    const pointer = pointerTo(instancePath, (error.params as { j: number }).j);
    return { message: message(error, places), pointer, ...places.of(pointer) };
  }
  return { message: message(error, places), pointer: instancePath, ...places.of(instancePath) };
}

/** Tells whether a pointer is another one or lies below it. */
export function isWithin(pointer: string, ancestor: string): boolean {
  const parts = pointerParts(pointer);
  return pointerParts(ancestor).every((part, index) => parts[index] === part);
}
