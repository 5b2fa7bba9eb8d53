import { readWork, type ChangedSecret } from "../core/events";
import { failureKey } from "../core/keys";
import { orderOf, parseJson, readBackupOrder } from "../core/requests";
import type { BackupOrder, BackupResult, FailureNote, Member } from "../model";
import type { FunctionError, Log, Metrics, Random, WorkQueue } from "../ports";

import { backupSecret, type BackupPorts } from "./backup-secret";
import { memberSettings } from "./fleet-settings";
import { eachSettled } from "../../stacks/at-once";
import { asFunctionError, retrySeconds } from "./retry";
import { readBatch, type BatchAnswer, type QueueMessage } from "./sqs";

export interface BackupFunctionPorts extends BackupPorts {
  readonly work: Pick<WorkQueue, "retryIn">;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly random: Random;
}

/** Secrets of one batch that are worked on at the same time. */
const AT_ONCE = 10;

/**
 * The function `backup`. It is given a batch of the work queue, orders and events mixed, and answers which of them are to
 * come again; or it is given one order by hand, and answers what it did.
 */
export function backupFunction(ports: BackupFunctionPorts) {
  const settings = memberSettings(ports.bucket, ports.clock);
  return async (event: unknown): Promise<BatchAnswer | BackupResult> => {
    if (orderOf(event) !== undefined) {
      const { member, change } = fromOrder(readBackupOrder(event));
      return observed(ports, [], () => one(ports, member, change));
    }
    const messages = readBatch(event);
    // Several messages about one secret are one piece of work; messages that cannot be read stand alone.
    const groups = groupBy(messages.map(readMessage));
    const ends = await eachSettled(groups, AT_ONCE, async (group) => {
      const { work } = group;
      if (work instanceof Error) throw work;
      if (work.kind === "nothing") return;
      const found =
        work.kind === "order"
          ? fromOrder(work.order)
          : { change: work.change, member: await settings(work.change.accountId) };
      const { member, change } = found;
      if (member === undefined) {
        ports.log.info("An event of an account that is no member; a sweep over all makes it one", {
          account: change.accountId,
        });
        return;
      }
      await observed(ports, group.messages, () => one(ports, member, change));
    });
    return answer(
      ports,
      groups,
      ends.map((end) => (end.ok ? undefined : end.error)),
    );
  };
}

interface Found {
  readonly member: Member;
  readonly change: ChangedSecret;
}

function fromOrder({ place, arn, member }: BackupOrder): Found {
  const { accountId, region, name } = place;
  return { member, change: { accountId, region, name, secretId: arn } };
}

type ReadMessage = ReturnType<typeof readMessage>;

function readMessage(message: QueueMessage) {
  try {
    return { message, work: readWork(parseJson(message.body, "The message in the work queue")) };
  } catch (error) {
    return { message, work: asFunctionError(error) };
  }
}

interface Group {
  readonly work: ReadMessage["work"];
  readonly messages: readonly QueueMessage[];
}

/** An order says more than an event (the settings it was given), so it stands for its group where there is one. */
function groupBy(read: readonly ReadMessage[]): Group[] {
  const groups = new Map<string, { work: ReadMessage["work"]; messages: QueueMessage[] }>();
  for (const { message, work } of read) {
    const key = secretOf(work) ?? message.messageId;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { work, messages: [message] });
    else {
      group.messages.push(message);
      if (!(work instanceof Error) && work.kind === "order") group.work = work;
    }
  }
  return [...groups.values()];
}

function secretOf(work: ReadMessage["work"]): string | undefined {
  if (work instanceof Error || work.kind === "nothing") return undefined;
  const { accountId, region, secretId } =
    work.kind === "order" ? fromOrder(work.order).change : work.change;
  return `${accountId} ${region} ${secretId}`;
}

/** Backs one secret up, and leaves a note where coverage is looked up when that fails. */
async function one(
  ports: BackupFunctionPorts,
  member: Member,
  change: ChangedSecret,
): Promise<BackupResult> {
  try {
    return await backupSecret(ports, member, change);
  } catch (error) {
    const failure = asFunctionError(error);
    await leaveNote(ports, change, failure);
    throw failure;
  }
}

async function leaveNote(
  ports: BackupFunctionPorts,
  { accountId, region, name }: ChangedSecret,
  { code, message }: FunctionError,
): Promise<void> {
  const note: FailureNote = {
    schema: 1,
    accountId,
    region,
    name,
    failedAt: ports.clock.now().toISOString(),
    code,
    message,
  };
  try {
    await ports.bucket.write(failureKey(note), Buffer.from(JSON.stringify(note)));
  } catch (error) {
    // The failure itself matters more, and is told by the queue as well.
    ports.log.warn("The note about the failure could not be left", {
      secret: name,
      code: asFunctionError(error).code,
    });
  }
}

/** Logs and measures one piece of work. */
async function observed(
  ports: BackupFunctionPorts,
  messages: readonly QueueMessage[],
  work: () => Promise<BackupResult>,
): Promise<BackupResult> {
  const started = ports.clock.now().getTime();
  const seconds = () => (ports.clock.now().getTime() - started) / 1000;
  try {
    const result = await work();
    const { accountId, region, name } = result.place;
    const { outcome, written } = result;
    ports.log.info("Backup", { account: accountId, region, secret: name, outcome, written });
    ports.metrics.backup(written, 0, seconds());
    return result;
  } catch (error) {
    const { code, message, retry } = asFunctionError(error);
    ports.log.warn("Backup failed", { code, reason: message, retry, messages: messages.length });
    ports.metrics.backup(0, 1, seconds());
    throw error;
  }
}

/** Which messages come again, and when; after the queue's last try they go to the failures, where an alarm hangs. */
async function answer(
  ports: BackupFunctionPorts,
  groups: readonly Group[],
  errors: readonly unknown[],
): Promise<BatchAnswer> {
  const failed = groups.flatMap((group, index) =>
    errors[index] === undefined ? [] : group.messages,
  );
  await eachSettled(failed, AT_ONCE, async ({ receipt, receives }) => {
    try {
      await ports.work.retryIn(receipt, retrySeconds(receives, ports.random));
    } catch (error) {
      // It comes back by itself, later.
      ports.log.warn("A message could not be given back early", {
        code: asFunctionError(error).code,
      });
    }
  });
  for (const { work } of groups) {
    if (work instanceof Error) {
      ports.log.warn("A message cannot be read", { code: work.code, reason: work.message });
    }
  }
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
