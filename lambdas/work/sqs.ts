import { FunctionError } from "../ports";

/** A message as a Lambda function gets it from its queue. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  /** Receipt handle. */
  readonly receipt: string;
  /** How often it was received, this time counted. */
  readonly receives: number;
}

/** Says which messages of a batch failed; the others are deleted (`ReportBatchItemFailures`). */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

interface SqsRecord {
  readonly messageId?: unknown;
  readonly body?: unknown;
  readonly receiptHandle?: unknown;
  readonly attributes?: { readonly ApproximateReceiveCount?: unknown };
}

/** Whether an event is a batch of a queue. */
export function isBatch(event: unknown): event is { readonly Records: readonly SqsRecord[] } {
  return (
    typeof event === "object" &&
    event !== null &&
    "Records" in event &&
    Array.isArray(event.Records)
  );
}

/** Reads a batch. Throws `REQUEST_INVALID` for anything else: nothing of it could be reported back. */
export function readBatch(event: unknown): QueueMessage[] {
  if (!isBatch(event)) {
    throw new FunctionError(
      "REQUEST_INVALID",
      "The function was called with neither an order nor a batch of its queue",
      false,
    );
  }
  return event.Records.map(({ messageId, body, receiptHandle, attributes }) => ({
    messageId: String(messageId),
    body: String(body),
    receipt: String(receiptHandle),
    receives: Number(attributes?.ApproximateReceiveCount ?? 1),
  }));
}
