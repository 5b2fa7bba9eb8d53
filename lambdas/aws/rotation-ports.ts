import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { createPostJson } from "../net/post-json";
import { createPostgres } from "../postgres/postgres";
import { FunctionError } from "../ports";
import type { RotationFunctionPorts } from "../rotation/rotation-function";

import { createAccessKeys } from "./access-keys";
import { createClients } from "./clients";
import { createLog } from "./log";
import { createOtherSecret, createRotationSecrets } from "./rotation-secrets";

/** The settings of a rotation function, from the environment that its stack gives it. */
export interface RotationConfig {
  readonly region: string;
  /** Hosts that the rotator `http` may send a credential to. */
  readonly allowedHosts: readonly string[];
  /** `off` only where a stamp says so: a database on the machine itself. */
  readonly databaseTls: "verify" | "off";
  /** File with further authorities (PEM) for databases; Lambda's images have those of Amazon RDS. */
  readonly authorities?: string;
  readonly endpoint?: string;
}

/** Where AWS's own images for Node keep the authorities of Amazon RDS (Lambda developer guide, Node.js runtimes). */
const LAMBDA_AUTHORITIES = "/var/runtime/ca-cert.pem";

/**
 * Reads the settings when a function starts.
 *
 * @throws FunctionError `CONFIG_INVALID` with every variable that is missing or wrong.
 */
export function readRotationConfig(
  environment: Readonly<Record<string, string | undefined>>,
): RotationConfig {
  const region = environment["AWS_REGION"] ?? "";
  const tls = environment["STRONGROOM_DATABASE_TLS"] ?? "verify";
  const hosts = (environment["STRONGROOM_ROTATION_HOSTS"] ?? "").split(" ").filter(Boolean);
  const problems = [
    ...(region === "" ? ["AWS_REGION is not set"] : []),
    ...(tls === "verify" || tls === "off" ? [] : ["STRONGROOM_DATABASE_TLS is verify or off"]),
    ...hosts
      .filter((host) => !/^[\w.-]+(:\d{1,5})?$/.test(host))
      .map(() => "STRONGROOM_ROTATION_HOSTS holds something that is no host"),
  ];
  if (problems.length > 0) {
    throw new FunctionError(
      "CONFIG_INVALID",
      `The function's environment has mistakes: ${problems.join("; ")}. Stamp the account again.`,
      false,
    );
  }
  const endpoint = environment["AWS_ENDPOINT_URL"];
  return {
    region,
    allowedHosts: hosts,
    databaseTls: tls === "off" ? "off" : "verify",
    ...(existsSync(LAMBDA_AUTHORITIES) ? { authorities: LAMBDA_AUTHORITIES } : {}),
    ...(endpoint === undefined || endpoint === "" ? {} : { endpoint }),
  };
}

/** Puts the ports of the rotation functions together. `name` is that of the function. */
export function createRotationPorts(name: string, config: RotationConfig): RotationFunctionPorts {
  const { region, endpoint, databaseTls, authorities, allowedHosts } = config;
  const secrets = createClients({ s3PathStyle: false, ...(endpoint && { endpoint }) }).ownSecrets(
    region,
  );
  return {
    secrets: createRotationSecrets(secrets),
    otherSecret: createOtherSecret(secrets),
    postgres: createPostgres({
      tls: databaseTls,
      ...(authorities === undefined ? {} : { authorities }),
    }),
    keys: createAccessKeys({ region, ...(endpoint && { endpoint }) }),
    post: createPostJson(),
    allowedHosts,
    clock: { now: () => new Date() },
    wait: (milliseconds) => sleep(milliseconds),
    log: createLog(name),
  };
}
