import { readFileSync } from "node:fs";
import path from "node:path";

import { parse } from "yaml";

/** The folder with what is handed to systemd and to compose. */
export const DEPLOY = path.resolve(__dirname, "../../../deploy");

/** One process as it would be started. */
export interface DeployedProcess {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** What its state folder is on. */
  readonly state?: string;
}

/** Stands for the values that whoever deploys has to give. */
export const GIVEN = {
  STRONGROOM_IMAGE: "registry.example/strongroom:1",
  POSTGRES_PASSWORD: "pw",
  PULUMI_BACKEND_URL: "s3://states?region=eu-central-1",
  AWS_REGION: "eu-central-1",
} as const satisfies Record<string, string>;

const filled = (value: string): string =>
  value.replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => {
    const given = (GIVEN as Record<string, string>)[name];
    if (given === undefined) throw new Error(`nobody gives ${name}`);
    return given;
  });

interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  readonly volumes?: readonly string[];
}

/** The services of the compose file that are processes of ours. */
export function composed(): readonly DeployedProcess[] {
  const text = readFileSync(path.join(DEPLOY, "compose.yaml"), "utf8");
  const { services } = parse(text, { merge: true }) as {
    services: Readonly<Record<string, ComposeService>>;
  };
  return Object.entries(services).flatMap(([name, { command, environment = {}, ...more }]) => {
    if (command === undefined) return [];
    const values = Object.entries(environment).map(([key, value]) => [key, filled(value)]);
    const folder = environment["STRONGROOM_STATE"] ?? "";
    const volume = more.volumes?.find((one) => one.endsWith(`:${folder}`));
    return [
      {
        name,
        command,
        environment: Object.fromEntries(values) as Record<string, string>,
        ...(more.hostname === undefined ? {} : { hostname: more.hostname }),
        ...(volume === undefined ? {} : { state: volume }),
      },
    ];
  });
}

/** A unit as it would be started, as instance 1 where it is a template. */
export function unit(file: string, shared: Readonly<Record<string, string>>): DeployedProcess {
  const lines = readFileSync(path.join(DEPLOY, "systemd", file), "utf8")
    .replaceAll("%i", "1")
    .split("\n");
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const own = values("Environment").map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const environment = { ...shared, ...(Object.fromEntries(own) as Record<string, string>) };
  const state = environment["STRONGROOM_STATE"];
  return {
    name: file,
    command: (values("ExecStart")[0] ?? "").split(" "),
    environment,
    ...(state === undefined ? {} : { state }),
  };
}
