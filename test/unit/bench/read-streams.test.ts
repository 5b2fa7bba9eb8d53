import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { createReadStreams } from "../../../bench/read-streams";

describe("Readers of an event stream", () => {
  const streams: ServerResponse[] = [];
  const callers: string[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    callers.push(request.headers.authorization ?? "");
    response.writeHead(status, { "content-type": "text/event-stream" });
    response.flushHeaders();
    if (status === 200) streams.push(response);
    else response.end();
  });
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

  it("are refused as one", async () => {
    status = 429;
    const outcome = await createReadStreams(address, 1, ["a"]).catch((error: unknown) => error);
    expect(outcome).to.have.property("message", "a stream was answered with 429");
  });
});
