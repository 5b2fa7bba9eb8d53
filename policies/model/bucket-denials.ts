import { withoutPartition } from "../iam/arn";
import type { Condition, Statement } from "../iam/document";
import { globMatches } from "../iam/patterns";
import { isEveryAction, isEveryActionOfService, namesAction } from "../iam/statements";
import type { Bucket } from "./bucket";
import type { Stack } from "./stack";
import { NOT_KNOWN_YET, Undetermined } from "./values";

/** Which parts of a bucket the denials of its policy reach. */
export interface Denied {
  readonly bucket: boolean;
  readonly objects: boolean;
}

/**
 * What a bucket's policy denies to everybody by statements of some sort. `decide` says whether that is enough; where it is
 * not and some statement cannot be read, the doubt is thrown, as that one may be it.
 */
export function deniesEnough(
  stack: Stack,
  bucket: Bucket,
  isOfSort: (statement: Statement) => boolean,
  decide: (denied: Denied) => boolean = ({ bucket: itself, objects }) => itself && objects,
): boolean {
  let doubt: Undetermined | undefined;
  const denied = { bucket: false, objects: false };
  for (const policy of bucket.policies(stack)) {
    try {
      const { statements, doubts } = policy.readable();
      doubt ??= doubts[0];
      // IAM takes a document as a whole, so nothing of one that it refuses is denied.
      if (policy.refusals().length > 0) continue;
      for (const statement of statements) {
        if (!deniesEverybody(statement) || !isOfSort(statement)) continue;
        denied.bucket ||= reaches(statement, bucket, "");
        // No pattern written for some objects matches a name like this by chance.
        denied.objects ||= reaches(statement, bucket, "/\u{10FFFF}");
      }
    } catch (thrown) {
      if (!(thrown instanceof Undetermined)) throw thrown;
      doubt ??= thrown;
    }
  }
  if (decide(denied)) return true;
  if (doubt !== undefined) throw doubt;
  return false;
}

function deniesEverybody({ effect, principals }: Statement): boolean {
  return effect === "Deny" && principals?.everybody === true;
}

/** Tells whether a statement speaks of every action of S3. */
export function isEveryS3Action(statement: Statement): boolean {
  return statement.actions.some(
    (action) =>
      isEveryAction(action) ||
      (isEveryActionOfService(action) &&
        namesAction({ ...statement, actions: [action] }, "s3:getobject")),
  );
}

const NEGATED = new Set(["arnnotequals", "arnnotlike", "stringnotequals", "stringnotlike"]);

/** A condition that leaves out some exact identities and nobody else. */
export function leavesOutSome({ key, operator, values }: Condition): boolean {
  return (
    key === "aws:principalarn" &&
    NEGATED.has(operator) &&
    values.length > 0 &&
    values.every((value) => /^arn:[^:]+:(iam|sts)::(\d{12}|\*)?:[a-z-]+\/[^*?]/.test(value))
  );
}

function reaches(statement: Statement, bucket: Bucket, suffix: string): boolean {
  if (bucket.name === undefined) {
    if (statement.resources.includes("*")) return true;
    throw new Undetermined("bucket", NOT_KNOWN_YET);
  }
  const arn = `arn:aws:s3:::${bucket.name}${suffix}`;
  return statement.resources.some((resource) => globMatches(withoutPartition(resource), arn));
}
