import { setTimeout as sleep } from "node:timers/promises";

import type { ResourceInput } from "../../policies/model/stack";
import { digest } from "../../stacks/digest";
import type { StampName } from "../../stacks/naming";
import { keepsTo } from "../../stacks/plan-digest";
import type {
  EnginePort,
  StackEvent,
  StackIdentity,
  StackInputs,
  StackJob,
  StackOutcome,
  StackResource,
} from "../../server/ports";

/** How one stamp behaves in the fake; everything else succeeds at once. */
export interface FakeBehaviour {
  /** Milliseconds that an operation takes; it can be interrupted. */
  readonly takes?: number;
  /** Ends of the operations, one after the other; the last one stays. */
  readonly ends?: readonly Partial<StackOutcome>[];
  readonly events?: readonly StackEvent[];
  /** Thrown instead of an outcome: what a real engine never does. */
  readonly throws?: Error;
}

/**
 * An engine behind the real port. Its rules: an `up` of a stack that is not there creates two resources, a second one
 * changes nothing; `preview` and `drift` change nothing; `retire` takes the stack away; an operation that is interrupted
 * ends `cancelled` with RUN_CANCELLED and has changed nothing; two operations on one stack never overlap (BUG otherwise).
 * The contract suite (engine-contract.ts) holds it to what the real engine does.
 */
export class FakeEngine implements EnginePort {
  readonly behaviours = new Map<StampName, FakeBehaviour>();
  /** What was asked, in order. */
  readonly calls: StackJob[] = [];
  /** The version of the program that all stacks are made with. */
  program = "1";
  /** The digest of the policy packs, as `program` is that of the program. */
  packs = "none";
  /** How often each stack's state was written, by the engine or by somebody on a laptop. */
  readonly written = new Map<StampName, number>();
  /** What `deployed` answers for a stamp, instead of the resources that an `up` made here. */
  readonly states = new Map<StampName, readonly ResourceInput[]>();
  /** Most operations that ran at the same time. */
  most = 0;
  private readonly stacks = new Map<StampName, readonly StackResource[]>();
  private readonly active = new Set<StampName>();
  private readonly counts = new Map<StampName, number>();

  async execute(
    job: StackJob,
    onEvent: (event: StackEvent) => void,
    signal: AbortSignal,
  ): Promise<StackOutcome> {
    const { stamp } = job;
    if (this.active.has(stamp)) throw new Error(`two operations on ${stamp} at the same time`);
    this.active.add(stamp);
    this.calls.push(job);
    this.most = Math.max(this.most, this.active.size);
    try {
      const behaviour = this.behaviours.get(stamp) ?? {};
      if (behaviour.throws !== undefined) throw behaviour.throws;
      for (const event of behaviour.events ?? []) onEvent(event);
      const done = await sleep(behaviour.takes ?? 0, true, { signal }).catch(() => false);
      if (!done) {
        return this.outcome(stamp, {
          status: "cancelled",
          error: { code: "RUN_CANCELLED", message: "the operation was interrupted" },
        });
      }
      const call = this.counts.get(stamp) ?? 0;
      this.counts.set(stamp, call + 1);
      const end = behaviour.ends?.[Math.min(call, behaviour.ends.length - 1)];
      // As the real one: another program, pack or setting is found out before anything is started.
      const [now] = await this.identify([job]);
      if (job.expect !== undefined && job.expect.inputs !== now?.inputs) {
        const error = { code: "PLAN_CHANGED", message: "made from other things" } as const;
        return this.outcome(stamp, { status: "failed", error });
      }
      const outcome = this.finish(job, onEvent, end ?? {});
      if (outcome.status !== "succeeded" || job.operation !== "up") return outcome;
      const [identity] = await this.identify([job]);
      return identity === undefined ? outcome : { ...outcome, identity };
    } finally {
      this.active.delete(stamp);
    }
  }

  identify(jobs: readonly StackInputs[]): Promise<readonly StackIdentity[]> {
    const { program, packs } = this;
    return Promise.resolve(
      jobs.map(({ stamp, spec, connection }) => ({
        inputs: digest({ program, packs, spec, connection }),
        program,
        packs,
        ...(this.stacks.has(stamp) ? { state: String(this.written.get(stamp) ?? 0) } : {}),
      })),
    );
  }

  resources(stamp: StampName): Promise<readonly StackResource[] | undefined> {
    return Promise.resolve(this.stacks.get(stamp));
  }

  /** As a laptop does it: the state is another one afterwards. */
  write(stamp: StampName): void {
    this.written.set(stamp, (this.written.get(stamp) ?? 0) + 1);
  }

  deployed(stamp: StampName): Promise<readonly ResourceInput[] | undefined> {
    const made = this.stacks
      .get(stamp)
      ?.map(({ urn, type, name }) => ({ urn, type, name, props: {} }));
    return Promise.resolve(this.states.get(stamp) ?? made);
  }

  private finish(
    job: StackJob,
    onEvent: (event: StackEvent) => void,
    end: Partial<StackOutcome>,
  ): StackOutcome {
    const { stamp, operation } = job;
    if ((end.status ?? "succeeded") !== "succeeded") return this.outcome(stamp, end);
    const before = this.stacks.get(stamp) ?? [];
    const wanted = operation === "retire" ? [] : operation === "drift" ? before : made(stamp);
    const created = wanted.filter(({ urn }) => !before.some((old) => old.urn === urn));
    const deleted = before.filter(({ urn }) => !wanted.some((now) => now.urn === urn));
    const change = (operation: "create" | "delete") => (resource: StackResource) => {
      const { urn, type, name } = resource;
      return { urn, type, name, operation, properties: [] };
    };
    const changes = [...created.map(change("create")), ...deleted.map(change("delete"))];
    if (operation === "up" && !keepsTo(job.expect?.changes, end.changes ?? changes)) {
      const error = { code: "PLAN_CHANGED", message: "another plan" } as const;
      return this.outcome(stamp, { status: "failed", error });
    }
    if (operation === "up" || operation === "retire") {
      for (const { urn } of [...created, ...deleted]) {
        const what = operation === "up" ? "create" : "delete";
        onEvent({ type: "resource", urn, operation: what, status: "started" });
        onEvent({ type: "resource", urn, operation: what, status: "done" });
      }
      if (operation === "retire") this.stacks.delete(stamp);
      else this.stacks.set(stamp, wanted);
      if (created.length + deleted.length > 0) this.write(stamp);
    }
    return this.outcome(stamp, {
      counts: {
        create: created.length,
        update: 0,
        replace: 0,
        delete: deleted.length,
        same: wanted.length - created.length,
      },
      changes,
      outputs: operation === "up" ? { stamp } : {},
      ...end,
    });
  }

  private outcome(stamp: StampName, end: Partial<StackOutcome>): StackOutcome {
    return {
      status: "succeeded",
      counts: { create: 0, update: 0, replace: 0, delete: 0, same: 0 },
      changes: [],
      violations: [],
      resources: this.stacks.get(stamp)?.length ?? 0,
      outputs: {},
      seconds: 0.01,
      peakMemoryMiB: 100,
      ...end,
    };
  }
}

const made = (stamp: StampName): readonly StackResource[] =>
  ["key", "role"].map((name) => ({
    urn: `urn:pulumi:${stamp}::strongroom::fake:index:${name}::${name}`,
    type: `fake:index:${name}`,
    name,
    id: `${stamp}-${name}`,
    protect: false,
  }));
