import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { AppError } from "../../stacks/errors";
import { go } from "./go";

/** The call in the bridge that is given our wrapper, and what it becomes. */
const CALL = "return run.LocalProvider(ctx, local.Path)";
const WRAPPED_CALL = "return lean(run.LocalProvider(ctx, local.Path))";

/**
 * Copies the bridge's module out of Go's module cache and adds lean.go to it: a wrapper around the Terraform provider
 * that leaves out its self-validation and keeps only the schemas in use. Go refuses overlays inside its
 * module cache, and a copy has a second advantage: its own go.mod and go.sum hold, with their `replace` lines.
 * `module` pins the version and its checksum. The caller removes the copy.
 */
export async function patchedBridge(
  module: string,
  report: (line: string) => void,
): Promise<{ folder: string; remove: () => void }> {
  report("  fetching its source");
  const name = "github.com/pulumi/pulumi-terraform-bridge/v3";
  await go(module, ["mod", "download", name]);
  const { Dir: source } = JSON.parse(await go(module, ["list", "-m", "-json", name])) as {
    Dir?: string;
  };
  if (source === undefined) throw new AppError("ENGINE_MISSING", `Go has no source of ${name}.`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "strongroom-bridge-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    cpSync(source, folder, { recursive: true });
    makeWritable(folder);
    const main = path.join(folder, "dynamic", "main.go");
    writeFileSync(main, wrapCall(readFileSync(main, "utf8")));
    writeFileSync(
      path.join(folder, "dynamic", "lean.go"),
      readFileSync(path.join(module, "lean.go.txt")),
    );
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Puts the wrapper around the one place where a local provider is started. Throws if the place is not as known. */
export function wrapCall(source: string): string {
  if (source.split(CALL).length !== 2) {
    throw new AppError(
      "ENGINE_MISSING",
      `The bridge's source does not hold "${CALL}" exactly once.`,
      {
        action: "Look at engine/build/bridge.ts when the bridge's version changes.",
      },
    );
  }
  return source.replace(CALL, WRAPPED_CALL);
}

/** Go's module cache is read-only, and so is a copy of it. */
function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) makeWritable(file);
    else if (entry.isFile()) chmodSync(file, 0o644);
  }
}
