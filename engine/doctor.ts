import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { EngineSettings } from "./config";
import type { PartSource } from "./parts";
import { findOnPath } from "./probes";
import { RECIPES } from "./recipes";
import { resolveParts } from "./resolve";

/** One line of `doctor`. A part that is not ok always has a remedy. */
export interface Check {
  readonly part: string;
  readonly ok: boolean;
  /** Empty where there is none. */
  readonly version: string;
  /** Where it is and how it was found, or why it is not. */
  readonly detail: string;
  readonly remedy?: string;
}

const SOURCES: Readonly<Record<PartSource, string>> = {
  setting: "named by a setting",
  path: "found on PATH",
  download: "official download",
  build: "built from source",
  mirror: "found in a Terraform plugin folder",
  project: "part of Strongroom",
};

/** The oldest Node that the product runs on; `engines` in package.json says the same. */
export const OLDEST_NODE = [20, 20] as const;

/**
 * Looks at everything that the engine needs on this machine: Node, the packages, each part, and Go where a part would
 * have to be built. `others` are checks that a caller adds, such as the emulator's. Builds and changes nothing.
 */
export async function diagnose(
  settings: EngineSettings,
  others: readonly Check[] = [],
): Promise<readonly Check[]> {
  const { parts, missing } = await resolveParts(settings);
  const mustBuild = missing.some((part) => RECIPES.some((recipe) => recipe.part === part.name));
  return [
    checkNode(process.versions.node),
    checkPulumiCopies(path.join(settings.root, "node_modules")),
    ...parts.map(({ name, version, source, path: file }) => ({
      part: name,
      ok: true,
      version,
      detail: `${SOURCES[source]}: ${file}`,
    })),
    ...missing.map(({ name, reason, remedy }) => ({
      part: name,
      ok: false,
      version: "",
      detail: reason,
      remedy,
    })),
    ...(mustBuild ? [checkGo(settings)] : []),
    ...others,
  ];
}

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return {
    part: "node",
    ok,
    version,
    detail: process.execPath,
    ...(ok ? {} : { remedy: `Use Node ${OLDEST_NODE.join(".")} or newer.` }),
  };
}

/** Two copies of @pulumi/pulumi in one process do not see each other's resources, and programs then hang. */
export function checkPulumiCopies(modules: string): Check {
  const copies = pulumiCopies(modules);
  const ok = copies.length === 1;
  return {
    part: "@pulumi/pulumi",
    ok,
    version: "",
    detail: ok ? "one copy" : `${copies.length} copies: ${copies.join(", ") || "none"}`,
    ...(ok
      ? {}
      : {
          remedy: "Run `npm ci`; package.json holds every dependency to one copy by `overrides`.",
        }),
  };
}

function pulumiCopies(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    const folder = path.join(modules, entry.name);
    // A scope's folder holds packages one level down; only the packages of Pulumi can bring another copy with them.
    if (entry.name === "@pulumi") {
      return readdirSync(folder).flatMap((name) => [
        ...(name === "pulumi" ? [path.join(folder, name)] : []),
        ...pulumiCopies(path.join(folder, name, "node_modules")),
      ]);
    }
    return [];
  });
}

function checkGo(settings: EngineSettings): Check {
  const file = findOnPath("go", settings.searchPath);
  return {
    part: "go",
    ok: file !== undefined,
    version: "",
    detail: file ?? "needed to build the missing parts, and not on PATH",
    ...(file === undefined
      ? { remedy: "Install Go 1.25 or later, or let this machine reach get.pulumi.com." }
      : {}),
  };
}
