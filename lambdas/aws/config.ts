import { FunctionError } from "../ports";

/** The settings of a function, from the environment that its stack gives it. No value of a secret is among them. */
export interface FunctionConfig {
  readonly organizationId: string;
  readonly vaultAccountId: string;
  /** The readers and restorers of the members expect it. */
  readonly externalId: string;
  readonly primaryRegion: string;
  readonly recoveryRegion: string;
  readonly backupBucket: string;
  /** The copy in the recovery Region. */
  readonly recoveryBucket: string;
  /** ARNs of the multi-Region keys in the primary Region; in the recovery Region they differ in the Region alone. */
  readonly backupKeyArn: string;
  readonly digestKeyArn: string;
  readonly workQueueUrl: string;
  readonly sweepQueueUrl: string;
  /** Bucket names in the path: for S3 at an address that is not AWS's. */
  readonly s3PathStyle: boolean;
  /** Of every service; the AWS SDK's own variable. */
  readonly endpoint?: string;
}

const MULTI_REGION_KEY = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/mrk-[0-9a-f]+$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Which variable each setting is in, and what it must look like. */
const VARIABLES = {
  organizationId: ["STRONGROOM_ORGANIZATION_ID", /^o-[a-z0-9]{10,32}$/],
  vaultAccountId: ["STRONGROOM_VAULT_ACCOUNT_ID", /^\d{12}$/],
  externalId: ["STRONGROOM_EXTERNAL_ID", /^[\w+=,.@:/-]{16,1224}$/],
  primaryRegion: ["STRONGROOM_PRIMARY_REGION", REGION],
  recoveryRegion: ["STRONGROOM_RECOVERY_REGION", REGION],
  backupBucket: ["STRONGROOM_BACKUP_BUCKET", /^[a-z0-9.-]{3,63}$/],
  recoveryBucket: ["STRONGROOM_RECOVERY_BUCKET", /^[a-z0-9.-]{3,63}$/],
  backupKeyArn: ["STRONGROOM_BACKUP_KEY_ARN", MULTI_REGION_KEY],
  digestKeyArn: ["STRONGROOM_DIGEST_KEY_ARN", MULTI_REGION_KEY],
  workQueueUrl: ["STRONGROOM_WORK_QUEUE_URL", /^https?:\/\/\S+$/],
  sweepQueueUrl: ["STRONGROOM_SWEEP_QUEUE_URL", /^https?:\/\/\S+$/],
} as const satisfies Partial<Record<keyof FunctionConfig, readonly [string, RegExp]>>;

/**
 * Reads the settings, all at once, when a function starts.
 *
 * @throws FunctionError `CONFIG_INVALID` with every variable that is missing or wrong.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): FunctionConfig {
  const problems: string[] = [];
  const texts = Object.fromEntries(
    Object.entries(VARIABLES).map(([setting, [variable, pattern]]) => {
      const value = environment[variable] ?? "";
      if (value === "") problems.push(`${variable} is not set`);
      else if (!pattern.test(value)) problems.push(`${variable} does not match ${pattern.source}`);
      return [setting, value];
    }),
  ) as Record<keyof typeof VARIABLES, string>;
  if (problems.length > 0) {
    throw new FunctionError(
      "CONFIG_INVALID",
      `The function's environment has mistakes: ${problems.join("; ")}. Stamp the vault account again.`,
      false,
    );
  }
  const endpoint = environment["AWS_ENDPOINT_URL"];
  return {
    ...texts,
    s3PathStyle: environment["STRONGROOM_S3_PATH_STYLE"] === "true",
    ...(endpoint === undefined || endpoint === "" ? {} : { endpoint }),
  };
}

/** A multi-Region key's ARN in another Region. */
export function keyIn(region: string, keyArn: string): string {
  const [arn, partition, service, , ...rest] = keyArn.split(":");
  return [arn, partition, service, region, ...rest].join(":");
}
