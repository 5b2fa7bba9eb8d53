import type { CriteriaFile, FleetFile, SettingsFile } from "./fleet-schema";
import type { GUARDED_OPERATIONS } from "./rollout-schema";
import { CLOSED_TO_FAILURES, type Gate } from "./rollout";
import { ANY_TIME } from "./rotation";
import type { RotationSpec, SecretScope } from "./spec";

type GateFile = NonNullable<NonNullable<FleetFile["waves"]>[number]["gate"]>;

/** What a second person may have to approve. */
export type GuardedOperation = (typeof GUARDED_OPERATIONS)[number];

export type LockMode = "GOVERNANCE" | "COMPLIANCE";

/** What marks accounts. An account matches when any one criterion does; all empty matches nobody. */
export interface Criteria {
  /** Every account but the management account. */
  readonly all: boolean;
  /** Paths below the root, `workloads/prod`, or ids, `ou-…`; nested units count. */
  readonly organizationalUnits: readonly string[];
  /** Sets of tags: all tags of at least one set. */
  readonly tags: readonly Readonly<Record<string, string>>[];
  readonly accounts: readonly string[];
}

/** How the accounts of an environment are kept, nothing left open. Times in days. */
export interface Settings {
  /** The first one is the primary. */
  readonly regions: readonly string[];
  readonly rotationDays: number;
  readonly retentionDays: number;
  readonly lockMode: LockMode;
  readonly keyDeletionDays: number;
  readonly secrets: SecretScope;
  readonly watchReads: boolean;
  /** Absent: nothing is rotated. */
  readonly rotation?: RotationSpec;
}

export interface Environment extends Settings {
  readonly name: string;
  readonly match: Criteria;
}

/** A group of accounts that go together: those that match, or a percentage of the fleet. */
export type Wave = { readonly name: string; readonly gate: Gate } & (
  { readonly match: Criteria } | { readonly share: number }
);

