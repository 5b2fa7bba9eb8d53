// Writes the JSON Schema of the fleet file, for editors. Run it after a change of stacks/fleet-schema.ts; a test says when.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { format } from "prettier";

import { buildProject } from "./build.mjs";

await buildProject();
const root = path.resolve(import.meta.dirname, "..");
const { publishedSchema } = createRequire(import.meta.url)("../dist/stacks/fleet-schema.js");
const file = path.join(root, "stacks", "fleet.schema.json");
writeFileSync(
  file,
  await format(JSON.stringify(publishedSchema()), { parser: "json", printWidth: 100 }),
);
console.log(`Wrote ${path.relative(process.cwd(), file)}`);
