// Writes engine/go/aws-plugin/names.json again after a change of types.json or of a version:
//   node dist/engine/names/generate.js
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../parts";
import { resolveToolchain } from "../toolchain";
import { trimSchema, type FullSchema } from "./bridge-schema";
import { compareNames, type TypeTable } from "./compare";
import { readTypings } from "./typings";

const SCHEMA_BYTES = 400 << 20;

async function main(): Promise<void> {
  const root = projectRoot();
  const plugin = path.join(root, "engine", "go", "aws-plugin");
  const { env, pluginPaths } = await resolveToolchain();
  const table = JSON.parse(readFileSync(path.join(plugin, "types.json"), "utf8")) as TypeTable;
  const printed = execFileSync(pluginPaths.aws, ["schema"], {
    env,
    maxBuffer: SCHEMA_BYTES,
  });
  const schema = trimSchema(JSON.parse(printed.toString()) as FullSchema);
  const typings = readTypings(path.join(root, "node_modules", "@pulumi", "aws"));
  writeFileSync(path.join(plugin, "bridge-schema.json"), `${JSON.stringify(schema)}\n`);
  const names = compareNames(table, typings, schema);
  writeFileSync(path.join(plugin, "names.json"), `${JSON.stringify(names, null, 1)}\n`);
}

void main();
