import { createHash } from "node:crypto";

import type { Member, RestoreRequest } from "../../lambdas/model";
import { AppError } from "../../stacks/errors";
import { stampName } from "../../stacks/naming";
import type { MemberSpec } from "../../stacks/spec";
import type { Operation, StackOperation } from "../ports";
import type { RunRequest } from "../runs-ports";
import type { NewStamp } from "../store/types";
import type { DrillOptions, RestoreOptions } from "../vault-ports";
import type { PlannedRun } from "./planner";

/** What a drill does where nothing is said. */
const DRILL = { samplePerAccount: 2, rtoSeconds: 900, rpoSeconds: 3600 } as const;

/** What jobs are made from. */
export interface JobContext {
  readonly request: RunRequest;
  readonly plan: PlannedRun;
  readonly runId: string;
  /** A restore's writing: the digest of each account's plan. */
  readonly planDigests?: ReadonlyMap<string, string>;
}

type MakeJobs = (context: JobContext) => readonly NewStamp[];

const MAKERS: Readonly<Record<Operation, MakeJobs>> = {
  // Previews and drift checks change nothing, so they need no order and no waves.
  preview: stackJobs("preview", false),
  up: stackJobs("up", true),
  drift: stackJobs("drift", false),
  retire: stackJobs("retire", true),
  check: checkJobs,
  backup: backupJobs,
  restore: restoreJobs,
  drill: drillJobs,
  rotate: rotateJobs,
};

/** The stamps of a new run with what is to be done about each. */
export function jobsOf(context: JobContext): readonly NewStamp[] {
  return MAKERS[context.request.operation](context);
}

function stackJobs(operation: StackOperation, ordered: boolean): MakeJobs {
  return ({ request: { refresh }, plan }) =>
    plan.stamps.map(({ stamp, accountId, kind, wave, dependsOn, spec, connection }) => ({
      stamp,
      accountId,
      kind,
      wave: ordered ? wave : 0,
      dependsOn: ordered ? dependsOn : [],
      job: {
        stamp,
        operation,
        spec,
        connection,
        ...(refresh === undefined ? {} : { refresh }),
      },
    }));
}

function checkJobs({ plan }: JobContext): readonly NewStamp[] {
  return plan.stamps.map(({ stamp, accountId, kind }) => ({
    stamp,
    accountId,
    kind,
    wave: 0,
    dependsOn: [],
    job: { stamp, operation: "check" },
  }));
}

/** An item of a vault operation: about an account's secrets, so under the name of the member's stamp. */
const itemOf = (accountId: string) =>
  ({
    stamp: stampName("member", accountId),
    accountId,
    kind: "member",
    wave: 0,
    dependsOn: [],
  }) as const;

/** What the vault's functions must know of a member. */
export function memberOf(spec: MemberSpec): Member {
  return {
    accountId: spec.accountId,
    regions: spec.regions,
    environment: spec.environment,
    scope: spec.secrets,
    retentionDays: spec.retentionDays,
    lockMode: spec.lockMode,
    ...(spec.rotation === undefined
      ? {}
      : { rotation: { ...spec.rotation, everyDays: spec.rotationDays } }),
  };
}

const membersOf = (plan: PlannedRun): readonly Member[] =>
  plan.stamps.flatMap(({ spec }) => (spec.kind === "member" ? [memberOf(spec)] : []));

/** A backup of the whole fleet, or of who has joined it, also tells the vault who its members are: always all of them. */
function backupJobs({ request, plan }: JobContext): readonly NewStamp[] {
  const members = membersOf(plan);
  const vault = plan.stamps[0]?.spec.vaultAccountId;
  const isWhole = Object.values(request.target).every((criterion) => criterion === undefined);
  const told = isWhole ? members : plan.members?.map(memberOf);
  const items = members.map((member) => ({
    ...itemOf(member.accountId),
    job: {
      stamp: stampName("member", member.accountId),
      operation: "backup" as const,
      member,
    },
  }));
  if (told === undefined || vault === undefined) return items;
  const first = stampName("vault", vault);
  return [
    {
      ...itemOf(vault),
      stamp: first,
      kind: "vault",
      job: { stamp: first, operation: "backup", members: told },
    },
    ...items.map((item) => ({ ...item, dependsOn: [first] })),
  ];
}