/** A fleet file, read and checked, with every default filled in. */
export interface Fleet {
  readonly organization: { readonly id: string; readonly managementAccount?: string };
  readonly service: { readonly role: string; readonly externalId: string };
  readonly access: {
    readonly bootstrapRole: string;
    readonly through?: { readonly role: string; readonly externalId?: string };
    /** Longest session of a stamper, seconds. */
    readonly sessionSeconds: number;
  };
  readonly vault: {
    readonly account: string;
    readonly primaryRegion: string;
    readonly recoveryRegion: string;
    readonly retentionDays: number;
    readonly lockMode: LockMode;
    readonly keyDeletionDays: number;
    readonly coldStorageAfterDays: number;
    /** Time between two sweeps of all members, minutes. */
    readonly sweepMinutes: number;
    /** Time between two drills, hours. */
    readonly drillHours: number;
    /** What a drill must stay below, seconds. */
    readonly drillTargets: { readonly rtoSeconds: number; readonly rpoSeconds: number };
  };
  readonly selection: { readonly include: Criteria; readonly exclude: Criteria };
  /** In the order of the file: an account belongs to the first that it matches. */
  readonly environments: readonly Environment[];
  /** Name of the environment of accounts that match none; without it they are left out. */
  readonly otherwise?: string;
  /** In order; empty means one wave with everything. */
  readonly waves: readonly Wave[];
  readonly rollout: {
    /** Of the wave of the accounts that are left over. */
    readonly gate: Gate;
    readonly approval: boolean;
    readonly preciousAccounts: number;
  };
  readonly approvals: {
    /** Who asked for a run of these cannot approve it. */
    readonly twoPerson: readonly GuardedOperation[];
    /** So many different persons have to approve. */
    readonly approvers: number;
  };
  readonly drift: {
    /** Percentage of the stamps that an `up` leaves alone which it compares with what is really there. */
    readonly samplePercent: number;
    /** Time between two comparisons of all stamps; none: only when somebody asks. */
    readonly everyHours?: number;
    /** Environments whose stamps are brought back without being asked. */
    readonly repair: readonly string[];
  };
  /** Time between two looks for accounts that come and go; none: nobody looks. */
  readonly discovery: { readonly everyMinutes?: number };
  /** Default tags of everything that is made. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Values where the file says nothing. None of them deletes, exposes or skips encryption. */
export const DEFAULTS = {
  bootstrapRole: "OrganizationAccountAccessRole",
  sessionSeconds: 3600,
  /** Days; production's usual rhythm. */
  rotationDays: 30,
  /** Secrets of an environment named `dev` are handled most carelessly, so they live shortest. Days. */
  devRotationDays: 7,
  /** The longest that KMS allows, days. */
  keyDeletionDays: 30,
  /** S3 Glacier Instant Retrieval bills 90 days at least. */
  coldStorageAfterDays: 90,
  /** An event that was lost is noticed within the hour. */
  sweepMinutes: 60,
  /** A backup that cannot be restored is noticed within the day. */
  drillHours: 24,
  /** Seconds. The objective for the recovery point is the time between two sweeps: events are faster, but can be lost. */
  drillTargets: { rtoSeconds: 900, rpoSeconds: 3600 },
  watchReads: false,
  /** Percent: a fleet that is stamped each day is looked at as a whole within two months, for almost nothing. */
  driftSamplePercent: 2,
  /** One account can be looked at by whoever starts the run; more than that is a mass change. */
  preciousAccounts: 1,
  approvers: 1,
} as const;

function criteria(file: CriteriaFile | undefined): Criteria {
  return {
    all: file?.all ?? false,
    organizationalUnits: file?.organizationalUnits ?? [],
    tags: file?.tags ?? [],
    accounts: file?.accounts ?? [],
  };
}

function settings(
  name: string,
  own: SettingsFile,
  shared: SettingsFile,
  vault: Fleet["vault"],
): Settings {
  const secrets = own.secrets ?? shared.secrets;
  const rotation = own.rotation ?? shared.rotation;
  return {
    // Checked before: one of the two is there. The vault's Region stands in where an account is only being retired.
    regions: own.regions ?? shared.regions ?? [vault.primaryRegion],
    rotationDays:
      own.rotationDays ??
      shared.rotationDays ??
      (name === "dev" ? DEFAULTS.devRotationDays : DEFAULTS.rotationDays),
    retentionDays: own.retentionDays ?? shared.retentionDays ?? vault.retentionDays,
    lockMode: own.lockMode ?? shared.lockMode ?? vault.lockMode,
    keyDeletionDays: own.keyDeletionDays ?? shared.keyDeletionDays ?? DEFAULTS.keyDeletionDays,
    secrets: { namePrefixes: secrets?.namePrefixes ?? [], tags: secrets?.tags ?? {} },
    watchReads: own.watchReads ?? shared.watchReads ?? DEFAULTS.watchReads,
    ...(rotation === undefined ? {} : { rotation: rotationOf(rotation) }),
  };
}

function rotationOf({
  enroll = [],
  window = {},
  hosts = [],
}: NonNullable<SettingsFile["rotation"]>): RotationSpec {
  return {
    enroll: enroll.map(({ names, rotator, settings: of = {} }) => ({
      names: [...names],
      rotator,
      settings: { ...of },
    })),
    window: {
      days: [...(window.days ?? ANY_TIME.days)],
      startHour: window.startHour ?? ANY_TIME.startHour,
      hours: window.hours ?? ANY_TIME.hours,
    },
    hosts: [...hosts],
  };
}

function gateOf(
  gate: GateFile | undefined,
  shared: NonNullable<FleetFile["rollout"]>["tolerance"],
): Gate {
  const tolerance = gate?.tolerance ?? shared;
  return {
    ...CLOSED_TO_FAILURES,
    ...(tolerance === undefined ? {} : { tolerance, stopsWithin: true }),
    pauseSeconds: (gate?.pauseMinutes ?? 0) * 60,
    approval: gate?.approval ?? false,
  };
}

/** Fills every default into a file that has passed all checks. */
export function resolveFleet(file: FleetFile): Fleet {
  const vault = {
    ...file.vault,
    keyDeletionDays: file.vault.keyDeletionDays ?? DEFAULTS.keyDeletionDays,
    coldStorageAfterDays: file.vault.coldStorageAfterDays ?? DEFAULTS.coldStorageAfterDays,
    sweepMinutes: file.vault.sweepMinutes ?? DEFAULTS.sweepMinutes,
    drillHours: file.vault.drillHours ?? DEFAULTS.drillHours,
    drillTargets: { ...DEFAULTS.drillTargets, ...file.vault.drillTargets },
  };
  const otherwise = file.defaults?.environment;
  const through = file.access?.through;
  return {
    organization: file.organization,
    service: file.service,
    access: {
      bootstrapRole: file.access?.bootstrapRole ?? DEFAULTS.bootstrapRole,
      ...(through === undefined ? {} : { through }),
      sessionSeconds: file.access?.sessionSeconds ?? DEFAULTS.sessionSeconds,
    },
    vault,
    selection: {
      include: criteria(file.selection.include),
      exclude: criteria(file.selection.exclude),
    },
    environments: Object.entries(file.environments).map(([name, { match, ...own }]) => ({
      name,
      match: criteria(match),
      ...settings(name, own, file.defaults?.settings ?? {}, vault),
    })),
    ...(otherwise === undefined ? {} : { otherwise }),
    waves: (file.waves ?? []).map(({ name, match, share, gate }) => ({
      name,
      gate: gateOf(gate, file.rollout?.tolerance),
      ...(share === undefined ? { match: criteria(match) } : { share }),
    })),
    rollout: {
      gate: gateOf(undefined, file.rollout?.tolerance),
      approval: file.rollout?.approval ?? false,
      preciousAccounts: file.rollout?.preciousAccounts ?? DEFAULTS.preciousAccounts,
    },
    approvals: {
      twoPerson: file.approvals?.twoPerson ?? [],
      approvers: file.approvals?.approvers ?? DEFAULTS.approvers,
    },
    drift: {
      samplePercent: file.drift?.samplePercent ?? DEFAULTS.driftSamplePercent,
      ...(file.drift?.everyHours === undefined ? {} : { everyHours: file.drift.everyHours }),
      repair: file.drift?.repair ?? [],
    },
    discovery:
      file.discovery?.everyMinutes === undefined
        ? {}
        : { everyMinutes: file.discovery.everyMinutes },
    tags: file.tags ?? {},
  };
}
