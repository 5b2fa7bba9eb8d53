import { Type, type Static, type TSchema } from "typebox";

import { ROTATOR_NAMES, WEEKDAYS } from "./rotation";

/** Version of the specs' shape and of the stack outputs; raised when a reader must know of a change. */
export const SPEC_VERSION = 1;

const strict = { additionalProperties: false } as const;

export const AccountId = Type.String({
  pattern: "^\\d{12}$",
  description: "AWS account id, 12 digits",
});
export const Region = Type.String({
  pattern: "^[a-z]{2}(-[a-z]+)+-\\d$",
  description: "AWS Region, for example eu-central-1",
});
export const OrganizationId = Type.String({ pattern: "^o-[a-z0-9]{10,32}$", description: "o-…" });
export const RoleArn = Type.String({ pattern: "^arn:aws[a-z-]*:iam::\\d{12}:role/[\\w+=,.@/-]+$" });
/** Not a secret (AWS documentation), but unguessable, so that nobody can name it by chance. */
export const ExternalId = Type.String({ pattern: "^[\\w+=,.@:/-]{16,1224}$" });
export const Tags = Type.Record(
  Type.String({ minLength: 1, maxLength: 128 }),
  Type.String({ maxLength: 256 }),
);

/** Which secrets of an account are kept: any of the prefixes and all of the tags; both empty means every secret. */
export const SecretScope = Type.Object(
  {
    /** Only what a secret's name can hold: a prefix becomes part of an ARN, where `*` or `?` would widen it. */
    namePrefixes: Type.Array(Type.String({ pattern: "^[A-Za-z0-9/_+=.@-]{1,512}$" }), {
      uniqueItems: true,
    }),
    tags: Tags,
  },
  strict,
);
export type SecretScope = Static<typeof SecretScope>;

/** A host with its port where that is not the protocol's own. */
export const HOST_PATTERN = "^[A-Za-z0-9.-]{1,253}(:\\d{1,5})?$";

/**
 * How the secrets of a member are rotated. The stack holds what rotates at all; which secrets, and when, the vault's
 * function goes by, as with the retention.
 */
export const RotationSpec = Type.Object(
  {
    /** Secrets that are rotated though no tag of theirs says so; the first line that fits counts. */
    enroll: Type.Array(
      Type.Object(
        {
          /** Names, or patterns with `*` and `?`. */
          names: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { minItems: 1 }),
          rotator: Type.Enum([...ROTATOR_NAMES]),
          settings: Type.Record(
            Type.String({ minLength: 1, maxLength: 64 }),
            Type.String({ maxLength: 256 }),
          ),
        },
        strict,
      ),
    ),
    window: Type.Object(
      {
        days: Type.Array(Type.Enum([...WEEKDAYS]), { minItems: 1, uniqueItems: true }),
        /** UTC. */
        startHour: Type.Integer({ minimum: 0, maximum: 23 }),
        hours: Type.Integer({ minimum: 1, maximum: 24 }),
      },
      strict,
    ),
    /** What the rotator `http` may send a credential to, and the checks of consumers may call. */
    hosts: Type.Array(Type.String({ pattern: HOST_PATTERN }), { uniqueItems: true }),
  },
  strict,
);
export type RotationSpec = Static<typeof RotationSpec>;

/** Whether the account has anything to do with rotations; a stamp where it is absent holds nothing of them. */
const rotates = Type.Optional(Type.Literal(true));

const common = {
  version: Type.Literal(SPEC_VERSION),
  accountId: AccountId,
  organizationId: OrganizationId,
  vaultAccountId: AccountId,
  /** Default tags of every resource of the stamp. */
  tags: Tags,
};

/** Stack `access-<account>`: the stamper role and its permissions boundary. Made through the bootstrap role. */
export const AccessSpec = Type.Object(
  {
    kind: Type.Literal("access"),
    ...common,
    /** IAM is global; this is the Region whose endpoint the calls go to. */
    region: Region,
    /** The service's own role, the only principal that may assume the stamper. */
    trustedRoleArn: RoleArn,
    externalId: ExternalId,
    /** Longest session of the stamper, seconds; 3600 to 14400. */
    sessionSeconds: Type.Integer({ minimum: 3600, maximum: 14400 }),
    /** Regions in which the stamper may work. */
    regions: Type.Array(Region, { minItems: 1, uniqueItems: true }),
    rotates,
  },
  strict,
);
export type AccessSpec = Static<typeof AccessSpec>;

