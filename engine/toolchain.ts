import { mkdirSync } from "node:fs";
import path from "node:path";
import { AppError } from "../stacks/errors";
import { buildPart } from "./build/build";
import { engineSettings, type EngineSettings } from "./config";
import { downloadPart } from "./official";
import type { Part, PartName } from "./parts";
import { isReachable } from "./reachable";
import { RECIPES } from "./recipes";
import { resolveParts, type MissingPart, type Resolution } from "./resolve";

/** A complete engine: where its parts are, and the environment that a `pulumi` process needs to use them. */
export interface Toolchain {
  readonly parts: readonly Part[];
  /** The CLI's executable. */
  readonly pulumiCommandPath: string;
  /** Executables of the resource plugins, by package name. */
  readonly pluginPaths: { readonly aws: string; readonly "aws-native": string };
  /** Variables to set for a `pulumi` process, PATH among them; to be laid over whatever else it is given. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The engine as it is now. Never builds or downloads. Throws `ENGINE_MISSING` with one problem for each part that is
 * not there, and the remedy.
 */
export async function resolveToolchain(
  settings: EngineSettings = engineSettings(),
): Promise<Toolchain> {
  return complete(settings, await resolveParts(settings));
}

/**
 * The engine, with missing parts downloaded where Pulumi's site can be reached, else built with Go. `report` gets a
 * line for each thing that is done. Safe to run in several processes at once. Throws `ENGINE_MISSING`.
 */
export async function prepareToolchain(
  report: (line: string) => void,
  settings: EngineSettings = engineSettings(),
): Promise<Toolchain> {
  let resolution = await resolveParts(settings);
  // The aws plugin decides whether a bridge is needed: making one part can call for another.
  while (resolution.missing.length > 0) {
    const [next] = resolution.missing.filter((part) => canBeMade(part.name));
    if (next === undefined) break;
    await make(next, settings, report);
    resolution = await resolveParts(settings);
    if (resolution.missing.some((part) => part.name === next.name)) break;
  }
  return complete(settings, resolution);
}

const canBeMade = (name: PartName): boolean => RECIPES.some((recipe) => recipe.part === name);

async function make(
  missing: MissingPart,
  settings: EngineSettings,
  report: (line: string) => void,
): Promise<void> {
  const recipe = RECIPES.find((each) => each.part === missing.name);
  if (recipe === undefined) return;
  mkdirSync(settings.home, { recursive: true });
  if (recipe.part !== "terraform-bridge" && (await isReachable(settings))) {
    try {
      await downloadPart(recipe, settings, report);
      return;
    } catch (error) {
      report(`The download of ${recipe.purpose} failed: ${AppError.from(error).message}`);
    }
  }
  await buildPart(recipe, settings, report);
}

function complete(settings: EngineSettings, { parts, missing }: Resolution): Toolchain {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const pulumi = byName.get("pulumi");
  const aws = byName.get("aws");
  const awsNative = byName.get("aws-native");
  if (missing.length > 0 || !pulumi || !aws || !awsNative) {
    throw new AppError(
      "ENGINE_MISSING",
      `Missing: ${missing.map((part) => part.name).join(", ")}.`,
      {
        action: [...new Set(missing.map((part) => part.remedy))].join(" "),
        problems: missing.map((part) => ({ message: `${part.name}: ${part.reason}` })),
      },
    );
  }
  return {
    parts,
    pulumiCommandPath: pulumi.path,
    pluginPaths: { aws: aws.path, "aws-native": awsNative.path },
    env: environment(settings, byName, pulumi),
  };
}

function environment(
  settings: EngineSettings,
  parts: ReadonlyMap<PartName, Part>,
  pulumi: Part,
): Record<string, string> {
  const executables: PartName[] = ["aws", "aws-native", "language-nodejs", "policy-nodejs"];
  const folders = executables.flatMap((name) => {
    const part = parts.get(name);
    return part === undefined ? [] : [path.dirname(part.path)];
  });
  const searchPath = [...new Set([...folders, path.dirname(pulumi.path), ...settings.searchPath])];
  const variables: [string, PartName][] = [
    ["STRONGROOM_TERRAFORM_BRIDGE", "terraform-bridge"],
    ["TERRAFORM_PROVIDER_AWS", "terraform-provider-aws"],
  ];
  return {
    PATH: searchPath.join(path.delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    ...Object.fromEntries(
      variables.flatMap(([variable, name]) => {
        const part = parts.get(name);
        return part === undefined ? [] : [[variable, part.path]];
      }),
    ),
  };
}
