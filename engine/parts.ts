import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** The versions that were run together; see docs/engine.md before changing one. */
export const VERSIONS = {
  pulumi: "3.259.0",
  aws: "7.48.0",
  awsNative: "1.79.0",
  bridge: "3.100.0",
  terraformProvider: "5.100.0",
} as const;

/** The parts of the engine, in the order in which they are shown. */
export const PART_NAMES = [
  "pulumi",
  "language-nodejs",
  "policy-nodejs",
  "aws",
  "terraform-bridge",
  "terraform-provider-aws",
  "aws-native",
] as const;
export type PartName = (typeof PART_NAMES)[number];

/**
 * Where a part was taken from: a setting, PATH, the tool cache after an official download, the tool cache after a Go
 * build, a Terraform plugin folder, or this project itself.
 */
export type PartSource = "setting" | "path" | "download" | "build" | "mirror" | "project";

/** One part that was found. `path` is the executable. */
export interface Part {
  readonly name: PartName;
  readonly version: string;
  readonly path: string;
  readonly source: PartSource;
}

/** The folder of package.json, seen from the sources as well as from dist/. */
export function projectRoot(from: string = __dirname): string {
  const file = path.join(from, "package.json");
  if (existsSync(file)) {
    const manifest = JSON.parse(readFileSync(file, "utf8")) as { name?: string };
    if (manifest.name === "strongroom") return from;
  }
  const parent = path.dirname(from);
  return parent === from ? process.cwd() : projectRoot(parent);
}
