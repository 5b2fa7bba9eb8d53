import { homedir } from "node:os";
import path from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the emulator takes from the environment; the only file of this folder that reads it. */
export interface EmulatorSettings {
  /** Tool cache: prepared Python environments, one folder per content. */
  readonly home: string;
  /** The Python to build with, where one is named; otherwise the ones on PATH are tried. */
  readonly python?: string;
}

/** Reads `STRONGROOM_HOME` and `STRONGROOM_PYTHON`; the cache is the user's cache folder by default. */
export function emulatorSettings(environment: Environment = process.env): EmulatorSettings {
  const python = environment["STRONGROOM_PYTHON"];
  return {
    home: environment["STRONGROOM_HOME"] ?? path.join(userCacheFolder(environment), "strongroom"),
    ...(python === undefined || python === "" ? {} : { python }),
  };
}

function userCacheFolder(environment: Environment): string {
  if (environment["XDG_CACHE_HOME"]) return environment["XDG_CACHE_HOME"];
  if (process.platform === "darwin") return path.join(homedir(), "Library", "Caches");
  if (process.platform === "win32" && environment["LOCALAPPDATA"])
    return environment["LOCALAPPDATA"];
  return path.join(homedir(), ".cache");
}

/** What a child process of the emulator may see of our environment: nothing that names an AWS account or a token. */
export function childEnvironment(environment: Environment = process.env): Record<string, string> {
  const kept = [
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SystemRoot",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
  ];
  const child: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (kept.includes(name) || name.startsWith("PIP_")))
      child[name] = value;
  }
  return child;
}
