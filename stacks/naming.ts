import { createHash } from "node:crypto";

import { AppError } from "./errors";
import { isStackKind, STACK_KINDS, type StackKind } from "./kinds";

/** The Pulumi project of every stamp; part of each URN, so it never changes. */
export const PROJECT = "strongroom";

/** A stamp's name: `<kind>-<12-digit account id>`; it is the Pulumi stack's name too. */
export type StampName = `${StackKind}-${string}`;

const ACCOUNT_ID = /^\d{12}$/;

/** Tells whether a text is an AWS account id: 12 digits, leading zeros kept. */
export function isAccountId(text: string): boolean {
  return ACCOUNT_ID.test(text);
}

/** The stamp of a kind in an account. Account ids are used because names and e-mail addresses change. */
export function stampName(kind: StackKind, accountId: string): StampName {
  if (!isAccountId(accountId)) {
    throw new AppError("SPEC_ACCOUNT_ID", `"${accountId}" is not an account id`, {
      action: "Give the 12 digits of the account id, as text (quote it in YAML).",
    });
  }
  return `${kind}-${accountId}`;
}

/** Takes a stamp's name apart; the inverse of {@link stampName}. Throws `SPEC_STAMP_NAME` for any other text. */
export function parseStampName(text: string): { kind: StackKind; accountId: string } {
  const dash = text.indexOf("-");
  const kind = text.slice(0, dash);
  const accountId = text.slice(dash + 1);
  if (dash < 0 || !isStackKind(kind) || !isAccountId(accountId)) {
    throw new AppError("SPEC_STAMP_NAME", `"${text}" is not the name of a stamp`, {
      action: `Write <kind>-<account id>, kind one of ${STACK_KINDS.join(", ")}, for example member-111122223333.`,
    });
  }
  return { kind, accountId };
}

/**
 * Physical names that another account must know, or that a policy document names before the resource exists.
 * All are deterministic, so that policy documents are known at preview.
 */
