import type { Organization } from "./accounts";
import { digest } from "./digest";
import { AppError } from "./errors";
import type { Fleet, Settings } from "./fleet";
import type { StackKind } from "./kinds";
import { NAMES, parseStampName, partitionOf, roleArn, stampName, type StampName } from "./naming";
import { byId, environmentOf, selectAccounts } from "./selection";
import {
  SPEC_VERSION,
  type AccessSpec,
  type Connection,
  type MemberSpec,
  type StackSpec,
  type VaultSpec,
} from "./spec";

/** Role sessions that are reached through another role last one hour at most; AWS refuses more. */
const CHAINED_SESSION_SECONDS = 3600;
const SESSION_NAME = "strongroom";

const unique = (values: readonly string[]) => [...new Set(values)];

/** How an account that belongs to no environment is described while it is being retired. */
function leftover(fleet: Fleet): Settings & { readonly name: string } {
  const { vault } = fleet;
  return {
    name: "none",
    regions: unique(fleet.environments.flatMap(({ regions }) => regions)),
    rotationDays: 365,
    retentionDays: vault.retentionDays,
    lockMode: vault.lockMode,
    keyDeletionDays: 30,
    secrets: { namePrefixes: [], tags: {} },
    watchReads: false,
  };
}

/**
 * The external id between the vault's functions and the members' roles. Derived, so that whoever learns the stampers'
 * id cannot read secrets with it, and nobody has to keep a second one.
 */
function vaultExternalId(fleet: Fleet): string {
  return digest(["strongroom vault functions", fleet.service.externalId]).slice(0, 48);
}

/**
 * What a stamp is to be. Works for every account of the organization, in the fleet or not, because a stamp must still be
 * retired after its account has left the fleet. Throws `PLAN_UNKNOWN_ACCOUNT` for an account that does not exist, and
 * `STACK_NOT_FOUND` for a vault elsewhere than in the vault account.
 */
export function specFor(fleet: Fleet, organization: Organization, stamp: StampName): StackSpec {
  const { kind, accountId } = parseStampName(stamp);
  const account = organization.accounts.find(({ id }) => id === accountId);
  if (account === undefined) {
    throw new AppError(
      "PLAN_UNKNOWN_ACCOUNT",
      `There is no account ${accountId} in the organization.`,
      {
        action: "`strongroom accounts` lists the organization.",
      },
    );
  }
  const isVault = accountId === fleet.vault.account;
  if (kind === "vault" && !isVault) {
    throw new AppError(
      "STACK_NOT_FOUND",
      `${stamp} cannot be: the vault is in ${fleet.vault.account}.`,
    );
  }
  const common = {
    version: SPEC_VERSION,
    accountId,
    organizationId: fleet.organization.id,
    vaultAccountId: fleet.vault.account,
    tags: { ...fleet.tags },
  } as const;
  const settings = environmentOf(fleet, account) ?? leftover(fleet);
  switch (kind) {
    case "access":
      return accessSpec(fleet, common, isVault, settings);
    case "vault":
      return vaultSpec(fleet, common);
    case "member":
      return memberSpec(fleet, common, settings);
  }
}

type Common = Pick<
  StackSpec,
  "version" | "accountId" | "organizationId" | "vaultAccountId" | "tags"
>;

function accessSpec(
  fleet: Fleet,
  common: Common,
  isVault: boolean,
  { regions: own, rotation }: Settings,
): AccessSpec {
  const { primaryRegion, recoveryRegion } = fleet.vault;
  const rotates = rotation !== undefined || (isVault && rotatesAnything(fleet));
  const regions = unique(isVault ? [primaryRegion, recoveryRegion, ...own] : own);
  return {
    kind: "access",
    ...common,
    region: regions[0] ?? primaryRegion,
    trustedRoleArn: fleet.service.role,
    externalId: fleet.service.externalId,
    sessionSeconds: fleet.access.sessionSeconds,
    regions,
    ...(rotates ? { rotates } : {}),
  };
}

