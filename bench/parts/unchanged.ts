import { digest } from "../../stacks/digest";
import { stampName, type StampName } from "../../stacks/naming";
import { NO_EXEMPTIONS } from "../../server/engine/exemptions";
import { Identifier } from "../../server/engine/identity";
import type { StackIdentity } from "../../server/ports";
import { judgeUnchanged } from "../../server/runs/unchanged";
import { simulatedPlan } from "../simulate";

/** What judging a fleet costs for which nothing has changed. */
export interface UnchangedResult {
  readonly stamps: number;
  readonly left: number;
  /** Digests of what all of them would be made from now, milliseconds; the sources are read for the first time. */
  readonly coldMs: number;
  /** The same with the sources known, and the comparison. */
  readonly warmMs: number;
}

/** Judges so many stamps by the digests of these sources, without a database. `npm run simulate` has the time with one. */
export async function measureUnchanged(
  stamps: number,
  paths: { readonly program: readonly string[]; readonly packs: readonly string[] },
): Promise<UnchangedResult> {
  const identifier = new Identifier({
    ...paths,
    parts: [],
    secretsProvider: "passphrase",
    states: undefined,
    exemptions: NO_EXEMPTIONS,
  });
  const jobs = simulatedPlan(stamps).stamps.filter(({ kind }) => kind === "access");
  const first = performance.now();
  const before = await identifier.identify(jobs);
  const coldMs = performance.now() - first;
  const state = digest("state");
  const made = jobs.map(({ stamp }, index) => ({
    stamp,
    inputs: before[index]?.inputs ?? "",
    state,
    comparedAt: 0,
    resources: 30,
    violations: [],
  }));
  const second = performance.now();
  const now = new Map<StampName, StackIdentity>(
    (await identifier.identify(jobs)).map((identity, index) => [
      jobs[index]?.stamp ?? stampName("access", "000000000000"),
      { ...identity, state },
    ]),
  );
  const { left } = judgeUnchanged(now, made, 2);
  return { stamps, left: left.length, coldMs, warmMs: performance.now() - second };
}
