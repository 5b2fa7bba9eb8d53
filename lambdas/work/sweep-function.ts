import { parseJson, readSweepRequest } from "../core/requests";
import type { AccountCoverage, SweepAllAnswer, SweepRequest } from "../model";
import type { Random, SweepQueue, WorkQueue } from "../ports";

import { eachSettled } from "../../stacks/at-once";
import { asFunctionError, retrySeconds } from "./retry";
import { isBatch, readBatch, type BatchAnswer, type QueueMessage } from "./sqs";
import { sweepAccount, type SweepAccountPorts } from "./sweep-account";
import { sweepAll, type SweepAllPorts } from "./sweep-all";

export interface SweepFunctionPorts extends SweepAccountPorts, SweepAllPorts {
  readonly work: WorkQueue;
  readonly sweeps: SweepQueue;
  readonly random: Random;
}

/** Accounts of one batch that are swept at the same time. */
const AT_ONCE = 10;

/**
 * The function `sweep`. The schedule and the service ask it for a sweep over all, or of one account, whose coverage it
 * answers; its own queue gives it one account a message, and it answers which of them are to come again.
 */
export function sweepFunction(ports: SweepFunctionPorts) {
  return async (event: unknown): Promise<AccountCoverage | SweepAllAnswer | BatchAnswer> => {
    if (isBatch(event)) return batch(ports, readBatch(event));
    return (await sweep(ports, readSweepRequest(event))).answer;
  };
}

async function sweep(
  ports: SweepFunctionPorts,
  request: SweepRequest,
): Promise<{ answer: AccountCoverage | SweepAllAnswer; retry: boolean }> {
  if (request.order === "sweep-all") {
    return { answer: await sweepAll(ports, request.members), retry: false };
  }
  const { coverage, retry } = await sweepAccount(ports, request.member, request.backup);
  return { answer: coverage, retry };
}

async function batch(
  ports: SweepFunctionPorts,
  messages: readonly QueueMessage[],
): Promise<BatchAnswer> {
  const ends = await eachSettled(messages, AT_ONCE, async ({ body }) =>
    sweep(ports, readSweepRequest(parseJson(body, "The message in the sweep queue"))),
  );
  const failed = messages.filter((_, index) => {
    const end = ends[index];
    if (end?.ok === true) return end.value.retry;
    const { code, message, retry } = asFunctionError(end?.error);
    ports.log.warn("Sweep failed", { code, reason: message, retry });
    return true;
  });
  await eachSettled(failed, AT_ONCE, async ({ receipt, receives }) => {
    try {
      await ports.sweeps.retryIn(receipt, retrySeconds(receives, ports.random));
    } catch (error) {
      // It comes back by itself, later.
      ports.log.warn("A message could not be given back early", {
        code: asFunctionError(error).code,
      });
    }
  });
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
