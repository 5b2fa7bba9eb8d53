import { NAMES, partitionOf, type StampName } from "../../stacks/naming";
import type { LostSearch } from "../ports";
import { type Deployment, nameOf, pendingCreates, type StateResource } from "./deployment";

/** How a resource whose creation nobody saw the end of is found again: by an id that its name gives it, or by looking. */
export type Whereabouts = { readonly id: string } | { readonly search: LostSearch };

/** A pending creation with how to find it, or with why nobody but a person can. */
export interface PendingCreate {
  readonly resource: StateResource;
  readonly whereabouts?: Whereabouts;
  readonly why?: string;
}

/** Where a resource would be. */
interface Place {
  readonly stamp: StampName;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
}

type Inputs = Readonly<Record<string, unknown>>;
type Find = (inputs: Inputs, place: Place) => Whereabouts | undefined;

interface ResourceType {
  readonly find: Find;
  /** AWS takes the tags in the very call that creates it: one without them is somebody else's. */
  readonly tagged: boolean;
}

/** A plain text; undefined for what is missing, empty, encrypted or not known. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** The id that is made of these inputs. */
const joined =
  (separator: string, ...names: readonly string[]): Find =>
  (inputs) => {
    const parts = names.map((name) => text(inputs[name]));
    return parts.includes(undefined) ? undefined : { id: parts.join(separator) };
  };

const arn =
  (service: string, prefix: string, name = "name"): Find =>
  (inputs, { partition, region, accountId }) => {
    const given = text(inputs[name]);
    if (given === undefined) return undefined;
    return { id: `arn:${partition}:${service}:${region}:${accountId}:${prefix}${given}` };
  };

const own = (find: Find): ResourceType => ({ find, tagged: true });
const part = (find: Find): ResourceType => ({ find, tagged: false });

const policy: Find = ({ name, path }, { partition, accountId }) => {
  const given = text(name);
  if (given === undefined) return undefined;
  return { id: `arn:${partition}:iam::${accountId}:policy${text(path) ?? "/"}${given}` };
};

/** Endings of queues' addresses by partition; elsewhere a queue has to be looked for. */
const QUEUE_DOMAINS: Readonly<Record<string, string>> = {
  aws: "amazonaws.com",
  "aws-us-gov": "amazonaws.com",
  "aws-cn": "amazonaws.com.cn",
};

const queue: Find = ({ name }, { partition, region, accountId }) => {
  const given = text(name);
  const domain = QUEUE_DOMAINS[partition];
  if (given === undefined || domain === undefined) return undefined;
  return { id: `https://sqs.${region}.${domain}/${accountId}/${given}` };
};

/** KMS makes the ids of keys up, and makes a second key when it is asked a second time: only the tags tell. */
const key: Find = ({ tags }, { stamp, region }) => {
  const given = Object.entries(typeof tags === "object" && tags !== null ? tags : {});
  const plain = given.flatMap(([name, value]) => {
    const known = text(value);
    return known === undefined ? [] : [[name, known] as const];
  });
  if (plain.length !== given.length) return undefined;
  return {
    search: {
      kind: "key",
      region,
      tags: { ...Object.fromEntries(plain), [NAMES.stampTag]: stamp },
    },
  };
};

/** A replica has the id of its primary key. */
const replicaKey: Find = ({ primaryKeyArn }) => {
  const id = text(primaryKeyArn)?.split("/")[1];
  return id === undefined ? undefined : { id };
};

const eventSource: Find = ({ functionName, eventSourceArn }, { region }) => {
  const [name, source] = [text(functionName), text(eventSourceArn)];
  if (name === undefined || source === undefined) return undefined;
  return {
    search: { kind: "event source", region, functionName: name, eventSourceArn: source },
  };
};

/** The default bus is left out. */
const onBus =
  (...names: readonly string[]): Find =>
  (inputs, place) => {
    const bus = inputs["eventBusName"];
    const isDefault = bus === undefined || bus === "default";
    return joined("/", ...(isDefault ? [] : ["eventBusName"]), ...names)(inputs, place);
  };

const bucket = joined("", "bucket");
const byName = joined("", "name");

