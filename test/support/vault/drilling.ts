import { drill } from "../../../lambdas/drill/drill";
import type { DrillPorts, DrillSpace, Probe } from "../../../lambdas/drill/ports";
import type { DrillReport, DrillRequest, Member } from "../../../lambdas/model";

import { ACCOUNT, member, RECOVERY_REGION, REGION, VAULT_ACCOUNT } from "./fake-vault";
import { RestoringVault } from "./restoring";

/** A vault in memory in which drills are held. */
export class DrillingVault extends RestoringVault {
  fleet: readonly Member[] = [];
  probes: readonly Probe[] = [refusing("delete a backup")];

  space(region = REGION): DrillSpace {
    const own = this.secrets(VAULT_ACCOUNT, region);
    return {
      writer: own,
      reader: own,
      remove: async (secretId) => {
        if ((await own.describe(secretId)) !== undefined) await own.destroy(secretId);
      },
    };
  }

  override onCall(hook: ((call: string) => void) | undefined): void {
    super.onCall(hook);
    for (const region of [REGION, RECOVERY_REGION]) {
      this.secrets(VAULT_ACCOUNT, region).onCall = hook;
    }
    this.recoveryBucket.onCall = hook;
    this.recoveryEnvelope.onCall = hook;
  }

  drillPorts(): DrillPorts {
    return {
      organizationId: this.organizationId,
      vaultAccountId: VAULT_ACCOUNT,
      primaryRegion: REGION,
      recoveryRegion: RECOVERY_REGION,
      source: this.ports().source,
      space: (region) => this.space(region),
      probes: () => this.probes,
      fleet: () => Promise.resolve(this.fleet),
      reports: this.bucket,
      metrics: this.metrics,
      clock: this.clock,
      log: this.log,
    };
  }

  drill(changes: Partial<DrillRequest> = {}): Promise<DrillReport> {
    return drill(drillRequest(changes), this.drillPorts(), this.remainingMs);
  }
}

export function refusing(call: string, refused = true): Probe {
  return { role: "strongroom-drill", call, refused: () => Promise.resolve(refused) };
}

/** An order of a drill of one account, with the differences given. */
export function drillRequest(changes: Partial<DrillRequest> = {}): DrillRequest {
  return {
    order: "drill",
    drillId: "d1",
    members: [member()],
    samplePerAccount: 2,
    wholeAccountId: ACCOUNT,
    targets: { rtoSeconds: 900, rpoSeconds: 3600 },
    ...changes,
  };
}
