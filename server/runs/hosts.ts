import type { HostService } from "../runs-ports";
import type { Store } from "../store/types";

/** What a person says about hosts, kept in the audit log before it has an effect. */
export function createHostService(store: Store): HostService {
  return {
    async gone(host, subject, reason) {
      await store.transaction((tx) =>
        tx.audit({ subject, action: "host.gone", reason, details: { host } }),
      );
      return { processes: await store.buryProcesses(host) };
    },
  };
}
