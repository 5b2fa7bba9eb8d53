import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What came to the receiver. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body, read. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly subject: string;
    readonly source: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** A receiver of webhooks on this host that remembers everything and answers what the test wants. */
export async function hookReceiver() {
  const received: Received[] = [];
  const state = { status: 204 };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const headers = request.headers as Record<string, string>;
      received.push({ headers, body, event: JSON.parse(body) as Received["event"] });
      response.writeHead(state.status).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    /** The HTTP status of the answers from now on. */
    answer(status: number): void {
      state.status = status;
    },
    /** The events of a type so far. */
    of: (type: string) => received.filter(({ event }) => event.type === type),
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
