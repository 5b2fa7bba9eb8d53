import { readFileSync } from "node:fs";
import path from "node:path";

/** A property as the SDK declares it. */
export interface SdkProperty {
  readonly name: string;
  readonly isList: boolean;
  /** Namespaced name of the interface of its values, for example `s3.BucketLogging`. */
  readonly interface: string | undefined;
}

/** The typings of one package of Pulumi, read as text: the compiler would need minutes for all of @pulumi/aws. */
export interface Typings {
  /** Arguments of a resource, in the order of the file; an empty list where it takes none. */
  arguments(token: string): readonly SdkProperty[];
  /** What a resource shows after it was made. */
  outputs(token: string): readonly SdkProperty[];
  /** Arguments and results of a function. */
  functionArguments(token: string): readonly SdkProperty[];
  functionResults(token: string): readonly SdkProperty[];
  /** Arguments of the package's provider resource. */
  providerArguments(): readonly SdkProperty[];
  /** Properties of a nested interface, by its namespaced name. */
  nested(side: Side, name: string): readonly SdkProperty[];
}
export type Side = "input" | "output";

export function readTypings(folder: string): Typings {
  const nested = {
    input: lazy(() => interfacesByName(read(folder, "types/input"))),
    output: lazy(() => interfacesByName(read(folder, "types/output"))),
  };
  const block = (file: string, opening: string): readonly SdkProperty[] =>
    properties(blockLines(read(folder, file), opening) ?? []);
  return {
    arguments: (token) => {
      const { file, name } = place(token);
      return block(file, `export interface ${name}Args {`);
    },
    outputs: (token) => {
      const { file, name } = place(token);
      return block(file, `export declare class ${name} `);
    },
    functionArguments: (token) => {
      const { file, name } = place(token);
      return block(file, `export interface ${capitalized(name)}Args {`);
    },
    functionResults: (token) => {
      const { file, name } = place(token);
      return block(file, `export interface ${capitalized(name)}Result {`);
    },
    providerArguments: () => block("provider", "export interface ProviderArgs {"),
    nested: (side, name) => nested[side]().get(name) ?? [],
  };
}

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const read = (folder: string, file: string): string =>
  readFileSync(path.join(folder, `${file}.d.ts`), "utf8");

/** `aws:s3/bucket:Bucket` stands in s3/bucket.d.ts as class Bucket; the module `index` is the package's folder. */
function place(token: string): { file: string; name: string } {
  const [, module = "", name = ""] = token.split(":");
  return { file: module.replace(/^index\//, ""), name };
}

function blockLines(text: string, opening: string): string[] | undefined {
  const start = text.indexOf(opening);
  if (start < 0) return undefined;
  const end = text.indexOf("\n}", start);
  return text.slice(start, end).split("\n").slice(1);
}

const DECLARATION = /^\s*(?:readonly )?"?([A-Za-z0-9_$]+)"?\??: (?!typeof )(.+?)(;|\{)\s*$/;

/** The properties declared at one level of a block; methods, statics and comments are passed over. */
function properties(lines: readonly string[]): SdkProperty[] {
  const found: SdkProperty[] = [];
  let comment = false;
  let depth = 0;
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed.startsWith("/*")) comment = true;
    if (!comment) {
      if (depth === 0 && !trimmed.startsWith("static ") && !trimmed.startsWith("private ")) {
        const match = DECLARATION.exec(line);
        if (match?.[1] !== undefined && match[2] !== undefined) {
          found.push(property(match[1], match[2]));
        }
      }
      depth += count(trimmed, "{") - count(trimmed, "}");
    }
    if (trimmed.endsWith("*/")) comment = false;
  }
  return found;
}

const count = (text: string, sign: string): number => text.split(sign).length - 1;

function property(name: string, type: string): SdkProperty {
  const reference = /(?:inputs|outputs)\.([A-Za-z0-9_.]+)/.exec(type)?.[1];
  return { name, isList: type.includes("[]"), interface: reference };
}

/** All interfaces of a types file by `namespace.Name`, or by name where they are in none. */
function interfacesByName(text: string): Map<string, readonly SdkProperty[]> {
  const found = new Map<string, readonly SdkProperty[]>();
  let namespaces: string[] = [];
  let open: { name: string; indent: number; lines: string[] } | undefined;
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    const namespace = /^\s*(?:export (?:declare )?)?namespace (\w+) \{/.exec(line)?.[1];
    const started = /^\s*(?:export )?interface (\w+) \{/.exec(line)?.[1];
    if (namespace !== undefined) {
      namespaces = [...namespaces.slice(0, indent / 4), namespace];
    } else if (started !== undefined && open === undefined) {
      const name = [...namespaces.slice(0, indent / 4), started].join(".");
      open = { name, indent, lines: [] };
    } else if (open !== undefined && line.trimEnd() === `${" ".repeat(open.indent)}}`) {
      found.set(open.name, properties(open.lines));
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  return found;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
