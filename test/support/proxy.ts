import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What becomes of a request: it goes through, after some time if wanted, or is answered with an error. */
export type Fate =
  { readonly delayMs?: number } | { readonly status: number; readonly code: string };

/** A proxy before the emulator that tests let fail. Counts what it refused. */
export class Proxy {
  /** Decides for each request; everything goes through until a test says otherwise. */
  decide: (method: string, path: string) => Fate = () => ({});
  refused = 0;
  onRefused: () => unknown = () => undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(endpoint: string): Promise<Proxy> {
    const target = new URL(endpoint);
    const server = createServer((incoming, answer) => {
      const fate = proxy.decide(incoming.method ?? "", incoming.url ?? "");
      if ("status" in fate) {
        proxy.refused += 1;
        proxy.onRefused();
        incoming.resume();
        answer.writeHead(fate.status, { "content-type": "application/xml" });
        answer.end(`<?xml version="1.0"?><Error><Code>${fate.code}</Code></Error>`);
        return;
      }
      void sleep(fate.delayMs ?? 0).then(() => {
        // The Host header stays: it is part of what was signed.
        const { method, url: path, headers } = incoming;
        const { hostname: host, port } = target;
        const onward = request({ host, port, method, path, headers }, (back: IncomingMessage) => {
          answer.writeHead(back.statusCode ?? 502, back.headers);
          back.pipe(answer);
        });
        onward.on("error", () => answer.destroy());
        incoming.pipe(onward);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new Proxy(server, (server.address() as AddressInfo).port);
    return proxy;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
