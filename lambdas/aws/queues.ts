import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

import { FunctionError } from "../ports";

import { fromAws } from "./errors";

/** SQS takes this many messages in a call. */
const BATCH = 10;
/** … and this many bytes, 256 KiB less room for what it counts beside the bodies. */
const BATCH_BYTES = 250_000;

/** A queue of JSON messages over SQS; the ports say which messages. */
export function createQueue(sqs: SQSClient, url: string) {
  return {
    send: async (messages: readonly object[]): Promise<void> => {
      const batches = inBatches(messages.map((message) => JSON.stringify(message)));
      for (const bodies of batches) await sendBatch(sqs, url, bodies);
    },
    retryIn: async (receipt: string, seconds: number): Promise<void> => {
      try {
        await sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: url,
            ReceiptHandle: receipt,
            VisibilityTimeout: seconds,
          }),
        );
      } catch (error) {
        throw fromAws("sqs:ChangeMessageVisibility", url, error);
      }
    },
  };
}

async function sendBatch(sqs: SQSClient, url: string, bodies: readonly string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  const answer = await sqs
    .send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
    .catch((error: unknown) => {
      throw fromAws("sqs:SendMessage", url, error);
    });
  const failed = answer.Failed ?? [];
  if (failed.length === 0) return;
  throw new FunctionError(
    "QUEUE_REFUSED",
    `${failed.length} of ${bodies.length} messages were not taken by ${url} (${failed[0]?.Code ?? "no reason"})`,
    failed.some(({ SenderFault }) => SenderFault !== true),
  );
}

function inBatches(bodies: readonly string[]): string[][] {
  const batches: string[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    const last = batches.at(-1);
    if (last === undefined || last.length === BATCH || bytes + size > BATCH_BYTES) {
      batches.push([body]);
      bytes = size;
    } else {
      last.push(body);
      bytes += size;
    }
  }
  return batches;
}
