import path from "node:path";
import { cacheKey } from "./cache";
import type { EngineSettings } from "./config";
import { VERSIONS } from "./parts";

/** What a part is called in the cache, and how it is made where it cannot be downloaded. */
export interface Recipe {
  readonly part: "pulumi" | "aws" | "terraform-bridge" | "aws-native";
  readonly version: string;
  /** Folder below engine/go with its Go module. */
  readonly module: string;
  /** Name of the executable; also on Windows, where Go adds nothing to a name given by -o. */
  readonly executable: string;
  /** Go package to build, or the name of the patched module's package for the bridge. */
  readonly package: string;
  /** Other names under which the executable is linked beside itself. */
  readonly links: readonly string[];
  /** Go variable that the linker sets, with its value; a CLI without it calls itself nothing. */
  readonly linkerSets?: readonly [variable: string, value: string];
  readonly purpose: string;
}

export const RECIPES: readonly Recipe[] = [
  {
    part: "pulumi",
    version: VERSIONS.pulumi,
    module: "pulumi",
    executable: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    links: [],
    linkerSets: [
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
      `v${VERSIONS.pulumi}`,
    ],
    purpose: "the Pulumi CLI, with the engine in it",
  },
  {
    part: "terraform-bridge",
    version: VERSIONS.bridge,
    module: "bridge",
    executable: "pulumi-resource-terraform-provider",
    package: "./dynamic",
    links: [],
    purpose: "Pulumi's bridge to Terraform providers",
  },
  {
    part: "aws",
    version: VERSIONS.aws,
    module: "aws-plugin",
    executable: "pulumi-resource-aws",
    package: ".",
    links: ["terraform-provider-aws"],
    linkerSets: ["main.version", VERSIONS.aws],
    purpose: "the aws plugin over the bridge",
  },
  {
    part: "aws-native",
    version: VERSIONS.awsNative,
    module: "aws-native-plugin",
    executable: "pulumi-resource-aws-native",
    package: ".",
    links: [],
    linkerSets: ["main.version", VERSIONS.awsNative],
    purpose: "the aws-native plugin over Cloud Control",
  },
];

/** Changes whenever the way of building changes, so that older results are not taken for new ones. */
const BUILD_RECIPE = "2";

export const moduleFolder = (settings: EngineSettings, recipe: Recipe): string =>
  path.join(settings.root, "engine", "go", recipe.module);

/** Folder of a part that was built from the sources of this checkout. */
export function builtFolder(settings: EngineSettings, recipe: Recipe): string {
  const { platform, arch } = settings;
  const folder = moduleFolder(settings, recipe);
  return path.join(
    settings.home,
    recipe.part,
    cacheKey(recipe.version, folder, BUILD_RECIPE, platform, arch),
  );
}

/** Folder of a part as Pulumi publishes it. */
export function downloadedFolder(settings: EngineSettings, recipe: Recipe): string {
  return path.join(settings.home, recipe.part, `${recipe.version}-official`);
}