function vaultSpec(fleet: Fleet, common: Common): VaultSpec {
  const { vault } = fleet;
  return {
    kind: "vault",
    ...common,
    primaryRegion: vault.primaryRegion,
    recoveryRegion: vault.recoveryRegion,
    retentionDays: vault.retentionDays,
    lockMode: vault.lockMode,
    keyDeletionDays: vault.keyDeletionDays,
    coldStorageAfterDays: vault.coldStorageAfterDays,
    externalId: vaultExternalId(fleet),
    trustedRoleArn: fleet.service.role,
    operatorExternalId: fleet.service.externalId,
    sweepMinutes: vault.sweepMinutes,
    drillHours: vault.drillHours,
    drillTargets: { ...vault.drillTargets },
    ...(rotatesAnything(fleet) ? { rotates: true } : {}),
  };
}

const rotatesAnything = ({ environments }: Fleet): boolean =>
  environments.some(({ rotation }) => rotation !== undefined);

function memberSpec(
  fleet: Fleet,
  common: Common,
  settings: Settings & { readonly name: string },
): MemberSpec {
  return {
    kind: "member",
    ...common,
    environment: settings.name,
    regions: [...settings.regions],
    vaultPrimaryRegion: fleet.vault.primaryRegion,
    rotationDays: settings.rotationDays,
    retentionDays: settings.retentionDays,
    lockMode: settings.lockMode,
    keyDeletionDays: settings.keyDeletionDays,
    secrets: {
      namePrefixes: [...settings.secrets.namePrefixes],
      tags: { ...settings.secrets.tags },
    },
    watchReads: settings.watchReads,
    externalId: vaultExternalId(fleet),
    ...(settings.rotation === undefined ? {} : { rotation: settings.rotation }),
  };
}

/** The specs of all stamps of the fleet, by name; throws what {@link selectAccounts} throws. */
export function specsFor(fleet: Fleet, organization: Organization): Map<StampName, StackSpec> {
  const sorted = { ...organization, accounts: byId(organization.accounts) };
  return new Map(
    selectAccounts(fleet, sorted).selected.flatMap(({ account, kinds }) =>
      kinds.map((kind) => {
        const stamp = stampName(kind, account.id);
        return [stamp, specFor(fleet, sorted, stamp)] as const;
      }),
    ),
  );
}

/**
 * How a run gets into a stamp's account, from the service's own credentials. `access` stamps go through the management
 * account and the administrator role that AWS makes in new accounts; everything else through the stamper alone.
 * `s3UsePathStyle` is for endpoints without wildcard DNS.
 */
export function connectionFor(
  fleet: Fleet,
  kind: StackKind,
  accountId: string,
  { s3UsePathStyle = false }: { readonly s3UsePathStyle?: boolean } = {},
): Connection {
  const partition = partitionOf(fleet.vault.primaryRegion);
  const { bootstrapRole, through, sessionSeconds } = fleet.access;
  if (kind !== "access") {
    return {
      assumeRoles: [
        {
          roleArn: roleArn(accountId, NAMES.stamperRole, partition),
          externalId: fleet.service.externalId,
          sessionName: SESSION_NAME,
          durationSeconds: sessionSeconds,
        },
      ],
      s3UsePathStyle,
    };
  }
  const session = { sessionName: SESSION_NAME, durationSeconds: CHAINED_SESSION_SECONDS };
  const first =
    through === undefined
      ? []
      : [
          {
            roleArn: through.role,
            ...(through.externalId === undefined ? {} : { externalId: through.externalId }),
            ...session,
          },
        ];
  // AWS makes no bootstrap role in the management account itself: the role on the way is the end of the way.
  const isThere = through?.role.split(":")[4] === accountId;
  const last = { roleArn: `arn:${partition}:iam::${accountId}:role/${bootstrapRole}`, ...session };
  return { assumeRoles: isThere ? first : [...first, last], s3UsePathStyle };
}
