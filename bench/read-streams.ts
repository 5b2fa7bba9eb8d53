import { serverSentEvents } from "../server/cli/events";

/** Streams that are read. */
export interface ReadStreams {
  /** Events that have come so far, over all of them. */
  readonly events: () => number;
  /** Those that have ended, in whatever way: what is measured after the first one is not what was asked for. */
  readonly ended: () => number;
}

/**
 * Opens event streams and reads each from the moment on which it is open: fetch cancels the body of an answer that nobody
 * holds and nobody reads yet as soon as memory is cleaned up, and says nothing. Resolves when all of them are open. Throws
 * when one is refused.
 *
 * @param tokens taken in turn: the service lets one caller have only so many streams.
 */
export async function createReadStreams(
  address: string,
  count: number,
  tokens: readonly string[],
): Promise<ReadStreams> {
  let events = 0;
  let ended = 0;
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const { data } of serverSentEvents(body)) if (data !== "") events += 1;
  };
  const end = (): void => {
    ended += 1;
  };
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const response = await fetch(address, {
        headers: {
          accept: "text/event-stream",
          authorization: `Bearer ${tokens[index % tokens.length] ?? ""}`,
        },
      });
      if (response.status !== 200 || response.body === null) {
        throw new Error(`a stream was answered with ${response.status}`);
      }
      void read(response.body).then(end, end);
    }),
  );
  return { events: () => events, ended: () => ended };
}
