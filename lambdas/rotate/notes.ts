import { rotationNoteKey, rotationNotePrefix } from "../core/keys";
import type { VaultBucket } from "../ports";
import type { RotationNote } from "../rotation-model";

import { mapBounded } from "../../stacks/at-once";

/** Notes that are read at the same time. */
const AT_ONCE = 8;

type Secret = Pick<RotationNote, "accountId" | "region" | "name">;

/** The last rotation of a secret; undefined where there was none. */
export async function readNote(
  bucket: Pick<VaultBucket, "read">,
  secret: Secret,
): Promise<RotationNote | undefined> {
  const body = await bucket.read(rotationNoteKey(secret));
  if (body === undefined) return undefined;
  return JSON.parse(Buffer.from(body).toString("utf8")) as RotationNote;
}

export async function writeNote(
  bucket: Pick<VaultBucket, "write">,
  note: RotationNote,
): Promise<void> {
  await bucket.write(rotationNoteKey(note), Buffer.from(JSON.stringify(note)));
}

/** The notes about the secrets of an account, by their ARN. A secret that was made again has none of before. */
export async function notesOf(
  bucket: Pick<VaultBucket, "read" | "list">,
  accountId: string,
): Promise<ReadonlyMap<string, RotationNote>> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(rotationNotePrefix(accountId))) keys.push(key);
  const notes = await mapBounded(keys, AT_ONCE, async (key) => {
    const body = await bucket.read(key);
    return body === undefined
      ? undefined
      : (JSON.parse(Buffer.from(body).toString("utf8")) as RotationNote);
  });
  return new Map(notes.flatMap((note) => (note === undefined ? [] : [[note.arn, note] as const])));
}
