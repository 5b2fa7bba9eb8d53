import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect } from "chai";

import { createReadStreams } from "../../../bench/read-streams";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("Readers of an event stream", () => {
  const streams: ServerResponse[] = [];
  const callers: string[] = [];
  let status = 200;
  /** The second stream of a test waits for it. */
  let later = Promise.resolve();
  const server = createServer((request, response) => {
    callers.push(request.headers.authorization ?? "");
    void (streams.length === 1 ? later : Promise.resolve()).then(() => answer(response));
  });
  function answer(response: ServerResponse): void {
    response.writeHead(status, { "content-type": "text/event-stream" });
    response.flushHeaders();
    if (status === 200) streams.push(response);
    else response.end();
  }
  let address = "";
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  it("are open at once, share the tokens, and count what comes", async () => {
    const { events } = await createReadStreams(address, 3, ["a", "b"]);
    expect(callers.sort()).to.deep.equal(["Bearer a", "Bearer a", "Bearer b"]);
    for (const stream of streams) stream.write("id: 1\ndata: {}\n\nid: 2\ndata: {}\n\n");
    while (events() < 6) await new Promise((resolve) => setImmediate(resolve));
    expect(events()).to.equal(6);
  });

  it("go on when memory is cleaned up while others are still opened", async () => {
    streams.length = 0;
    let late: (() => void) | undefined;
    later = new Promise((resolve) => {
      late = resolve;
    });
    const opening = createReadStreams(address, 2, ["a"]);
    while (streams.length < 1) await new Promise((resolve) => setImmediate(resolve));
    for (let times = 0; times < 5; times++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      collectGarbage();
    }
    late?.();
    const { events, ended } = await opening;
    for (const stream of streams) stream.write("id: 1\ndata: {}\n\n");
    while (events() + ended() < 2) await new Promise((resolve) => setImmediate(resolve));
    expect({ events: events(), ended: ended() }).to.deep.equal({ events: 2, ended: 0 });
    streams[0]?.end();
    while (ended() < 1) await new Promise((resolve) => setImmediate(resolve));
  });

  it("are refused as one", async () => {
    status = 429;
    const outcome = await createReadStreams(address, 1, ["a"]).catch((error: unknown) => error);
    expect(outcome).to.have.property("message", "a stream was answered with 429");
  });
});
