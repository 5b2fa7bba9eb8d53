import {
  bucketNamed,
  bucketsOf,
  isLogBucket,
  isReplicationTarget,
  replicationsOf,
  type Bucket,
  type Held,
} from "../model/bucket";
import { keyFault, keyFaultText } from "../model/key-reference";
import type { Stack } from "../model/stack";
import { each, type Problem } from "../model/subject";
import { TYPES } from "../model/types";
import { Undetermined, UNKNOWN, type View } from "../model/values";
import { defineRule, type Settings } from "./rule";

export const bucketReplicatedElsewhere = defineRule<Bucket>({
  id: "bucket-replicated-elsewhere",
  catalogue: [71],
  objective: "backup",
  severity: "high",
  scope: "stack",
  checks:
    "Every backup bucket is copied as a whole to a bucket in another Region, encrypted there with a key of that Region, deletions left out.",
  why: "A Region that fails, or a deletion in it, would take the only copy.",
  fix: "Add a BucketReplicationConfig with an enabled rule for the whole bucket, to a bucket in another Region, with encryptionConfiguration.replicaKmsKeyId.",
  corresponds: ["S3.7", "CKV_AWS_144", "S3_BUCKET_REPLICATION_ENABLED"],
  parameters: {
    otherAccount: {
      type: "boolean",
      description: "Demand that the copy is in another account too.",
      default: false,
    },
  },
  subjects: (stack) =>
    bucketsOf(stack).filter(
      (bucket) => !isLogBucket(stack, bucket) && !isReplicationTarget(stack, bucket),
    ),
  *check(bucket, settings, stack) {
    const rules = replicationsOf(bucket).flatMap((held) =>
      held.view.objects("rules").map((rule) => ({ held, rule })),
    );
    const enabled = rules.filter(({ rule }) => rule.string("status") === "Enabled");
    if (enabled.length === 0) {
      yield { wrong: "is not copied" };
      return;
    }
    if (!enabled.some(({ rule }) => coversEveryObject(rule))) {
      yield { wrong: "is copied in part only" };
    }
    yield* each(enabled, ({ held, rule }) => copyProblems(stack, bucket, held, rule, settings));
  },
});

function coversEveryObject(rule: View): boolean {
  const filter = rule.object("filter");
  const prefix = rule.string("prefix") ?? filter?.string("prefix") ?? "";
  const more = ["tag", "tagFilter", "and"].some((name) => filter?.raw(name) !== undefined);
  return prefix === "" && !more;
}

function* copyProblems(
  stack: Stack,
  bucket: Bucket,
  { holder }: Held,
  rule: View,
  settings: Settings,
): Generator<Problem> {
  const property = holder === bucket.resource ? "replicationConfiguration" : "rules";
  const destination = rule.object("destination");
  if (destination === undefined) {
    yield { wrong: "has a replication rule without destination" };
    return;
  }
  const account = destination.string("account", "accountId");
  const elsewhere = account !== undefined && account !== bucket.resource.accountId;
  if (settings["otherAccount"] === true && !elsewhere) {
    yield { wrong: "is not copied to another account" };
  }
  if (
    elsewhere &&
    destination.object("accessControlTranslation")?.string("owner") !== "Destination"
  ) {
    yield {
      wrong: "stays the owner of its copies in another account",
      set: 'Set accessControlTranslation.owner to "Destination".',
    };
  }
  const path = "replicaKmsKeyId";
  const key = destination.object("encryptionConfiguration")?.raw(path) ?? destination.raw(path);
  const place = `${rule.pathOf("destination")}.${path}`;
  const fault = keyFault(stack, holder, key, property, place, TYPES.bucket);
  if (fault !== undefined) yield { wrong: `has a copy that ${keyFaultText(fault, path)}` };
  const deletions =
    rule.object("deleteMarkerReplication")?.string("status") ??
    rule.string("deleteMarkerReplicationStatus");
  if (deletions === "Enabled") {
    yield {
      wrong: "copies deletions too",
      set: 'Set deleteMarkerReplication.status to "Disabled".',
    };
  }
  yield* regionProblems(stack, bucket, holder, property, destination, elsewhere);
}

function* regionProblems(
  stack: Stack,
  bucket: Bucket,
  holder: Bucket["resource"],
  property: string,
  destination: View,
  elsewhere: boolean,
): Generator<Problem> {
  const place = destination.pathOf("bucket");
  const target = bucketNamed(stack, holder, property, destination.raw("bucket"));
  if (target === undefined) {
    // The Region of another account's bucket cannot be seen from here; that stack has rules of its own.
    if (elsewhere) return;
    throw new Undetermined(place, "is not a bucket of this stack, so its Region cannot be told");
  }
  const [here, there] = [bucket.resource.region, target.resource.region];
  if (here === UNKNOWN || there === UNKNOWN || (here === undefined) !== (there === undefined)) {
    throw new Undetermined(place, "is in a Region that is not known yet");
  }
  if (here === there) yield { wrong: "is copied within its own Region" };
}
