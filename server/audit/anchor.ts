import { rename, writeFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import type { AuditAnchor } from "../runs-ports";
import { readIfThere } from "../text-file";
import type { AuditSource } from "./chain";

/** The last entry of the audit log as somebody saw it, kept outside the database. */
export interface AnchorKeeper {
  /** What was seen last; undefined before the first time. */
  kept(): Promise<AuditAnchor | undefined>;
  /** Keeps the last entry as it is now, if the log still holds what was seen before. */
  keep(): Promise<void>;
}

/** An anchor as a text holds it; undefined for any other text. */
export function parseAnchor(text: string): AuditAnchor | undefined {
  let value: Partial<AuditAnchor> | null;
  try {
    value = JSON.parse(text) as Partial<AuditAnchor> | null;
  } catch {
    return undefined;
  }
  const { entries, head } = value ?? {};
  if (!Number.isSafeInteger(entries) || (entries ?? -1) < 0) return undefined;
  if (!/^[0-9a-f]{64}$/.test(head ?? "")) return undefined;
  return { entries: entries ?? 0, head: head ?? "" };
}

/**
 * Keeps in the state folder what the audit log ended with: who cuts entries off in the database leaves a chain that holds,
 * and only somebody who saw more can tell. An anchor that the log contradicts stays as it is, for `audit verify` to say so.
 */
export function anchorIn(stateDir: string, source: AuditSource): AnchorKeeper {
  const file = path.join(stateDir, "audit-anchor.json");
  const kept = async (): Promise<AuditAnchor | undefined> => {
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    const anchor = parseAnchor(text);
    if (anchor !== undefined) return anchor;
    throw new AppError("SPEC_SETTINGS", `${file} does not hold the end of an audit log`, {
      action: "Restore it, or remove it to begin anew; until then nobody knows what was cut off.",
    });
  };
  return {
    kept,
    async keep() {
      const [last] = await source.audit({ limit: 1 });
      if (last === undefined) return;
      const before = await kept();
      if (before !== undefined && before.entries > 0) {
        if (last.seq < before.entries) return;
        const [same] = await source.auditAfter(before.entries - 1, 1);
        if (same?.seq !== before.entries || same.hash !== before.head) return;
        if (last.seq === before.entries) return;
      }
      const fresh = `${file}.${process.pid}`;
      const anchor: AuditAnchor = { entries: last.seq, head: last.hash };
      await writeFile(fresh, `${JSON.stringify(anchor)}\n`, { mode: 0o600 });
      await rename(fresh, file);
    },
  };
}

/** Keeps the anchor now and then; returns how to stop it, which keeps it a last time. */
export function keepAnchored(
  keeper: AnchorKeeper,
  everyMs: number,
  report: (line: string) => void,
): () => Promise<void> {
  const keep = (): Promise<void> =>
    keeper.keep().catch((error: unknown) => {
      report(`the end of the audit log was not kept: ${AppError.from(error).message}`);
    });
  // One after the other: they write the same file.
  let last = keep();
  const again = (): Promise<void> => (last = last.then(keep));
  const timer = setInterval(() => void again(), everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    return again();
  };
}
