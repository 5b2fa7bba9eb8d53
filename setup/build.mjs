// Compiles the project's TypeScript to CommonJS under dist/, file by file and without bundling (under a second).
// Types are checked apart (`npm run typecheck`), so a newcomer does not wait for the typings of @pulumi/aws.
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
}

if (process.argv[1] === import.meta.filename) await buildProject(process.argv[2]);
