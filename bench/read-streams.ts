import { serverSentEvents } from "../server/cli/events";

/**
 * Opens event streams and reads them for as long as they go on. Resolves when all of them are open; `events` says how many
 * events have come since. Throws when one is refused.
 *
 * @param tokens taken in turn: the service lets one caller have only so many streams.
 */
export async function createReadStreams(
  address: string,
  count: number,
  tokens: readonly string[],
): Promise<{ events: () => number }> {
  let events = 0;
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const { data } of serverSentEvents(body)) if (data !== "") events += 1;
  };
  const opened = await Promise.all(
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
      return response.body;
    }),
  );
  // The end of the service ends them; what they have read by then counts.
  for (const body of opened) void read(body).catch(() => undefined);
  return { events: () => events };
}
