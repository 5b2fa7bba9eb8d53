import { join } from "./join";
import { policiesOn, type PolicySubject } from "./policies";
import type { Resource, Stack } from "./stack";
import type { Subject } from "./subject";
import { TYPES } from "./types";
import { NOT_KNOWN_YET, Undetermined, UNKNOWN, type Value, type View } from "./values";

/** The resources that @pulumi/aws splits a bucket into. */
const PARTS = {
  versioning: TYPES.bucketVersioning,
  objectLock: TYPES.bucketObjectLock,
  encryption: TYPES.bucketEncryption,
  publicAccessBlock: TYPES.bucketPublicAccessBlock,
  ownership: TYPES.bucketOwnership,
  policy: TYPES.bucketPolicy,
  replication: TYPES.bucketReplication,
  logging: TYPES.bucketLogging,
  lifecycle: TYPES.bucketLifecycle,
  notification: TYPES.bucketNotification,
} as const;
export type BucketPart = keyof typeof PARTS;

/** A setting as some resource holds it: the resource, the place, and the properties below it. */
export interface Held {
  readonly holder: Resource;
  readonly view: View;
}

/** A bucket joined from the resources that hold its settings, in every spelling. */
export class Bucket implements Subject {
  constructor(
    readonly resource: Resource,
    private readonly parts: ReadonlyMap<BucketPart, readonly Resource[]>,
    private readonly unplaced: ReadonlyMap<BucketPart, readonly Resource[]>,
  ) {}

  get name(): string | undefined {
    const name = this.resource.view.raw("bucket", "bucketName");
    return typeof name === "string" ? name : undefined;
  }

  /**
   * Where a setting is held: the parts that belong to the bucket, and the bucket's own property. Throws where nothing
   * is found but a part exists whose bucket is not known yet: it may be this one's.
   */
  held(part: BucketPart, ...ownProperties: readonly string[]): Held[] {
    const parts = (this.parts.get(part) ?? []).map((holder) => ({ holder, view: holder.view }));
    const own = this.resource.view
      .objects(...ownProperties)
      .map((view) => ({ holder: this.resource, view }));
    const all = [...parts, ...own];
    const stray = this.unplaced.get(part)?.[0];
    if (all.length === 0 && stray !== undefined) {
      throw new Undetermined(`bucket of "${stray.name}"`, NOT_KNOWN_YET);
    }
    return all;
  }

  policies(stack: Stack): PolicySubject[] {
    const holders = [this.resource, ...(this.parts.get("policy") ?? [])];
    const found = holders.flatMap((holder) => policiesOn(stack, holder));
    const stray = this.unplaced.get("policy")?.[0];
    if (found.length === 0 && stray !== undefined) {
      throw new Undetermined(`bucket of "${stray.name}"`, NOT_KNOWN_YET);
    }
    return found;
  }
}

export function bucketsOf(stack: Stack): readonly Bucket[] {
  return stack.family(readBuckets);
}

function readBuckets(stack: Stack): Bucket[] {
  const buckets = stack.ofTypes(TYPES.bucket);
  const placed = new Map<string, Map<BucketPart, readonly Resource[]>>();
  const unplaced = new Map<BucketPart, readonly Resource[]>();
  for (const part of Object.keys(PARTS) as BucketPart[]) {
    const joined = join(stack, PARTS[part], buckets, {
      properties: ["bucket"],
      wholes: new Set(TYPES.bucket),
      identifiers: ["bucket", "bucketName", "id", "arn"],
    });
    unplaced.set(part, joined.unplaced);
    for (const [urn, resources] of joined.parts) {
      const parts = placed.get(urn) ?? new Map<BucketPart, readonly Resource[]>();
      placed.set(urn, parts.set(part, resources));
    }
  }
  return buckets.map((bucket) => new Bucket(bucket, placed.get(bucket.urn) ?? new Map(), unplaced));
}

/** The name in a bucket's name or ARN. */
export function bucketNameIn(reference: string): string {
  return reference.replace(/^arn:aws[a-z-]*:s3:::/, "");
}

