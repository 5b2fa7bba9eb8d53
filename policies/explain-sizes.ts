import {
  INLINE,
  MANAGED,
  ON_RESOURCES,
  SERVICE_CONTROL,
  sizeOf,
  TRUST,
  type Quota,
} from "./iam/quotas";
import type { PolicySubject } from "./model/policies";
import { holdsUnknown } from "./model/values";

/** How much of a quota a document uses, or all documents that share it. */
export interface ExplainedSize {
  /** What the quota is of, in words. */
  readonly of: string;
  /** Characters without white space, or bytes; undefined where a part is not known yet. */
  readonly size: number | undefined;
  readonly most: number;
  readonly counts: Quota["counts"];
  readonly fits: boolean | undefined;
}

/**
 * A document's size against every quota that may be meant: what hangs on a resource has one; a document alone may become a
 * managed policy, an inline one or a service control policy. `all` are the documents that may share its identity.
 */
export function sizesOf(
  policy: PolicySubject,
  all: readonly PolicySubject[],
  alone: boolean,
): readonly ExplainedSize[] {
  return quotasOf(policy, alone).map((quota) => {
    const sharing =
      quota.shared === true && !alone
        ? all.filter((other) => other.resource === policy.resource && other.kind === policy.kind)
        : [policy];
    const texts = sharing.map(textOf).filter((text) => text !== undefined);
    const size =
      texts.length < sharing.length
        ? undefined
        : texts.reduce((sum, text) => sum + sizeOf(text, quota), 0);
    const { of, most, counts } = quota;
    return { of, size, most, counts, fits: size === undefined ? undefined : size <= most };
  });
}

function quotasOf({ kind, resource }: PolicySubject, alone: boolean): readonly Quota[] {
  if (kind === "trust") return [TRUST];
  if (kind !== "identity") return [ON_RESOURCES[kind]];
  if (alone) return [MANAGED, INLINE.role, INLINE.group, INLINE.user, SERVICE_CONTROL];
  if (/:(Managed)?Policy$/.test(resource.type)) return [MANAGED];
  const holder = /:(Role|User|Group)(Policy)?$/.exec(resource.type)?.[1]?.toLowerCase();
  return [INLINE[holder === "user" || holder === "group" ? holder : "role"]];
}

function textOf({ source }: PolicySubject): string | undefined {
  if (typeof source === "string") return source;
  return holdsUnknown(source) ? undefined : JSON.stringify(source);
}
