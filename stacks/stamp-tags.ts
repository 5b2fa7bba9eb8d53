import { NAMES, stampName } from "./naming";
import type { StackSpec } from "./spec";

/** Tags of every resource of a stamp. The stamp's own comes last: permissions on keys hang on it. */
export function stampTags(spec: StackSpec): Record<string, string> {
  return { ...spec.tags, [NAMES.stampTag]: stampName(spec.kind, spec.accountId) };
}
