import { globMatches } from "../../stacks/glob";
import type { MemberRotation } from "../rotation-model";
import { ROTATOR_TAG } from "../rotation/settings";

import type { SeenSecret } from "./ports";

/** Says who enrolled a secret and since when: `fleet-file 2026-11-25T19:00:00.000Z`, or `tag …`. */
export const ENROLLED_TAG = "strongroom:enrolled";
const SETTING = `${ROTATOR_TAG}:`;

/** Who asked for the rotation: the secret's own tag, or a line of the fleet file. */
export type EnrolledBy = "tag" | "fleet-file";

/** A secret that is to be rotated. */
export interface Enrolment {
  readonly by: EnrolledBy;
  readonly rotator: string;
  /** Tags that it must have, and by the fleet file no other of the rotator's. */
  readonly tags: Readonly<Record<string, string>>;
}

interface Mark {
  readonly by: EnrolledBy;
  readonly since: Date;
}

/** What our mark on a secret says; undefined where there is none. */
export function markOf(tags: Readonly<Record<string, string>>): Mark | undefined {
  const [by, time = ""] = (tags[ENROLLED_TAG] ?? "").split(" ");
  const since = new Date(time);
  if ((by !== "tag" && by !== "fleet-file") || Number.isNaN(since.getTime())) return undefined;
  return { by, since };
}

/** Whether and how a secret is to be rotated. What its owner tagged comes before what the fleet file says of its name. */
export function enrolmentOf(
  { name, tags }: Pick<SeenSecret, "name" | "tags">,
  { enroll }: Pick<MemberRotation, "enroll">,
): Enrolment | undefined {
  const own = tags[ROTATOR_TAG];
  if (own !== undefined && markOf(tags)?.by !== "fleet-file") {
    return { by: "tag", rotator: own, tags: {} };
  }
  const line = enroll.find(({ names }) => names.some((pattern) => globMatches(pattern, name)));
  if (line === undefined) return undefined;
  const settings = Object.entries(line.settings).map(([key, value]) => [SETTING + key, value]);
  return {
    by: "fleet-file",
    rotator: line.rotator,
    tags: { [ROTATOR_TAG]: line.rotator, ...(Object.fromEntries(settings) as object) },
  };
}

/** What is to be done so that a secret is enrolled as it should be, or no more. */
export type EnrolmentStep =
  | { readonly kind: "none" }
  /** `unmark`, then `mark`, then the rotation is set up. */
  | {
      readonly kind: "enrol";
      readonly mark: Readonly<Record<string, string>>;
      readonly unmark: readonly string[];
    }
  /** The rotation is cancelled where it is on, then the marks go. The values stay. */
  | { readonly kind: "leave"; readonly cancel: boolean; readonly unmark: readonly string[] }
  /** Somebody else rotates it already. */
  | { readonly kind: "foreign" };

/** @param functionArn of our function in the secret's Region. */
export function enrolmentStep(
  secret: SeenSecret,
  enrolment: Enrolment | undefined,
  functionArn: string,
  everyDays: number,
  now: Date,
): EnrolmentStep {
  const { tags, rotation } = secret;
  const ours = rotation.functionArn === functionArn;
  const mark = markOf(tags);
  if (enrolment === undefined) {
    const cancel = rotation.enabled && ours;
    const marked = Object.hasOwn(tags, ENROLLED_TAG);
    if (!cancel && !marked) return { kind: "none" };
    const unmark = [
      ...(marked ? [ENROLLED_TAG] : []),
      ...(mark?.by === "fleet-file" ? rotatorTags(tags) : []),
    ];
    return { kind: "leave", cancel, unmark };
  }
  if (rotation.enabled && !ours) return { kind: "foreign" };
  const tooMany =
    enrolment.by === "tag"
      ? []
      : rotatorTags(tags).filter((name) => !Object.hasOwn(enrolment.tags, name));
  const missing = Object.entries(enrolment.tags).filter(([name, value]) => tags[name] !== value);
  const marks = {
    ...Object.fromEntries(missing),
    ...(mark?.by === enrolment.by
      ? {}
      : { [ENROLLED_TAG]: `${enrolment.by} ${now.toISOString()}` }),
  };
  const isSet = rotation.enabled && rotation.everyDays === everyDays;
  if (isSet && tooMany.length === 0 && Object.keys(marks).length === 0) return { kind: "none" };
  return { kind: "enrol", mark: marks, unmark: tooMany };
}

const rotatorTags = (tags: Readonly<Record<string, string>>): string[] =>
  Object.keys(tags).filter((name) => name === ROTATOR_TAG || name.startsWith(SETTING));
