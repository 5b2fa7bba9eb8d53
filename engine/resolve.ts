import { existsSync } from "node:fs";
import path from "node:path";
import type { EngineSettings } from "./config";
import type { Part, PartName, PartSource } from "./parts";
import { programVersion } from "./probes";
import { builtFolder, downloadedFolder, RECIPES, type Recipe } from "./recipes";
import { findTerraformProvider } from "./terraform-plugins";

/** What was found and what is missing. A part that is not needed (a bridge under an official plugin) is in neither. */
export interface Resolution {
  readonly parts: readonly Part[];
  readonly missing: readonly MissingPart[];
}

export interface MissingPart {
  readonly name: PartName;
  /** What was looked for and where, as one sentence. */
  readonly reason: string;
  /** What to do about it, as one sentence. */
  readonly remedy: string;
}

/**
 * Looks for every part: an explicit setting, PATH where the version fits, the tool cache. Builds and downloads nothing.
 */
export async function resolveParts(settings: EngineSettings): Promise<Resolution> {
  const parts: Part[] = [];
  const missing: MissingPart[] = [];
  const take = (found: Part | MissingPart): Part | undefined => {
    if ("path" in found) {
      parts.push(found);
      return found;
    }
    missing.push(found);
    return undefined;
  };

  const pulumi = take(await locate(settings, recipe("pulumi"), settings.pulumi, fitsPulumi));
  if (pulumi !== undefined) for (const host of nodeHosts(settings, pulumi)) take(host);
  const aws = take(await locate(settings, recipe("aws"), settings.awsPlugin, fitsNever));
  if (aws !== undefined && needsBridge(aws)) {
    take(await locate(settings, recipe("terraform-bridge"), settings.terraformBridge, fitsNever));
    take(terraformProvider(settings));
  } else if (aws === undefined) {
    take(terraformProvider(settings));
  }
  take(await locate(settings, recipe("aws-native"), settings.awsNativePlugin, fitsNever));
  return { parts, missing };
}

export function recipe(part: Recipe["part"]): Recipe {
  const found = RECIPES.find((each) => each.part === part);
  if (found === undefined) throw new Error(`no recipe for ${part}`);
  return found;
}

/** Our own aws plugin is linked under a second name, which the official one is not. */
function needsBridge(aws: Part): boolean {
  return existsSync(path.join(path.dirname(aws.path), "terraform-provider-aws"));
}

async function locate(
  settings: EngineSettings,
  wanted: Recipe,
  setting: string | undefined,
  fits: (version: string) => boolean,
): Promise<Part | MissingPart> {
  const name = wanted.part;
  if (setting !== undefined) {
    if (existsSync(setting)) {
      const version = name === "pulumi" ? await programVersion(setting, settings.home) : undefined;
      return {
        name,
        path: path.resolve(setting),
        source: "setting",
        version: version ?? "unknown",
      };
    }
    return {
      name,
      reason: `The setting for ${wanted.purpose} names ${setting}, which does not exist.`,
      remedy: "Correct the variable or take it away.",
    };
  }
  const onPath = await fromPath(settings, wanted, fits);
  if (onPath !== undefined) return onPath;
  const cached: [string, PartSource][] = [
    [downloadedFolder(settings, wanted), "download"],
    [builtFolder(settings, wanted), "build"],
  ];
  for (const [folder, source] of cached) {
    const file = path.join(folder, wanted.executable);
    if (existsSync(file)) return { name, path: file, source, version: wanted.version };
  }
  return {
    name,
    reason: `There is no ${wanted.purpose}, neither on PATH nor in ${settings.home}.`,
    remedy: "Run `npm run setup`.",
  };
}

async function fromPath(
  settings: EngineSettings,
  wanted: Recipe,
  fits: (version: string) => boolean,
): Promise<Part | undefined> {
  for (const folder of settings.searchPath) {
    const file = path.join(folder, wanted.executable);
    // What the cache holds is found below, whatever a parent process put on PATH.
    if (file.startsWith(settings.home + path.sep) || !existsSync(file)) continue;
    if (wanted.part !== "pulumi") continue;
    const version = await programVersion(file, settings.home);
    if (version !== undefined && fits(version)) {
      return { name: wanted.part, path: file, source: "path", version };
    }
  }
  return undefined;
}

const OLDEST_MINOR = 213;

/** CLI 3.213 and later were run with the pinned SDK. */
export function fitsPulumi(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return major === 3 && (minor ?? 0) >= OLDEST_MINOR;
}

/** Plugins on PATH do not tell their version, so none is taken from there: an explicit setting names it. */
const fitsNever = (): boolean => false;

/** The language host and the policy starter: beside an official CLI, or this project's own. */
function nodeHosts(settings: EngineSettings, pulumi: Part): Part[] {
  const hosts: [PartName, string][] = [
    ["language-nodejs", "pulumi-language-nodejs"],
    ["policy-nodejs", "pulumi-analyzer-policy-nodejs"],
  ];
  return hosts.map(([name, file]) => {
    const beside = path.join(path.dirname(pulumi.path), file);
    return existsSync(beside)
      ? { name, path: beside, version: pulumi.version, source: pulumi.source }
      : {
          name,
          path: path.join(shimsFolder(settings), file),
          version: "own",
          source: "project" as const,
        };
  });
}

export const shimsFolder = (settings: EngineSettings): string =>
  path.join(settings.root, "engine", "shims");

function terraformProvider(settings: EngineSettings): Part | MissingPart {
  const name = "terraform-provider-aws";
  const setting = settings.terraformProvider;
  if (setting !== undefined && existsSync(setting)) {
    return {
      name,
      path: path.resolve(setting),
      source: "setting",
      version: versionInName(setting),
    };
  }
  const found = findTerraformProvider(settings);
  if (found !== undefined) return { name, ...found, source: "mirror" };
  return {
    name,
    reason: "There is no terraform-provider-aws 5.x in Terraform's plugin folders.",
    remedy:
      "Put the binary into ~/.terraform.d/plugins/registry.terraform.io/hashicorp/aws/5.100.0/OS_ARCH/, or name it " +
      "with STRONGROOM_TERRAFORM_PROVIDER_AWS.",
  };
}

const versionInName = (file: string): string => /_v(\d+\.\d+\.\d+)/.exec(file)?.[1] ?? "unknown";