export const LockMode = Type.Union([Type.Literal("GOVERNANCE"), Type.Literal("COMPLIANCE")]);

/** Stack `vault-<account>`: the hub. */
export const VaultSpec = Type.Object(
  {
    kind: Type.Literal("vault"),
    ...common,
    primaryRegion: Region,
    recoveryRegion: Region,
    /** How long a backup cannot be deleted, days. */
    retentionDays: Type.Integer({ minimum: 1, maximum: 36500 }),
    lockMode: LockMode,
    /** Waiting time before a scheduled key deletion happens, days (KMS allows 7 to 30). */
    keyDeletionDays: Type.Integer({ minimum: 7, maximum: 30 }),
    /** Age at which a backup moves to S3 Glacier Instant Retrieval, days. */
    coldStorageAfterDays: Type.Integer({ minimum: 30, maximum: 36500 }),
    /** Expected by the readers and restorers of the members from the vault's functions. */
    externalId: ExternalId,
    /** The service's own role, the only principal that may assume the operator role. */
    trustedRoleArn: RoleArn,
    /** Expected by the operator role from the service. */
    operatorExternalId: ExternalId,
    /** Time between two sweeps of all members, minutes. */
    sweepMinutes: Type.Integer({ minimum: 5, maximum: 1440 }),
    /** Time between two drills, hours. */
    drillHours: Type.Integer({ minimum: 1, maximum: 744 }),
    /** What a drill must stay below, seconds: from order to proven value, and from change to backup. */
    drillTargets: Type.Object(
      {
        rtoSeconds: Type.Integer({ minimum: 1, maximum: 604800 }),
        rpoSeconds: Type.Integer({ minimum: 1, maximum: 604800 }),
      },
      strict,
    ),
    rotates,
  },
  strict,
);
export type VaultSpec = Static<typeof VaultSpec>;

/** Stack `member-<account>`: a spoke. */
export const MemberSpec = Type.Object(
  {
    kind: Type.Literal("member"),
    ...common,
    environment: Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$" }),
    /** The first Region is the account's primary: keys live there and have replicas in the others. */
    regions: Type.Array(Region, { minItems: 1, uniqueItems: true }),
    vaultPrimaryRegion: Region,
    /** Longest time between two rotations, days. */
    rotationDays: Type.Integer({ minimum: 1, maximum: 365 }),
    /**
     * How long a backup of this account's secrets cannot be deleted, days; never less than the vault's. The bucket is one,
     * so the function that writes a backup sets it on each object: programs hand it on as a stack output.
     */
    retentionDays: Type.Integer({ minimum: 1, maximum: 36500 }),
    /** Lock mode of this account's backups, per object like the retention; never weaker than the vault's. */
    lockMode: LockMode,
    keyDeletionDays: Type.Integer({ minimum: 7, maximum: 30 }),
    secrets: SecretScope,
    /** Forward read-only management events (who read which secret) as well as changes. */
    watchReads: Type.Boolean(),
    externalId: ExternalId,
    /** Absent: Strongroom rotates none of the account's secrets. */
    rotation: Type.Optional(RotationSpec),
  },
  strict,
);
export type MemberSpec = Static<typeof MemberSpec>;

/** What a stamp is to be: the only input of its program besides the {@link Connection}. */
export type StackSpec = AccessSpec | VaultSpec | MemberSpec;

export const SPEC_SCHEMAS = {
  access: AccessSpec,
  vault: VaultSpec,
  member: MemberSpec,
} as const satisfies Record<StackSpec["kind"], TSchema>;

/** How a run reaches the stamp's account. Holds no credential: those come from the process's environment. */
export const Connection = Type.Object(
  {
    /** Roles assumed one after the other; the last one is in the stamp's account. Empty: the caller's own credentials. */
    assumeRoles: Type.Array(
      Type.Object(
        {
          roleArn: RoleArn,
          externalId: Type.Optional(ExternalId),
          sessionName: Type.String({ pattern: "^[\\w+=,.@-]{2,64}$" }),
          durationSeconds: Type.Integer({ minimum: 900, maximum: 43200 }),
        },
        strict,
      ),
    ),
    /** Address buckets as `/bucket` instead of `bucket.host`: for endpoints without wildcard DNS. */
    s3UsePathStyle: Type.Boolean(),
  },
  strict,
);
export type Connection = Static<typeof Connection>;
