import { expect } from "chai";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { strongroom } from "./harness";

describe("A service that is not well", () => {
  let server: Server;
  const answers: ((
    url: string,
  ) => { status: number; headers?: Record<string, string>; body?: string } | undefined)[] = [];
  let asked: { url: string; lastEventId: string | undefined; key: string | undefined }[] = [];
  const client = (argv: string[]) =>
    strongroom(undefined, argv, {
      io: {
        environment: {
          STRONGROOM_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          STRONGROOM_TOKEN: "t",
        },
      },
    });
  beforeEach(async () => {
    asked = [];
    answers.length = 0;
    server = createServer((request, response) => {
      asked.push({
        url: request.url!,
        lastEventId: request.headers["last-event-id"] as string | undefined,
        key: request.headers["idempotency-key"] as string | undefined,
      });
      const answer = answers.shift()?.(request.url!);
      if (answer === undefined) {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const json = (status: number, body: unknown) => () => ({ status, body: JSON.stringify(body) });
  const nothing = () => undefined;

  it("is asked again after 503 and broken connections, with the same key", async () => {
    const busy = json(503, { code: "RUN_OVERLOADED", detail: "Too busy." });
    answers.push(busy, nothing, json(202, { id: "r" }));
    const { exit, stdout } = await client(["up", "--detach"]);
    expect({ exit, stdout }).to.deep.equal({ exit: 0, stdout: "r\n" });
    expect(asked).to.have.length(3);
    expect(new Set(asked.map(({ key }) => key)).size).to.equal(1);
  });

  it("is given up after five tries, with the reason and exit code 3", async () => {
    const { exit, stderr } = await client(["runs"]);
    expect(exit).to.equal(3);
    expect(asked).to.have.length(5);
    expect(stderr).to.match(/cannot be reached: .+\. \[SERVICE_UNREACHABLE\]\n→ Check --url/);
    answers.push(
      ...Array.from({ length: 5 }, () =>
        json(503, { code: "RUN_OVERLOADED", detail: "Too busy." }),
      ),
    );
    expect((await client(["runs"])).exit).to.equal(3);
  });

  it("is told from something else that answers there", async () => {
    answers.push(() => ({ status: 404, body: "<h1>nginx</h1>" }));
    const { exit, stderr } = await client(["runs"]);
    expect(exit).to.equal(3);
    expect(stderr).to.include("which is not what Strongroom says");
  });

  it("is followed on after a lost connection from where it was", async () => {
    const event = (seq: number, type: string, data: object) =>
      `id: r:${seq}\ndata: ${JSON.stringify({ runId: "r", seq, at: "2026-01-02T03:04:05Z", type, data })}\n\n`;
    const stream = (body: string) => () => ({
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: `retry: 1\n\n${body}`,
    });
    const run = { id: "r", operation: "up", status: "succeeded", stamps: [], accounts: [] };
    answers.push(
      json(200, run),
      stream(event(1, "run.started", {})),
      nothing,
      stream(event(1, "run.started", {}) + event(2, "run.ended", { status: "succeeded" })),
    );
    const { exit, stdout } = await client(["logs", "r", "--follow"]);
    expect(exit).to.equal(0);
    expect(stdout).to.equal(
      "2026-01-02T03:04:05Z run started\n2026-01-02T03:04:05Z run succeeded\n",
    );
    expect(asked.slice(1).map(({ lastEventId }) => lastEventId)).to.deep.equal([
      undefined,
      "r:1",
      "r:1",
    ]);
  });
});
