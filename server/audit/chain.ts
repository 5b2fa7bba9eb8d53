import { digest } from "../../stacks/digest";
import type { AuditEntry, AuditService, AuditVerdict } from "../runs-ports";

/** What the first entry names as the hash of the one before. */
export const FIRST_PREVIOUS = "0".repeat(64);

const BATCH = 1000;

/** SHA-256 over the canonical JSON of everything but the hash itself, hex. */
export function auditHash(entry: Omit<AuditEntry, "hash">): string {
  const { seq, at, subject, action, runId, reason, details, previous } = entry;
  return digest({ seq, at, subject, action, runId, reason, details, previous });
}

/** How an entry fails to follow the one before it; undefined where it does follow. */
export function brokenLink(
  entry: AuditEntry,
  last: { readonly seq: number; readonly hash: string },
): string | undefined {
  if (entry.seq !== last.seq + 1) {
    return `entry ${last.seq + 1} is missing: the next one there is ${entry.seq}`;
  }
  if (entry.previous !== last.hash) return "it does not name the hash of the entry before";
  if (auditHash(entry) !== entry.hash) return "it was changed after it was written";
  return undefined;
}

/** What the audit log is read from. */
export interface AuditSource {
  audit(query: { limit: number; before?: number; runId?: string }): Promise<readonly AuditEntry[]>;
  auditAfter(after: number, limit: number): Promise<readonly AuditEntry[]>;
}

/** Reads the audit log and follows its chain from the first entry to the last. */
export function createAuditService(source: AuditSource): AuditService {
  return {
    entries: (query) => source.audit(query),
    async verify(): Promise<AuditVerdict> {
      let last = { seq: 0, hash: FIRST_PREVIOUS };
      for (;;) {
        const batch = await source.auditAfter(last.seq, BATCH);
        for (const entry of batch) {
          const message = brokenLink(entry, last);
          if (message !== undefined) {
            const problem = { seq: entry.seq, message };
            return { intact: false, entries: last.seq, head: last.hash, problem };
          }
          last = entry;
        }
        if (batch.length < BATCH) return { intact: true, entries: last.seq, head: last.hash };
      }
    },
  };
}