/** The request to the vault about one account, from the options of the run. */
export function restoreRequest(
  accountId: string,
  options: RestoreOptions,
  planDigest: string | undefined,
): RestoreRequest {
  const { name, region, destination } = options;
  return {
    order: options.order ?? "plan",
    selection: {
      accountIds: [accountId],
      ...(name === undefined ? {} : { name }),
      ...(region === undefined ? {} : { region }),
    },
    point: options.point ?? { at: "newest" },
    destination: { ...destination },
    fromRecoveryRegion: options.fromRecoveryRegion ?? false,
    overwriteNewer: options.overwriteNewer ?? false,
    ...(planDigest === undefined ? {} : { planDigest }),
  };
}

function restoreJobs({ request, plan, planDigests }: JobContext): readonly NewStamp[] {
  const options = request.restore ?? {};
  return (plan.sources ?? []).map((accountId) => {
    const digest = planDigests?.get(accountId);
    if (options.order === "write" && digest === undefined) {
      throw new AppError("SPEC_PLAN_RUN", `the plan does not hold account ${accountId}`, {
        action: "Make a new plan for the same target, look at it, and name its run.",
      });
    }
    return {
      ...itemOf(accountId),
      job: {
        stamp: stampName("member", accountId),
        operation: "restore",
        request: restoreRequest(accountId, options, digest),
      },
    };
  });
}

function drillJobs({ request, plan, runId }: JobContext): readonly NewStamp[] {
  const members = membersOf(plan);
  const vault = plan.stamps[0]?.spec.vaultAccountId;
  if (vault === undefined) return [];
  const options: DrillOptions = request.drill ?? {};
  const stamp = stampName("vault", vault);
  return [
    {
      ...itemOf(vault),
      stamp,
      kind: "vault",
      job: {
        stamp,
        operation: "drill",
        request: {
          order: "drill",
          drillId: runId,
          members,
          samplePerAccount: options.samplePerAccount ?? DRILL.samplePerAccount,
          wholeAccountId: wholeAccount(options.wholeAccount, members, runId),
          targets: {
            rtoSeconds: options.rtoSeconds ?? plan.drillTargets?.rtoSeconds ?? DRILL.rtoSeconds,
            rpoSeconds: options.rpoSeconds ?? plan.drillTargets?.rpoSeconds ?? DRILL.rpoSeconds,
          },
        },
      },
    },
  ];
}

/** Members whose secrets are rotated at all; the vault says which of their secrets are enrolled and fit the name. */
function rotateJobs({ request: { rotate }, plan, runId }: JobContext): readonly NewStamp[] {
  const members = membersOf(plan).filter(({ rotation }) => rotation !== undefined);
  if (rotate === undefined || members.length === 0) {
    throw new AppError("PLAN_EMPTY", "No account of the target has its secrets rotated.", {
      action: "Give the accounts' environment `rotation` in the fleet file: see docs/rotation.md.",
    });
  }
  return members.map((member) => ({
    ...itemOf(member.accountId),
    job: {
      stamp: stampName("member", member.accountId),
      operation: "rotate",
      request: { order: "rotate-now", member, requestId: runId, ...rotate },
    },
  }));
}

/** The named one, or by the run's id one of all, so that over time every account has its turn. */
function wholeAccount(
  named: string | undefined,
  members: readonly Member[],
  runId: string,
): string {
  const ids = members.map(({ accountId }) => accountId);
  if (named !== undefined && !ids.includes(named)) {
    throw new AppError("PLAN_UNKNOWN_ACCOUNT", `account ${named} is not part of the drill`, {
      action: "Name an account that the target selects, or leave wholeAccount out.",
      problems: [{ message: "not among the accounts of the run", pointer: "/drill/wholeAccount" }],
    });
  }
  const turn = createHash("sha256").update(runId).digest().readUInt32BE(0) % ids.length;
  return named ?? ids[turn] ?? "";
}
