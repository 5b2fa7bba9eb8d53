import { KMS } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import {
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";

import type { FunctionConfig } from "./config";

/** Credentials, or what gives them. */
export type ClientCredentials = NonNullable<SecretsManagerClientConfig["credentials"]>;

/** Tries of one call, the first among them; the SDK waits between them, longer each time and with jitter. */
const ATTEMPTS = 5;
/** One slow call must not use up the time of a whole run: milliseconds. */
const TIMEOUTS = { connectionTimeout: 3_000, requestTimeout: 10_000 };

/** Makes the clients of all services with the same limits, and each once for its Region and credentials. */
export interface Clients {
  kms(region: string): KMS;
  s3(region: string): S3Client;
  sqs(region: string): SQSClient;
  sts(region: string): STSClient;
  secrets(region: string, credentials: ClientCredentials): SecretsManagerClient;
  /** The vault account's own secrets, with the function's own role. */
  ownSecrets(region: string): SecretsManagerClient;
}

export interface ClientOptions {
  /** The function's own; absent: those that Lambda puts into the environment. */
  readonly credentials?: ClientCredentials;
  /** Tries of one call; tests of failures take fewer. */
  readonly attempts?: number;
}

/** The settings of every client: the same limits everywhere. */
export function clientSettings(
  config: Pick<FunctionConfig, "endpoint">,
  options: ClientOptions,
  region: string,
) {
  return {
    region,
    maxAttempts: options.attempts ?? ATTEMPTS,
    retryMode: "standard",
    requestHandler: TIMEOUTS,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
}

export function createClients(
  config: Pick<FunctionConfig, "endpoint" | "s3PathStyle">,
  options: ClientOptions = {},
): Clients {
  const common = (region: string) => clientSettings(config, options, region);
  return {
    kms: once((region) => new KMS(common(region))),
    s3: once(
      (region) =>
        new S3Client({
          ...common(region),
          forcePathStyle: config.s3PathStyle,
          requestChecksumCalculation: "WHEN_REQUIRED",
        }),
    ),
    sqs: once((region) => new SQSClient(common(region))),
    sts: once((region) => new STSClient(common(region))),
    secrets: (region, credentials) => new SecretsManagerClient({ ...common(region), credentials }),
    ownSecrets: once((region) => new SecretsManagerClient(common(region))),
  };
}

function once<T>(make: (region: string) => T): (region: string) => T {
  const made = new Map<string, T>();
  return (region) => {
    const existing = made.get(region);
    if (existing !== undefined) return existing;
    const client = make(region);
    made.set(region, client);
    return client;
  };
}
