import { hostname } from "node:os";

import type { ErrorRecord } from "../../stacks/errors";
import type { ProcessWatch } from "../ports";
import { sendSignal, stateOf } from "../processes";
import type { ClaimedStamp, EngineProcess, Store } from "../store/types";

/** What the engine is told of earlier processes, and how it tells of its own. */
export function watchOf(
  store: Store,
  claim: ClaimedStamp,
  earlier: readonly EngineProcess[],
): ProcessWatch {
  return {
    earlier,
    onProcess: (process) => {
      // The journal on this host has it already; the database is for the others, and may be away for a moment.
      store.addEngineProcess(claim, process).catch(() => undefined);
    },
  };
}

/** Hosts whose processes cannot be judged from here, and about which nobody has said anything. */
export function unprovenHosts(earlier: readonly EngineProcess[]): readonly string[] {
  const hosts = earlier
    .filter(({ process, dead }) => !dead && stateOf(process) === "unknown")
    .map(({ process }) => process.host);
  return [...new Set(hosts)];
}

/** The error of a stamp whose lock belongs to a host that nobody can ask. */
export function ownerUnknown(claim: ClaimedStamp, hosts: readonly string[]): ErrorRecord {
  const [host = ""] = hosts;
  return {
    code: "RUN_OWNER_UNKNOWN",
    message: `${claim.stamp} is locked by a process on ${hosts.join(", ")}, where no worker answers`,
    action: `Start a worker there, which gives the lock back. If that host is gone for certain: strongroom host-gone ${host} --reason "…"; then start the run again.`,
  };
}

/**
 * Speaks for this host: processes of claims that are over are ended, and once they are certainly gone, that is written
 * down, so that workers on other hosts may remove their locks. Answers how many there were.
 */
export async function buryOrphans(store: Store): Promise<number> {
  const orphans = await store.orphans(hostname());
  const gone = new Set<number>();
  const alive = new Set<number>();
  for (const { process, epoch } of orphans) {
    if (stateOf(process) === "alive") {
      sendSignal(-process.pid, "SIGKILL");
      sendSignal(process.pid, "SIGKILL");
    }
    (stateOf(process) === "dead" ? gone : alive).add(epoch);
  }
  const claims = [...gone].filter((epoch) => !alive.has(epoch));
  return claims.length === 0 ? 0 : store.buryProcesses(hostname(), claims);
}
