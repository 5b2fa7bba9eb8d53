import type { Account, Organization } from "./accounts";
import { isInUnit } from "./criteria";
import { AppError } from "./errors";
import type { Fleet } from "./fleet";
import { STACK_KINDS, type StackKind } from "./kinds";
import { parseStampName, stampName, type StampName } from "./naming";
import { checkTarget } from "./plan-target";
import { byId, selectAccounts, type SelectedAccount, type SkipCause } from "./selection";
import type { RunTarget } from "./target";
import { divideIntoWaves } from "./waves";

export interface PlannedStamp {
  readonly stamp: StampName;
  readonly kind: StackKind;
  readonly accountId: string;
  /** Stamps of this plan that must have succeeded before; they are in the same wave or an earlier one. */
  readonly dependsOn: readonly StampName[];
}

/** Stamps that go together; a wave starts when the one before has ended. */
export interface PlannedWave {
  readonly name: string;
  /** Those that others depend on come first. */
  readonly stamps: readonly PlannedStamp[];
}

export interface PlannedAccount {
  readonly accountId: string;
  /** Other people's text: escape it on output. */
  readonly name: string;
  readonly environment?: string;
  readonly wave: string;
  readonly stamps: readonly StampName[];
}

export interface SkippedInPlan {
  readonly accountId: string;
  /** Other people's text: escape it on output. */
  readonly name: string;
  readonly cause: SkipCause;
  readonly reason: string;
}

/** What a run will do, before it does it. Each account of the organization is in `accounts` or in `skipped`, once. */
export interface Plan {
  readonly organizationId: string;
  /** `build` makes access, vault, member; `take-down` goes the other way round. */
  readonly direction: Direction;
  readonly waves: readonly PlannedWave[];
  readonly accounts: readonly PlannedAccount[];
  readonly skipped: readonly SkippedInPlan[];
  readonly warnings: readonly string[];
}

export type Direction = "build" | "take-down";

/** The way a run goes through the stamps: only `retire` takes them down. */
export function directionOf(operation: string): Direction {
  return operation === "retire" ? "take-down" : "build";
}

const NOT_TARGETED = "The target of the run leaves it out.";
/** More reasons than anybody reads; the plan of the whole fleet has them all. */
const MAX_REASONS = 20;

/**
 * The plan of a run over part of the fleet. Throws what `selectAccounts` throws, what {@link checkTarget} throws for a
 * target that names unknown things, and `PLAN_EMPTY`, with the reasons, when no stamp is left.
 *
 * Taking down also reaches stamps that are named but no longer asked for, because an account that has left the fleet
 * must be retired somehow.
 */
export function planRun(
  fleet: Fleet,
  organization: Organization,
  target: RunTarget = {},
  direction: Direction = "build",
): Plan {
  const selection = selectAccounts(fleet, organization);
  const takingDown = direction === "take-down";
  checkTarget(target, organization, selection, takingDown);

  const bySelection = new Map(selection.selected.map((entry) => [entry.account.id, entry]));
  const skippedFor = new Map(selection.skipped.map((entry) => [entry.account.id, entry]));
  const { names, waveOf } = divideIntoWaves(
    fleet,
    selection.selected.map(({ account }) => account).filter(({ id }) => id !== fleet.vault.account),
  );

  const planned: { account: Account; wave: number; environment?: string; kinds: StackKind[] }[] =
    [];
  const skipped: SkippedInPlan[] = [];
  for (const account of byId(organization.accounts)) {
    const entry = bySelection.get(account.id);
    const kinds = kindsOf(account, entry, target, takingDown);
    if (kinds.length > 0) {
      // The vault goes first, whoever it is with: every member needs it.
      const isVault = account.id === fleet.vault.account;
      planned.push({
        account,
        kinds,
        wave: isVault ? 0 : (waveOf.get(account.id) ?? names.length - 1),
        ...(entry?.environment === undefined ? {} : { environment: entry.environment.name }),
      });
    } else {
      const why = skippedFor.get(account.id) ?? { cause: "not-targeted", reason: NOT_TARGETED };
      skipped.push({
        accountId: account.id,
        name: account.name,
        cause: why.cause,
        reason: why.reason,
      });
    }
  }
  if (planned.length === 0) throw empty(skipped);

  const all = planned.flatMap(({ account, wave, kinds }) =>
    kinds.map((kind) => ({
      kind,
      accountId: account.id,
      stamp: stampName(kind, account.id),
      wave,
    })),
  );
  const needs = dependencies(fleet, all, direction);
  const order = takingDown ? [...STACK_KINDS].reverse() : STACK_KINDS;
  const waves = names.map((name, index) => ({
    name,
    stamps: order.flatMap((kind) =>
      all
        .filter((item) => item.wave === index && item.kind === kind)
        .map(({ stamp, accountId }) => ({
          stamp,
          kind,
          accountId,
          dependsOn: needs.get(stamp) ?? [],
        })),
    ),
  }));
  if (takingDown) waves.reverse();
  return {
    organizationId: organization.id,
    direction,
    waves: waves.filter(({ stamps }) => stamps.length > 0),
    accounts: planned.map(({ account, wave, environment, kinds }) => ({
      accountId: account.id,
      name: account.name,
      ...(environment === undefined ? {} : { environment }),
      wave: names[wave] ?? "",
      stamps: kinds.map((kind) => stampName(kind, account.id)),
    })),
    skipped,
    warnings: selection.warnings,
  };
}

