import os from "node:os";
import path from "node:path";
import { projectRoot } from "./parts";

/** Everything about the machine that finding or making the engine depends on. */
export interface EngineSettings {
  /** Folder of the checkout or package: holds engine/go and engine/shims. */
  readonly root: string;
  /** The tool cache. */
  readonly home: string;
  readonly userHome: string;
  readonly platform: NodeJS.Platform;
  /** Node's name of the processor, for example x64. */
  readonly arch: string;
  /** Folders of PATH, in order. */
  readonly searchPath: readonly string[];
  /** Explicit paths of parts, by the variable that holds them. */
  readonly pulumi: string | undefined;
  readonly awsPlugin: string | undefined;
  readonly awsNativePlugin: string | undefined;
  readonly terraformBridge: string | undefined;
  readonly terraformProvider: string | undefined;
  /** Terraform's own settings that say where plugins are. */
  readonly terraformConfigFile: string | undefined;
  readonly dataHome: string | undefined;
  readonly dataFolders: readonly string[];
  /** Folder of add-on software packages (FHS /opt); each one may hold a plugin mirror. */
  readonly addOns: string;
  /** Pulumi's download site; "off" never asks it. */
  readonly downloadSite: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once; nothing else in engine/ does. An empty variable counts as not set. */
export function engineSettings(env: Environment = process.env): EngineSettings {
  const value = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const userHome = value("HOME") ?? os.homedir();
  return {
    root: projectRoot(),
    home: path.resolve(
      value("STRONGROOM_HOME") ?? path.join(cacheFolder(env, userHome), "strongroom"),
    ),
    userHome,
    platform: process.platform,
    arch: process.arch,
    searchPath: (env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== ""),
    pulumi: value("STRONGROOM_PULUMI"),
    awsPlugin: value("STRONGROOM_AWS_PLUGIN"),
    awsNativePlugin: value("STRONGROOM_AWS_NATIVE_PLUGIN"),
    terraformBridge: value("STRONGROOM_TERRAFORM_BRIDGE"),
    terraformProvider: value("STRONGROOM_TERRAFORM_PROVIDER_AWS"),
    terraformConfigFile: value("TF_CLI_CONFIG_FILE"),
    dataHome: value("XDG_DATA_HOME"),
    dataFolders: (value("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share").split(":"),
    addOns: "/opt",
    downloadSite: value("STRONGROOM_DOWNLOAD_SITE") ?? "https://get.pulumi.com",
  };
}

function cacheFolder(env: Environment, userHome: string): string {
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && path.isAbsolute(xdg)) return xdg;
  if (process.platform === "darwin") return path.join(userHome, "Library", "Caches");
  return path.join(userHome, ".cache");
}