export const NAMES = {
  /** IAM path of every role and policy that Strongroom makes; permissions are scoped by it. */
  iamPath: "/strongroom/",
  stamperRole: "strongroom-stamper",
  boundaryPolicy: "strongroom-boundary",
  /** The stamper's permissions, one managed policy for each part, below the size that IAM allows. */
  stamperPolicyPrefix: "strongroom-stamper-",
  /** In each member: read by the vault's backup and sweep functions. */
  readerRole: "strongroom-reader",
  /** In each member: written through by the vault's restore function. */
  restorerRole: "strongroom-restorer",
  /** In each member: lets EventBridge put events on the vault's bus. */
  forwarderRole: "strongroom-forwarder",
  /** In the vault: one function of each name, with a role of the same name. */
  functionRoles: {
    backup: "strongroom-backup",
    sweep: "strongroom-sweep",
    restore: "strongroom-restore",
    drill: "strongroom-drill",
    /** Only where some environment has its secrets rotated. */
    rotate: "strongroom-rotate",
  },
  /** In the vault: the service assumes it to call the functions and to read coverage and reports. */
  operatorRole: "strongroom-operator",
  /** In the vault: S3 assumes it to copy backups to the recovery Region. */
  replicationRole: "strongroom-replication",
  /**
   * In the vault, never made by Strongroom: the only role that may re-configure or empty a backup bucket. An administrator
   * makes it when that is decided, and takes it away afterwards.
   */
  breakGlassRole: "strongroom-break-glass",
  backupKeyAlias: "alias/strongroom-backup",
  /** In the vault: the key of queues and topics, apart from the key of the backups. */
  serviceKeyAlias: "alias/strongroom-service",
  /** In the vault: the key that values are compared and documents are proven with; it encrypts nothing. */
  digestKeyAlias: "alias/strongroom-digest",
  memberKeyAlias: "alias/strongroom-secrets",
  eventBus: "strongroom",
  eventRule: "strongroom-secret-changes",
  accessRule: "strongroom-secret-reads",
  /** In the vault: changed secrets wait here for the backup function. */
  workQueue: "strongroom-work",
  /** In the vault: accounts wait here for the sweep function, one message each. */
  sweepQueue: "strongroom-sweeps",
  failureQueue: "strongroom-failures",
  /** In each member Region: events that the vault's bus did not take. */
  undeliveredQueue: "strongroom-undelivered",
  /**
   * Functions that rotate secrets: ours, in a member, and those of AWS's own templates. The restorer may turn a rotation on
   * again that goes by one of them; a role that may call every function of an account may do too much.
   */
  rotationFunctions: ["strongroom-rotation-*", "SecretsManager*"],
  /** In each Region of a member whose secrets are rotated: does the steps, with a role of the same name. */
  rotationFunction: "strongroom-rotation-steps",
  /** In such a member: the vault's function enrols secrets with it and starts their rotations; it reads no value. */
  enrollerRole: "strongroom-enroller",
  /** Functions of a member's own that say whether a consumer works with a new value. */
  checkFunctions: "strongroom-check-*",
  /** In such a member: below it lies, by the secret's name, the id of the version that was rotated to last. */
  versionParameters: "/strongroom/versions/",
  /** In the vault: accounts whose secrets are looked at, and rotations that wait for the rotate function. */
  rotationQueue: "strongroom-rotations",
  /** In the vault: when all members are swept, when a drill is held, and when rotations that are due are started. */
  scheduleRules: {
    sweep: "strongroom-sweep-schedule",
    drill: "strongroom-drill-schedule",
    rotate: "strongroom-rotate-schedule",
  },
  /** In each Region: tampering with keys or buckets, and alarms that changed. */
  signalRule: "strongroom-signals",
  alarmTopic: "strongroom-alarms",
  /** The same in a member's Regions. Names of their own, because the vault account is a member too. */
  memberSignalRule: "strongroom-member-signals",
  memberAlarmTopic: "strongroom-member-alarms",
  analyzer: "strongroom",
  /** Secrets that a drill restores live below this name in the vault account, and nowhere else. */
  drillPrefix: "strongroom-drill/",
  /** Tag of every resource, with the stamp's name: permissions on keys are scoped by it, as their ids are random. */
  stampTag: "strongroom:stamp",
  /** Tag of every key: what it may be used for (`backup`, `digest`, `service` or `secrets`). */
  purposeTag: "strongroom:purpose",
  /** A common tag, not one of ours, so that rules of other people understand it too. */
  environmentTag: "environment",
} as const;

/** Short, stable and hard to guess from outside: keeps strangers from taking our bucket names first. */
export function organizationSuffix(organizationId: string): string {
  return createHash("sha256").update(`strongroom:${organizationId}`).digest("hex").slice(0, 10);
}

/** The buckets of the vault. `purpose` is `backup` (locked) or `logs` (access logs of the backup buckets). */
export function bucketName(
  purpose: "backup" | "logs",
  vaultAccountId: string,
  region: string,
  organizationId: string,
): string {
  return `strongroom-${purpose}-${vaultAccountId}-${region}-${organizationSuffix(organizationId)}`;
}

/** How the names of Regions begin in the partitions beside the commercial one. */
const PARTITIONS: Readonly<Record<string, string>> = {
  "cn-": "aws-cn",
  "us-gov-": "aws-us-gov",
  "us-iso-": "aws-iso",
  "us-isob-": "aws-iso-b",
  "eu-isoe-": "aws-iso-e",
  "us-isof-": "aws-iso-f",
  "eusc-": "aws-eusc",
};

/** The AWS partition of a Region, as it stands in ARNs. */
export function partitionOf(region: string): string {
  const found = Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix));
  return found?.[1] ?? "aws";
}

/** The ARN of a role that Strongroom makes, below {@link NAMES.iamPath}. */
export function roleArn(accountId: string, roleName: string, partition = "aws"): string {
  return `arn:${partition}:iam::${accountId}:role${NAMES.iamPath}${roleName}`;
}

/** The ARN of the permissions boundary that every role of Strongroom carries. */
export function boundaryArn(accountId: string, partition = "aws"): string {
  return `arn:${partition}:iam::${accountId}:policy${NAMES.iamPath}${NAMES.boundaryPolicy}`;
}