/** Every type that the stacks' programs make. The ids are those by which the provider imports (its page on each type). */
const TYPES: Readonly<Record<string, ResourceType>> = {
  "aws-native:accessanalyzer:Analyzer": own(arn("access-analyzer", "analyzer/", "analyzerName")),
  "aws:cloudwatch/eventBus:EventBus": own(byName),
  "aws:cloudwatch/eventBusPolicy:EventBusPolicy": part(joined("", "eventBusName")),
  "aws:cloudwatch/eventRule:EventRule": own(onBus("name")),
  "aws:cloudwatch/eventTarget:EventTarget": part(onBus("rule", "targetId")),
  "aws:cloudwatch/logGroup:LogGroup": own(byName),
  "aws:cloudwatch/metricAlarm:MetricAlarm": own(byName),
  "aws:iam/policy:Policy": own(policy),
  "aws:iam/role:Role": own(byName),
  "aws:iam/rolePolicy:RolePolicy": part(joined(":", "role", "name")),
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": part(joined("/", "role", "policyArn")),
  "aws:kms/alias:Alias": part(byName),
  "aws:kms/key:Key": own(key),
  "aws:kms/replicaKey:ReplicaKey": own(replicaKey),
  "aws:lambda/eventSourceMapping:EventSourceMapping": part(eventSource),
  "aws:lambda/function:Function": own(byName),
  "aws:lambda/permission:Permission": part(joined("/", "function", "statementId")),
  // A bucket gets its tags after it was made.
  "aws:s3/bucket:Bucket": part(bucket),
  "aws:s3/bucketLogging:BucketLogging": part(bucket),
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": part(bucket),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": part(bucket),
  "aws:s3/bucketPolicy:BucketPolicy": part(bucket),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": part(bucket),
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": part(bucket),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    part(bucket),
  "aws:s3/bucketVersioning:BucketVersioning": part(bucket),
  "aws:sns/topic:Topic": own(arn("sns", "")),
  "aws:sns/topicPolicy:TopicPolicy": part(joined("", "arn")),
  "aws:sqs/queue:Queue": own(queue),
};

/** Types whose pending creations can be finished without a person. */
export const FINDABLE_TYPES: readonly string[] = Object.keys(TYPES);

/** Tells for every pending creation of a state how it is found again. */
export function planPending(
  state: Deployment,
  { stamp, accountId }: Pick<Place, "stamp" | "accountId">,
): readonly PendingCreate[] {
  const { resources = [] } = state;
  return pendingCreates(state).map((resource): PendingCreate => {
    const { urn, type, inputs = {} } = resource;
    if (resources.some((other) => other.urn === urn)) {
      return { resource, why: "it was to replace one that is there" };
    }
    const provider = resources.find(
      (other) => `${other.urn}::${other.id ?? ""}` === resource.provider,
    );
    const region = text(inputs["region"]) ?? text(provider?.inputs?.["region"]);
    if (region === undefined) return { resource, why: "its provider is not in the state" };
    const place = { stamp, accountId, region, partition: partitionOf(region) };
    const whereabouts = TYPES[type]?.find(inputs, place);
    if (whereabouts === undefined) return { resource, why: "its name does not say what its id is" };
    if (text(inputs["region"]) === undefined || !("id" in whereabouts)) {
      return { resource, whereabouts };
    }
    return { resource, whereabouts: { id: inRegion(whereabouts.id, region) } };
  });
}

/** How a provider of one Region is asked for what is in another. */
export const inRegion = (id: string, region: string): string => `${id}@${region}`;

/** The ids of what a state holds already, of one type: those are not what is looked for. */
export function knownIds({ resources = [] }: Deployment, type: string): ReadonlySet<string> {
  return new Set(resources.flatMap((one) => (one.type === type && one.id ? [one.id] : [])));
}

/**
 * The state as if the creations had ended, each with the id by which its provider finds it and with nothing of what AWS says of
 * it. Only good for a refresh: a provider that is asked for a resource without a state looks for it as for an import, and what
 * it does not find the engine takes out again.
 */
export function asIfCreated(
  state: Deployment,
  made: readonly { readonly resource: StateResource; readonly id: string }[],
): Deployment {
  const finished = made.map(({ resource, id }) => ({ ...resource, id, outputs: {} }));
  return { ...state, resources: [...(state.resources ?? []), ...finished], pending_operations: [] };
}

/** Other resources that an interrupted operation was about, and that a refresh can tell the truth of. */
export function touched({
  resources = [],
  pending_operations = [],
}: Deployment): readonly string[] {
  const known = new Set(resources.map(({ urn }) => urn));
  return pending_operations
    .filter(({ type, resource }) => type !== "creating" && known.has(resource.urn))
    .map(({ resource }) => resource.urn);
}

/** Whether a resource that was found carries the stamp's tag; true for types that get their tags later, or none. */
export function isOurs({ type, outputs = {} }: StateResource, stamp: StampName): boolean {
  if (TYPES[type]?.tagged !== true) return true;
  const tags = outputs["tagsAll"] ?? outputs["tags"];
  if (Array.isArray(tags)) {
    return tags.some(
      (tag: { key?: unknown; value?: unknown }) =>
        tag.key === NAMES.stampTag && tag.value === stamp,
    );
  }
  return (tags as Inputs | undefined)?.[NAMES.stampTag] === stamp;
}

/** A pending creation for people: what it is, and its name in the program. */
export const described = ({ type, urn }: StateResource): string => `${type} ${nameOf(urn)}`;