/** Which stamps of an account the target means, in the order of {@link STACK_KINDS}. */
function kindsOf(
  account: Account,
  entry: SelectedAccount | undefined,
  target: RunTarget,
  takingDown: boolean,
): StackKind[] {
  const { stamps, accounts, organizationalUnits, kinds } = target;
  if (accounts !== undefined && !accounts.includes(account.id)) return [];
  if (organizationalUnits?.some((unit) => isInUnit(account, unit)) === false) return [];
  const named = stamps
    ?.map((stamp) => parseStampName(stamp))
    .filter(({ accountId }) => accountId === account.id)
    .map(({ kind }) => kind);
  // Nobody can get into a closed account, not even to clean up.
  const reachable = account.status === "ACTIVE";
  const possible = takingDown && named !== undefined && reachable ? named : (entry?.kinds ?? []);
  return STACK_KINDS.filter(
    (kind) =>
      possible.includes(kind) &&
      (named === undefined || named.includes(kind)) &&
      (kinds === undefined || kinds.includes(kind)),
  );
}

interface Item {
  readonly stamp: StampName;
  readonly kind: StackKind;
  readonly accountId: string;
}

/**
 * What each stamp waits for. Building: vault and member wait for the access stamp of their account, members for the
 * vault. Taking down: the same the other way round. What is not in the run is taken to be there already.
 */
function dependencies(
  fleet: Fleet,
  items: readonly Item[],
  direction: Direction,
): Map<StampName, StampName[]> {
  const present = new Set(items.map(({ stamp }) => stamp));
  const vault = stampName("vault", fleet.vault.account);
  const needs = new Map<StampName, StampName[]>(items.map(({ stamp }) => [stamp, []]));
  for (const { stamp, kind, accountId } of items) {
    const wanted: StampName[] = kind === "access" ? [] : [stampName("access", accountId)];
    if (kind === "member") wanted.push(vault);
    for (const other of wanted.filter((name) => present.has(name))) {
      if (direction === "build") needs.get(stamp)?.push(other);
      else needs.get(other)?.push(stamp);
    }
  }
  return needs;
}

function empty(skipped: readonly SkippedInPlan[]): AppError {
  const telling = skipped.filter(({ cause }) => cause !== "not-targeted");
  const shown = (telling.length > 0 ? telling : skipped).slice(0, MAX_REASONS);
  return new AppError("PLAN_EMPTY", "No stamp is left to work on.", {
    action:
      "Widen the target or the selection; `strongroom accounts` says why each account is left out.",
    problems: shown.map(({ accountId, reason }) => ({ message: `${accountId}: ${reason}` })),
  });
}

/**
 * Refuses to take anything down unless the confirmation names exactly the plan's stamps (`SPEC_CONFIRMATION`): a target
 * that selects more than its author thought is the usual way to lose things.
 */
export function checkConfirmation(
  plan: { readonly waves: readonly { readonly stamps: readonly Pick<PlannedStamp, "stamp">[] }[] },
  confirm: readonly string[] = [],
): void {
  const stamps: string[] = plan.waves.flatMap((wave) => wave.stamps.map(({ stamp }) => stamp));
  const missing = stamps.filter((stamp) => !confirm.includes(stamp));
  const extra = confirm.filter((stamp) => !stamps.includes(stamp));
  if (missing.length + extra.length === 0) return;
  throw new AppError(
    "SPEC_CONFIRMATION",
    "The confirmation does not name exactly the stamps that would be taken down.",
    {
      action: `Confirm exactly these: ${stamps.join(", ")}.`,
      problems: [
        ...missing.map((stamp) => ({
          message: `${stamp} would be taken down and is not confirmed`,
          pointer: "/confirm",
        })),
        ...extra.map((stamp) => ({
          message: `${stamp} is confirmed and would not be taken down`,
          pointer: "/confirm",
        })),
      ],
    },
  );
}
