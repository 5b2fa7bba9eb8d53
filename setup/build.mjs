// Compiles the project's TypeScript to CommonJS under dist/, file by file and without bundling (under a second).
// Types are checked apart (`npm run typecheck`), so a newcomer does not wait for the typings of @pulumi/aws.
// The vault's functions are also bundled, each with all it needs, into the folder that becomes its code.
import { build } from "esbuild";
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const folders = [
  "programs",
  "lambdas",
  "server",
  "policies",
  "stacks",
  "engine",
  "emulator",
  "bench",
  "demo",
  "test",
];

function* typescript(dir) {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === "node_modules") continue;
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) yield* typescript(file);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) yield file;
  }
}

export async function buildProject(to = "dist") {
  const outdir = path.resolve(root, to);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: folders.flatMap((folder) => [...typescript(path.join(root, folder))]),
    outdir,
    outbase: root,
    platform: "node",
    format: "cjs",
    target: "node20.20",
    sourcemap: "linked",
    logLevel: "warning",
  });
  await bundleFunctions(path.join(outdir, "lambdas", "bundles"));
}

/**
 * One file a function, `<name>/index.js`. The same sources make the same bytes wherever they are built (paths are relative
 * to the project, nothing says when), so a function that did not change is no change of its stack.
 */
async function bundleFunctions(outdir) {
  const folder = path.join(root, "lambdas", "functions");
  const entryPoints = Object.fromEntries(
    [...typescript(folder)]
      .filter((file) => path.dirname(file) === folder)
      .map((file) => [`${path.basename(file, ".ts")}/index`, file]),
  );
  if (Object.keys(entryPoints).length === 0) return;
  await build({
    entryPoints,
    outdir,
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    // The ES modules of the AWS SDK: what a function does not use is left out.
    mainFields: ["module", "main"],
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "warning",
  });
}

if (process.argv[1] === import.meta.filename) await buildProject(process.argv[2]);
