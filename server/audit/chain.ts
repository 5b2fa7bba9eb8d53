import { digest } from "../../stacks/digest";
import type { AuditAnchor, AuditEntry, AuditService, AuditVerdict } from "../runs-ports";
import type { AnchorKeeper } from "./anchor";

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

/** How a log fails to be what was seen of it before; undefined where it is. */
function contradicts(
  anchors: readonly AuditAnchor[],
  { seq, hash }: { readonly seq: number; readonly hash: string },
): string | undefined {
  const other = anchors.find(({ entries, head }) => entries === seq && head !== hash);
  if (other === undefined) return undefined;
  return `it is another entry ${seq} than was there before: the log was written anew`;
}

/** Reads the audit log and follows its chain from the first entry to the last. */
export function createAuditService(
  source: AuditSource,
  keeper: Pick<AnchorKeeper, "kept"> = { kept: () => Promise.resolve(undefined) },
): AuditService {
  return {
    entries: (query) => source.audit(query),
    async verify(seen): Promise<AuditVerdict> {
      const own = await keeper.kept();
      // An empty log was seen: anything may follow.
      const anchors = [own, seen].filter((one) => one !== undefined).filter(isTelling);
      const numbers = anchors.map(({ entries }) => entries);
      let last = { seq: 0, hash: FIRST_PREVIOUS };
      const verdict = (problem?: AuditVerdict["problem"]): AuditVerdict => ({
        intact: problem === undefined,
        entries: last.seq,
        head: last.hash,
        anchors: numbers,
        ...(problem === undefined ? {} : { problem }),
      });
      for (;;) {
        const batch = await source.auditAfter(last.seq, BATCH);
        for (const entry of batch) {
          const message = brokenLink(entry, last) ?? contradicts(anchors, entry);
          if (message !== undefined) return verdict({ seq: entry.seq, message });
          last = entry;
        }
        if (batch.length === BATCH) continue;
        const longest = Math.max(0, ...numbers);
        if (longest <= last.seq) return verdict();
        const message = `the end is missing: ${longest} entries were there before, now ${last.seq}`;
        return verdict({ seq: last.seq + 1, message });
      }
    },
  };
}

const isTelling = ({ entries }: AuditAnchor): boolean => entries > 0;
