import type { AccessSpec, Connection, MemberSpec, VaultSpec } from "../../stacks/spec";

/** Account ids of the tests: fakes of the right shape. */
export const ACCOUNTS = {
  vault: "999988887777",
  member: "111122223333",
  service: "555566667777",
} as const;

const common = {
  version: 1,
  organizationId: "o-abcdefghij",
  vaultAccountId: ACCOUNTS.vault,
  tags: { owner: "security", environment: "prod" },
} as const;

/** A valid access spec with the differences given. */
export function accessSpec(changes: Partial<AccessSpec> = {}): AccessSpec {
  return {
    kind: "access",
    ...common,
    accountId: ACCOUNTS.member,
    region: "eu-central-1",
    trustedRoleArn: `arn:aws:iam::${ACCOUNTS.service}:role/strongroom-service`,
    externalId: "stamper-external-id-0001",
    sessionSeconds: 3600,
    regions: ["eu-central-1", "eu-west-1"],
    ...changes,
  };
}

/** A valid vault spec with the differences given. */
export function vaultSpec(changes: Partial<VaultSpec> = {}): VaultSpec {
  return {
    kind: "vault",
    ...common,
    accountId: ACCOUNTS.vault,
    primaryRegion: "eu-central-1",
    recoveryRegion: "eu-west-1",
    retentionDays: 365,
    lockMode: "COMPLIANCE",
    keyDeletionDays: 30,
    coldStorageAfterDays: 90,
    externalId: "members-external-id-0001",
    trustedRoleArn: `arn:aws:iam::${ACCOUNTS.service}:role/strongroom-service`,
    operatorExternalId: "stamper-external-id-0001",
    sweepMinutes: 60,
    drillHours: 24,
    drillTargets: { rtoSeconds: 900, rpoSeconds: 3600 },
    ...changes,
  };
}

/** A valid member spec with the differences given. */
export function memberSpec(changes: Partial<MemberSpec> = {}): MemberSpec {
  return {
    kind: "member",
    ...common,
    accountId: ACCOUNTS.member,
    environment: "prod",
    regions: ["eu-central-1", "eu-west-1"],
    vaultPrimaryRegion: "eu-central-1",
    rotationDays: 30,
    retentionDays: 365,
    lockMode: "COMPLIANCE",
    keyDeletionDays: 30,
    secrets: { namePrefixes: ["prod/", "shared/"], tags: { backup: "yes" } },
    watchReads: true,
    externalId: "members-external-id-0001",
    ...changes,
  };
}

/** What a rotating member's spec has beside: secrets by their tags alone, at any time. */
export const ROTATION: NonNullable<MemberSpec["rotation"]> = {
  enroll: [],
  window: { days: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], startHour: 0, hours: 24 },
  hosts: ["api.example.com"],
};

/** A connection as the service makes it: one role, the stamper. */
export function connection(accountId: string = ACCOUNTS.member): Connection {
  return {
    assumeRoles: [
      {
        roleArn: `arn:aws:iam::${accountId}:role/strongroom/strongroom-stamper`,
        externalId: "stamper-external-id-0001",
        sessionName: "strongroom",
        durationSeconds: 3600,
      },
    ],
    s3UsePathStyle: false,
  };
}
