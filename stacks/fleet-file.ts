import { Ajv, type ErrorObject } from "ajv";
import { isCollection, LineCounter, parseDocument, visit, type Document } from "yaml";

import { AppError, type Problem } from "./errors";
import { resolveFleet, type Fleet } from "./fleet";
import { crossProblems, type Broken } from "./fleet-checks";
import { schemaProblem, shown } from "./fleet-problems";
import { FleetSchema, type FleetFile } from "./fleet-schema";
import { Places, pointerTo } from "./yaml-places";

const validate = new Ajv({ allErrors: true, strict: true, verbose: true }).compile<FleetFile>(
  FleetSchema,
);

/** Far above any real file (5,000 account ids are 100 KB); keeps a wrong file from taking the service's memory. */
const MAX_CHARACTERS = 1_000_000;
/** References (`*name`) may multiply a file's size; a handful is all that a fleet file needs. */
const MAX_ALIASES = 100;

/**
 * Reads a fleet file. Throws `SPEC_INVALID` with every mistake in it: syntax, repeated and unknown keys, wrong types and
 * values, and contradictions between keys, each with its JSON pointer, line and column, in the order of the text.
 * `fileName` is only for messages.
 */
export function parseFleetFile(text: string, fileName: string): Fleet {
  if (text.length > MAX_CHARACTERS) {
    throw invalid(fileName, [
      { message: `the file has ${text.length} characters; at most ${MAX_CHARACTERS} are read` },
    ]);
  }
  const { document, places } = read(text);
  const problems = yamlProblems(text, document, places);
  // A repeated key leaves a document that can be checked further; broken syntax does not.
  const repeatedKeys = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
  const readable = problems.length === repeatedKeys.length;
  const value = readable ? toValue(document, problems) : undefined;
  if (value === undefined) throw invalid(fileName, problems);

  const errors = validate(value) ? [] : (validate.errors ?? []);
  for (const error of errors) {
    const problem = schemaProblem(error, places);
    if (problem !== undefined) problems.push(problem);
  }
  for (const problem of crossProblems(value as FleetFile, brokenParts(errors))) {
    problems.push({ ...problem, ...places.of(problem.pointer) });
  }
  if (problems.length > 0) throw invalid(fileName, problems);
  return resolveFleet(value as FleetFile);
}

/**
 * Adds line and column to problems that were found later by pointer only, for example an account id that the
 * organization does not have.
 */
export function placeProblems(text: string, problems: readonly Problem[]): Problem[] {
  const { places } = read(text);
  return problems.map((problem) =>
    problem.pointer === undefined ? problem : { ...problem, ...places.of(problem.pointer) },
  );
}

function read(text: string): { document: Document.Parsed; places: Places } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  return { document, places: new Places(document, lineCounter) };
}

function yamlProblems(text: string, document: Document.Parsed, places: Places): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return;
      problems.push({ message: "a key must be text", ...places.at(key.range?.[0] ?? 0) });
    },
  });
  const found = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    message:
      code === "DUPLICATE_KEY"
        ? `the key ${shown(/^[^:\n]{1,80}/.exec(text.slice(pos[0]))?.[0] ?? "")} stands here a second time`
        : `YAML: ${message}`,
    ...places.at(pos[0]),
  }));
  return [...found, ...problems];
}

function toValue(document: Document.Parsed, problems: Problem[]): object | undefined {
  if (document.contents === null) {
    problems.push({ message: "the file is empty", line: 1, column: 1 });
    return undefined;
  }
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    if (typeof value === "object" && value !== null) return value;
    problems.push({ message: "the file is not a group of keys", line: 1, column: 1 });
    return undefined;
  } catch (error) {
    problems.push({ message: `YAML: ${(error as Error).message}` });
    return undefined;
  }
}

/** What the schema found wrong, in the terms of the checks between keys. Unknown keys break nothing. */
function brokenParts(errors: readonly ErrorObject[]): Broken[] {
  return errors.flatMap(({ instancePath, keyword, params, propertyName }) => {
    if (keyword === "additionalProperties" || propertyName !== undefined) return [];
    const { missingProperty, type } = params as { missingProperty?: string; type?: string };
    return missingProperty === undefined
      ? [{ pointer: instancePath, structural: type === "object" || type === "array" }]
      : [{ pointer: pointerTo(instancePath, missingProperty), structural: true }];
  });
}

function invalid(fileName: string, problems: readonly Problem[]): AppError {
  const sorted = [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const count = sorted.length === 1 ? "a mistake" : `${sorted.length} mistakes`;
  return new AppError("SPEC_INVALID", `The fleet file ${fileName} has ${count}.`, {
    action: "Correct each place; docs/fleet-file.md says what every key means.",
    problems: sorted,
  });
}
