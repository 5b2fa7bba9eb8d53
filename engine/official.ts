import { execFile } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { AppError } from "../stacks/errors";
import { fillOnce } from "./cache";
import type { EngineSettings } from "./config";
import { downloadedFolder, type Recipe } from "./recipes";
import { goArch } from "./terraform-plugins";

const run = promisify(execFile);
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/**
 * Fetches a part as Pulumi publishes it into the tool cache. Throws `ENGINE_MISSING` where the site has no such file
 * or the archive does not hold the executable.
 */
export async function downloadPart(
  recipe: Recipe,
  settings: EngineSettings,
  report: (line: string) => void,
): Promise<void> {
  const address = downloadAddress(recipe, settings);
  report(`Downloading ${recipe.purpose} ${recipe.version} from ${new URL(address).host}`);
  await fillOnce(downloadedFolder(settings, recipe), async (draft) => {
    const archive = path.join(draft, "archive.tar.gz");
    await fetchTo(address, archive);
    await run("tar", ["-xzf", archive, "-C", draft]);
    rmSync(archive);
    // The CLI's archive has one folder around its programs, plugins have none.
    const inner = path.join(draft, "pulumi");
    if (recipe.part === "pulumi" && existsSync(path.join(inner, "pulumi"))) unwrap(inner, draft);
    if (!existsSync(path.join(draft, recipe.executable))) {
      throw new AppError("ENGINE_MISSING", `${address} does not hold ${recipe.executable}.`);
    }
  });
}

/** Where Pulumi publishes a part for this machine. */
export function downloadAddress(recipe: Recipe, settings: EngineSettings): string {
  const { platform, arch, downloadSite } = settings;
  return recipe.part === "pulumi"
    ? `${downloadSite}/releases/sdk/pulumi-v${recipe.version}-${platform}-${arch}.tar.gz`
    : `${downloadSite}/releases/plugins/${recipe.executable}-v${recipe.version}-${platform}-${goArch(arch)}.tar.gz`;
}

async function fetchTo(address: string, file: string): Promise<void> {
  const response = await fetch(address, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!response.ok || response.body === null) {
    throw new AppError("ENGINE_MISSING", `${address} answered ${response.status}.`);
  }
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

function unwrap(inner: string, outer: string): void {
  const apart = `${outer}.inner`;
  renameSync(inner, apart);
  rmSync(outer, { recursive: true });
  mkdirSync(path.dirname(outer), { recursive: true });
  renameSync(apart, outer);
}
