import { without } from "../core/without";
import type { ManifestVersion, RestoreItem } from "../model";
import {
  FunctionError,
  type SecretDescription,
  type SecretValue,
  type SecretWriter,
} from "../ports";
import type { Backups } from "./backups";
import { CURRENT, type Backup } from "./choose";
import { decide, type Decision } from "./decide";
import { policyFor, rotationFor, toMake } from "./remake";
import { derivedToken } from "./tokens";
import { holderOf, mayBeUnfinished, RESTORED, unfinished } from "./unfinished";

/** What is written, and with what. */
export interface Writing {
  readonly item: RestoreItem;
  readonly backup: Backup;
  readonly overwriteNewer: boolean;
  readonly backups: Pick<Backups, "value">;
  readonly writer: SecretWriter;
}

/** What was found out on the way that a person should know. */
type Notes = string[];

/**
 * Brings one secret back. Looks at the destination anew, so that a value that came since the plan is not overwritten, and
 * so that a writing that was cut off between any two of its calls goes on: each call is one that may come twice. The value
 * is proven against its backup before it is written, and after it by writing it again: Secrets Manager takes a second
 * value for a version only when it is the same. Throws FunctionError; nothing of a value is in it.
 */
export async function writeSecret(writing: Writing): Promise<RestoreItem> {
  const { item, backup, writer } = writing;
  const value = await writing.backups.value(backup.manifest, backup.target);
  const before = await writer.describe(item.to.name);
  const decision = decide(backup, item.to, before, writing.overwriteNewer);
  const notes: Notes = [];
  if (decision.action === "refuse") return answer(item, decision, notes);
  if (decision.cancelsDeletion && before !== undefined) await writer.cancelDeletion(before.arn);
  const arn = await makeIfMissing(writing, before, decision, notes);
  const token = await putProven(writing, arn, value, before, decision);
  if (decision.action === "move-stage" || decision.action === "put-version") {
    await writer.moveStage(arn, CURRENT, token, holderOf(CURRENT, before));
  }
  // What a restore made, whole or in part; a secret that was there all the time keeps its own.
  if (arn !== backup.manifest.arn) await finish(writing, arn, token, notes);
  return { ...answer(item, decision, notes), verified: true };
}

function answer(item: RestoreItem, decision: Decision, notes: Notes): RestoreItem {
  const reasons = [...(decision.reason === undefined ? [] : [decision.reason]), ...notes];
  return {
    ...without(item, "reason"),
    action: decision.action,
    cancelsDeletion: decision.cancelsDeletion,
    ...(reasons.length === 0 ? {} : { reason: reasons.join(". ") }),
  };
}

/** Makes the secret where it is not there, and puts its policy on it before it has a value. */
async function makeIfMissing(
  { backup, item, writer }: Writing,
  before: SecretDescription | undefined,
  { action }: Decision,
  notes: Notes,
): Promise<string> {
  const { manifest } = backup;
  const arn = before?.arn ?? (await writer.create(toMake(manifest, item.to))).arn;
  const policy = policyFor(manifest, arn);
  if (action !== "create" || policy === undefined || before?.resourcePolicy !== undefined)
    return arn;
  try {
    await writer.putPolicy(arn, policy);
  } catch (error) {
    // At home the policy must stand. Elsewhere it names people of another account, who may not be there any more.
    const elsewhere = manifest.accountId !== item.to.accountId;
    if (!elsewhere || !(error instanceof FunctionError) || error.retry) throw error;
    notes.push(`Its resource policy was not accepted here (${error.code}): write one that fits`);
  }
  return arn;
}

/** Sees to it that the value is there, proven, and tells under which version id. */
async function putProven(
  { backup, item, writer }: Writing,
  arn: string,
  value: SecretValue,
  before: SecretDescription | undefined,
  { action }: Decision,
): Promise<string> {
  const stages = [action === "create" ? CURRENT : RESTORED];
  const has = (id: string) => before?.versions.some(({ versionId }) => versionId === id) === true;
  const put = async (token: string) => {
    await writer.put(arn, token, value, stages);
    if (!has(token)) await writer.put(arn, token, value, stages);
    return token;
  };
  const derived = derivedToken(item.to, backup.target);
  if (has(derived)) return put(derived);
  try {
    return await put(backup.target.versionId);
  } catch (error) {
    // Something else was written under its id, which stays taken for ever.
    if (!differs(error)) throw error;
    return put(derived);
  }
}

const differs = (error: unknown) =>
  error instanceof FunctionError && error.code === "VERSION_DIFFERS";

/**
 * The rest of a secret that was made again: older versions, labels and rotation, each only where it is missing. Most secrets
 * have none of these: then their place is not looked at once more.
 */
async function finish(writing: Writing, arn: string, token: string, notes: Notes): Promise<void> {
  const { backup, item, writer } = writing;
  const { reason } = rotationFor(backup.manifest, item.to);
  if (reason !== undefined) notes.push(reason);
  if (!mayBeUnfinished(backup, item.to)) return;
  const now = await writer.describe(item.to.name);
  if (now === undefined) return;
  const { others, labels, rotation } = unfinished(backup, item.to, now);
  for (const other of others) await bringBack(writing, arn, other.version, other.labels, now);
  for (const label of labels) await writer.moveStage(arn, label, token);
  if (rotation === undefined) return;
  try {
    await writer.rotate(arn, rotation);
  } catch (error) {
    // The value is what matters; a rotation that is off is seen and turned on by its owner.
    if (!(error instanceof FunctionError) || error.retry) throw error;
    notes.push(`Its rotation could not be turned on (${error.code}): ${error.message}`);
  }
}

async function bringBack(
  { backup, backups, item, writer }: Writing,
  arn: string,
  version: ManifestVersion,
  labels: readonly string[],
  now: SecretDescription,
): Promise<void> {
  const value = await backups.value(backup.manifest, version);
  const put = async (token: string) => {
    await writer.put(arn, token, value, labels);
    // For a version that was there already the call only proves its value.
    const there = now.versions.some(({ versionId }) => versionId === token);
    for (const label of there ? labels : []) await writer.moveStage(arn, label, token);
  };
  try {
    await put(version.versionId);
  } catch (error) {
    if (!differs(error)) throw error;
    await put(derivedToken(item.to, version));
  }
}
