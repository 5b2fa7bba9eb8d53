import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { EngineSettings } from "./config";
import { VERSIONS } from "./parts";

/** A terraform-provider-aws binary and its version. */
export interface TerraformProvider {
  readonly path: string;
  readonly version: string;
}

const REGISTRIES = ["registry.terraform.io", "registry.opentofu.org"];

/**
 * Finds a terraform-provider-aws 5.x in the filesystem-mirror layout below the roots that Terraform itself uses, and
 * one level below the folder of add-on packages. The version that was tested wins, then the newest 5.x.
 */
export function findTerraformProvider(settings: EngineSettings): TerraformProvider | undefined {
  const found = pluginRoots(settings).flatMap((root) => providersBelow(root, settings));
  return (
    found.find((each) => each.version === VERSIONS.terraformProvider) ??
    found.sort((a, b) => compareVersions(b.version, a.version))[0]
  );
}

/** The folders that may hold a plugin mirror, in Terraform's order. */
export function pluginRoots(settings: EngineSettings): string[] {
  const { userHome, platform, dataHome, dataFolders, addOns } = settings;
  const system =
    platform === "darwin"
      ? [
          path.join(userHome, "Library/Application Support/io.terraform/plugins"),
          "/Library/Application Support/io.terraform/plugins",
        ]
      : [dataHome ?? path.join(userHome, ".local/share"), ...dataFolders].map((folder) =>
          path.join(folder, "terraform/plugins"),
        );
  return [
    ...rootsOfConfigFile(settings),
    path.join(userHome, ".terraform.d/plugins"),
    ...system,
    ...subfolders(addOns).map((name) => path.join(addOns, name)),
  ];
}

/** The mirrors and the plugin cache that Terraform's CLI configuration names. */
function rootsOfConfigFile(settings: EngineSettings): string[] {
  const file = settings.terraformConfigFile ?? path.join(settings.userHome, ".terraformrc");
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8").replace(/^\s*(#|\/\/).*$/gm, "");
  const mirrors = [...text.matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g)];
  const caches = [...text.matchAll(/\bplugin_cache_dir\s*=\s*"([^"]+)"/g)];
  return [...mirrors, ...caches].map((match) =>
    (match[1] ?? "").replace(/^(~|\$HOME|\$\{HOME\})(?=\/)/, settings.userHome),
  );
}

function providersBelow(root: string, settings: EngineSettings): TerraformProvider[] {
  const system = `${settings.platform}_${goArch(settings.arch)}`;
  return REGISTRIES.flatMap((registry) => {
    const folder = path.join(root, registry, "hashicorp", "aws");
    return subfolders(folder)
      .filter((version) => /^5\.\d+\.\d+$/.test(version))
      .flatMap((version) => {
        const binaries = path.join(folder, version, system);
        return files(binaries)
          .filter((name) => name.startsWith("terraform-provider-aws"))
          .map((name) => ({ path: path.join(binaries, name), version }));
      });
  });
}

/** Go's name of a processor that Node calls x64 or ia32. */
export function goArch(arch: string): string {
  return { x64: "amd64", ia32: "386" }[arch] ?? arch;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const [i, number] of (left ?? []).entries()) {
    const difference = number - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const subfolders = (folder: string): string[] => list(folder, true);
const files = (folder: string): string[] => list(folder, false);

function list(folder: string, folders: boolean): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink() || entry.isDirectory() === folders)
      .map((entry) => entry.name)
      .sort();
  } catch {
    return []; // A root that is not there, or not ours to read, holds nothing for us.
  }
}
