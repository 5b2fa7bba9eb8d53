import { chmodSync, linkSync, renameSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fillOnce } from "../cache";
import type { EngineSettings } from "../config";
import { builtFolder, moduleFolder, type Recipe } from "../recipes";
import { patchedBridge } from "./bridge";
import { goBuild } from "./go";

/**
 * Builds a part with Go into the tool cache. Modules come from the module proxy and are checked against the committed
 * go.sum. Throws `ENGINE_MISSING` where there is no Go or the build fails.
 */
export async function buildPart(
  recipe: Recipe,
  settings: EngineSettings,
  report: (line: string) => void,
): Promise<void> {
  await fillOnce(builtFolder(settings, recipe), async (draft) => {
    report(`Building ${recipe.purpose} ${recipe.version} with Go`);
    const module = moduleFolder(settings, recipe);
    const source =
      recipe.part === "terraform-bridge" ? await patchedBridge(module, report) : undefined;
    const file = path.join(draft, recipe.executable);
    // Built under another name: nothing in the draft looks complete before it is.
    try {
      await goBuild(
        {
          folder: source?.folder ?? module,
          package: recipe.package,
          file: `${file}.part`,
          linkerFlags: recipe.linkerSets === undefined ? "" : ` -X ${recipe.linkerSets.join("=")}`,
        },
        report,
      );
    } finally {
      source?.remove();
    }
    renameSync(`${file}.part`, file);
    chmodSync(file, 0o755);
    for (const name of recipe.links) link(file, path.join(draft, name));
  });
}

/** The plugin tells by its name what it is asked to be; a hard link where the system has no symbolic ones. */
function link(file: string, to: string): void {
  try {
    symlinkSync(path.basename(file), to);
  } catch {
    linkSync(file, to);
  }
}