/**
 * Buckets that only receive access logs. Such a bucket cannot have a default Object Lock (AWS would not deliver the
 * logs), and is not copied. It must be the target of another bucket's logging and not be logged or copied itself, so
 * that no backup bucket passes for one.
 */
export function isLogBucket(stack: Stack, bucket: Bucket): boolean {
  return stack.family(readLogTargets).has(bucket);
}

/** Buckets that are the copy: the destination of the replication of another bucket of this stack. */
export function isReplicationTarget(stack: Stack, bucket: Bucket): boolean {
  return stack.family(readReplicationTargets).has(bucket);
}

/** Finds the bucket of this stack that a value names: by its text, or by what the engine says it was made from. */
export function bucketNamed(
  stack: Stack,
  holder: Resource,
  property: string,
  value: Value | undefined,
): Bucket | undefined {
  const index = stack.family(readBucketIndex);
  if (typeof value === "string") return index.byName.get(bucketNameIn(value));
  if (value !== UNKNOWN) return undefined;
  const origins = (holder.dependenciesOf(property) ?? []).filter((urn) => index.byUrn.has(urn));
  // A replication rule is made from its source too; then the one that is not the holder's own bucket is meant.
  const own = index.byUrn.get(holder.dependenciesOf("bucket")?.[0] ?? "");
  const others = origins
    .map((urn) => index.byUrn.get(urn))
    .filter((bucket) => bucket !== undefined && bucket !== own);
  return others.length === 1 ? others[0] : undefined;
}

function readBucketIndex(stack: Stack): {
  byName: ReadonlyMap<string, Bucket>;
  byUrn: ReadonlyMap<string, Bucket>;
} {
  const byName = new Map<string, Bucket>();
  const byUrn = new Map<string, Bucket>();
  for (const bucket of bucketsOf(stack)) {
    byUrn.set(bucket.resource.urn, bucket);
    for (const name of [bucket.name, bucket.resource.view.raw("id")]) {
      if (typeof name === "string") byName.set(name, bucket);
    }
  }
  return { byName, byUrn };
}

function readLogTargets(stack: Stack): ReadonlySet<Bucket> {
  const targets = new Set<Bucket>();
  const sources = new Set<Bucket>();
  for (const bucket of bucketsOf(stack)) {
    for (const { holder, view } of quietly(() =>
      bucket.held("logging", "logging", "loggings", "loggingConfiguration"),
    )) {
      const property = holder === bucket.resource ? "logging" : "targetBucket";
      const value = view.raw("targetBucket", "destinationBucketName");
      const target = bucketNamed(stack, holder, property, value);
      if (target !== undefined && target !== bucket) {
        targets.add(target);
        sources.add(bucket);
      }
    }
  }
  for (const bucket of targets) {
    const copied = quietly(() => replicationsOf(bucket)).length > 0;
    if (sources.has(bucket) || copied || isReplicationTarget(stack, bucket)) targets.delete(bucket);
  }
  return targets;
}

function readReplicationTargets(stack: Stack): ReadonlySet<Bucket> {
  const targets = new Set<Bucket>();
  for (const bucket of bucketsOf(stack)) {
    for (const { holder, view } of quietly(() => replicationsOf(bucket))) {
      for (const rule of quietly(() => view.objects("rules"))) {
        const destination = quietly(() => rule.objects("destination"))[0]?.raw("bucket");
        const property = holder === bucket.resource ? "replicationConfiguration" : "rules";
        const target = bucketNamed(stack, holder, property, destination);
        if (target !== undefined && target !== bucket) targets.add(target);
      }
    }
  }
  return targets;
}

/** Where a bucket's replication is held. */
export function replicationsOf(bucket: Bucket): Held[] {
  return bucket.held("replication", "replicationConfiguration", "replicationConfigurations");
}

/** For finding out what a bucket is for: what cannot be read makes no bucket exempt from a rule. */
function quietly<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Undetermined) return [];
    throw thrown;
  }
}
