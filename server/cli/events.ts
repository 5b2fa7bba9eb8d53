/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` when the server names none. */
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
  /** Milliseconds to wait before connecting again, when the server says so. */
  readonly retry: number | undefined;
}

/**
 * Reads an event stream (WHATWG, "Server-sent events"). An event that the end of the connection cuts off is dropped: it
 * comes again after reconnecting with the last id.
 */
export async function* serverSentEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let block: string[] = [];
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A lone CR at the end may be the first half of CRLF.
    const held = rest.endsWith("\r") ? "\r" : "";
    const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + held;
    for (const line of lines) {
      if (line !== "") {
        block.push(line);
        continue;
      }
      const event = readBlock(block);
      block = [];
      if (event !== undefined) yield event;
    }
  }
}

function readBlock(lines: readonly string[]): ServerSentEvent | undefined {
  const data: string[] = [];
  let event = "message";
  let id: string | undefined;
  let retry: number | undefined;
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "retry" && /^\d+$/.test(value)) retry = Number(value);
  }
  if (data.length === 0 && retry === undefined) return undefined;
  return { event, data: data.join("\n"), id, retry };
}
