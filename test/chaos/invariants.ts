import { setTimeout as sleep } from "node:timers/promises";

import type { RunEvent, RunRecord } from "../../server/runs-ports";
import type { StampName } from "../../stacks/naming";
import type { Client } from "./client";
import { type FakeCloud, RESOURCES } from "./cloud";

const MOST_FINAL_RUNS = 5;
const MOST_WAITS = 600;

/** Looks at what the chaos left, by the invariants of docs/reliability.md. Answers what does not hold. */
export async function checkInvariants(
  client: Client,
  cloud: FakeCloud,
  accounts: readonly string[],
): Promise<readonly string[]> {
  const problems: string[] = [...client.mistakes, ...cloud.mistakes()];
  // I1: every accepted run ends, once.
  for (const id of client.open) {
    await client.end(id);
    const events = await allEvents(client, id);
    const ends = events.filter(({ type }) => type === "run.ended").length;
    if (ends !== 1) problems.push(`run ${id} ended ${ends} times`);
    const seqs = events.map(({ seq }) => seq);
    if (seqs.some((seq, index) => seq !== index + 1)) problems.push(`events of ${id} have gaps`);
  }
  if (new Set(client.accepted.values()).size !== client.accepted.size) {
    problems.push("two keys gave the same run");
  }
  const final = await succeed(client);
  if (final?.status !== "succeeded") {
    return [...problems, `in peace, a run of the fleet ends ${final?.status ?? "never"}`];
  }
  // I7: nothing is left to do.
  const second = await succeed(client);
  for (const { stamp, counts } of second?.stamps ?? []) {
    if ((counts?.create ?? 0) > 0) problems.push(`${stamp} changed in a second run`);
  }
  // I3: the cloud is what the state says, and each thing is there once (I2 and twice-made things are in the mistakes).
  const stamps = final.stamps.map(({ stamp }) => stamp);
  const members = accounts.map((id): StampName => `member-${id}`);
  for (const stamp of members) if (!stamps.includes(stamp)) problems.push(`${stamp} is missing`);
  for (const stamp of stamps) {
    const inventory = cloud.inventory(stamp).join();
    const state = cloud.read(stamp);
    if (inventory !== RESOURCES.toSorted().join()) problems.push(`${stamp} has ${inventory}`);
    if (state.resources.toSorted().join() !== inventory || state.pending.length > 0) {
      problems.push(`the state of ${stamp} is ${JSON.stringify(state)}`);
    }
  }
  // I6: no lock of a dead run.
  for (const lock of cloud.locks()) problems.push(`a lock is left: ${lock}`);
  return [...problems, ...cloud.mistakes()];
}

async function succeed(client: Client): Promise<RunRecord | undefined> {
  let last: RunRecord | undefined;
  for (let tries = 0; tries < MOST_FINAL_RUNS && last?.status !== "succeeded"; tries += 1) {
    let id: string | undefined;
    for (let waits = 0; id === undefined && waits < MOST_WAITS; waits += 1) {
      id = await client.start({});
      if (id === undefined) await sleep(200);
    }
    if (id !== undefined) last = await client.end(id);
  }
  return last;
}

async function allEvents(client: Client, id: string): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? 0;
    const { body } = await client.call("GET", `/v1/runs/${id}/events?after=${after}&limit=1000`);
    const { items } = body as { items: readonly RunEvent[] };
    if (items.length === 0) return all;
    all.push(...items);
  }
}
