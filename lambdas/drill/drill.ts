import { drillKey } from "../core/keys";
import type { DrillReport, DrillRequest } from "../model";
import { eachSettled } from "../../stacks/at-once";
import { asFunctionError } from "../work/retry";
import { cleanUp } from "./clean-up";
import type { DrillPorts, ProbeTarget } from "./ports";
import { rehearse, type Rehearsal, type Rehearsed } from "./rehearse";
import { readDrillRequest, scheduled } from "./request";

/** Accounts that are rehearsed at once. */
const ACCOUNTS = 4;
/** What is left of the function's time when nothing further is restored: for taking away, comparing and the report. */
const RESERVE_MS = 120_000;

/**
 * The drill function: restores a sample of each account from the primary bucket, and one account as a whole from the copy
 * in the recovery Region, into the drills' own name space; reads each back and compares it; tries calls that must be
 * refused; takes everything away; and writes a signed report. A drill that fails is a report that says so: only a report
 * that cannot be written is an error.
 *
 * @param message a {@link DrillRequest}, or what the schedule says, of which nothing is believed before it is checked.
 * @param remainingMs what is left of the function's time.
 * @throws FunctionError `REQUEST_INVALID`, and what signing and storing the report throw.
 */
export async function drill(
  message: unknown,
  ports: DrillPorts,
  remainingMs: () => number,
): Promise<DrillReport> {
  const asked = readDrillRequest(message);
  const request =
    asked.order === "drill" ? asked : scheduled(asked, await ports.fleet(), ports.clock.now());
  const { drillId, targets } = request;
  const startedAt = ports.clock.now().toISOString();
  const before = await cleanUp(drillId, ports);
  const rehearsals = rehearsalsOf(request);
  const timeLeft = () => remainingMs() > RESERVE_MS;
  const rehearsed = await rehearseAll(rehearsals, drillId, ports, timeLeft);
  const accounts = rehearsed.map(({ account }) => account);
  const { refusals, problems: untried } = await tryRefusals(probeTarget(rehearsed, request), ports);
  const rtoSeconds = Math.max(0, ...accounts.map(({ seconds }) => seconds));
  const rpoSeconds = Math.max(0, ...rehearsed.map((it) => it.rpoSeconds));
  const problems = [
    ...before,
    ...untried,
    ...(accounts.some(({ restored }) => restored > 0) ? [] : ["Nothing was restored"]),
    ...(rtoSeconds <= targets.rtoSeconds
      ? []
      : [`It took ${rtoSeconds} s to recover; the target is ${targets.rtoSeconds} s`]),
    ...(rpoSeconds <= targets.rpoSeconds
      ? []
      : [`A change was kept after ${rpoSeconds} s; the target is ${targets.rpoSeconds} s`]),
    ...(await cleanUp(drillId, ports)),
  ];
  const content = {
    schema: 1,
    drillId,
    startedAt,
    passed:
      problems.length === 0 &&
      accounts.every((it) => it.equal === it.restored && it.problems.length === 0) &&
      refusals.every(({ refused }) => refused),
    rtoSeconds,
    rpoSeconds,
    targets,
    restored: accounts.reduce((sum, { equal }) => sum + equal, 0),
    accounts,
    refusals,
    problems,
  } as const;
  return publish(content, ports);
}

function rehearsalsOf({ members, samplePerAccount, wholeAccountId }: DrillRequest): Rehearsal[] {
  return [
    ...members.map(({ accountId }): Rehearsal => ({
      accountId,
      from: "primary",
      count: samplePerAccount,
    })),
    ...(wholeAccountId === undefined
      ? []
      : [{ accountId: wholeAccountId, from: "recovery" } as const]),
  ];
}

async function rehearseAll(
  rehearsals: readonly Rehearsal[],
  drillId: string,
  ports: DrillPorts,
  timeLeft: () => boolean,
): Promise<readonly Rehearsed[]> {
  const ends = await eachSettled(rehearsals, ACCOUNTS, (rehearsal) =>
    rehearse(rehearsal, drillId, ports, timeLeft),
  );
  return ends.map((end, index) => {
    if (end.ok) return end.value;
    const { accountId, from } = rehearsals[index] as Rehearsal;
    const { code, message } = asFunctionError(end.error);
    const problems = [`${message} (${code})`];
    return {
      account: { accountId, from, restored: 0, equal: 0, seconds: 0, problems },
      rpoSeconds: 0,
    };
  });
}

/** A real secret of a real member where there is one: a refusal about a thing that is not there would say less. */
function probeTarget(
  rehearsed: readonly Rehearsed[],
  request: DrillRequest,
): ProbeTarget | undefined {
  for (const { account, anySecret } of rehearsed) {
    if (anySecret === undefined) continue;
    return { accountId: account.accountId, region: anySecret.region, secretArn: anySecret.arn };
  }
  const member = request.members[0];
  const region = member?.regions[0];
  if (member === undefined || region === undefined) return undefined;
  const { accountId } = member;
  const secretArn = `arn:aws:secretsmanager:${region}:${accountId}:secret:strongroom-000000`;
  return { accountId, region, secretArn };
}

async function tryRefusals(
  target: ProbeTarget | undefined,
  ports: DrillPorts,
): Promise<Pick<DrillReport, "refusals" | "problems">> {
  if (target === undefined)
    return { refusals: [], problems: ["There is no member to try calls on"] };
  const refusals: DrillReport["refusals"][number][] = [];
  const problems: string[] = [];
  for (const probe of ports.probes(target)) {
    const { role, call } = probe;
    try {
      refusals.push({ role, call, refused: await probe.refused() });
    } catch (error) {
      const { code, message } = asFunctionError(error);
      problems.push(`${role}: whether ${call} is refused cannot be said: ${message} (${code})`);
    }
  }
  for (const { role, call, refused } of refusals) {
    if (!refused) problems.push(`${role} may ${call}, and must not: stamp the vault account again`);
  }
  return { refusals, problems };
}

async function publish(content: Omit<DrillReport, "mac">, ports: DrillPorts): Promise<DrillReport> {
  const report: DrillReport = { ...content, mac: await ports.source(false).envelope.sign(content) };
  await ports.reports.write(
    drillKey(content.drillId),
    Buffer.from(JSON.stringify(report, null, 2)),
  );
  ports.metrics.drill(report);
  const { drillId, passed, restored, rtoSeconds, rpoSeconds } = report;
  ports.log.info("drill ended", { drillId, passed, restored, rtoSeconds, rpoSeconds });
  return report;
}
