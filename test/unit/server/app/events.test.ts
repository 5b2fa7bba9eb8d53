import { get as httpGet, type IncomingMessage } from "node:http";

import { expect } from "chai";

import { bearer, sampleRun } from "../../../support/fake-services";
import { testApp, type TestApp } from "../../../support/http-app";

describe("the events of a run", () => {
  let t: TestApp;
  beforeEach(async () => {
    t = await testApp({ heartbeatMs: 15 });
    t.runs.runs.set("run-1", sampleRun());
  });
  afterEach(() => t.app.close());

  const stream = (headers: Record<string, string> = {}, query = "") =>
    t.app.inject({
      url: `/v1/runs/run-1/events${query}`,
      headers: { ...bearer("viewer"), accept: "text/event-stream", ...headers },
    });
  const ids = (body: string) => [...body.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);

  it("come as a stream with ids, and an end after the last", async () => {
    t.runs.push("run-1", "run.queued", { text: "line\nid: forged:9\n\nevent: end" });
    t.runs.push("run-1", "run.ended");
    const { headers, body } = await stream();
    expect(headers).to.include({
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
      "cache-control": "no-store",
    });
    expect(ids(body)).to.deep.equal(["run-1:1", "run-1:2"]);
    expect(body.match(/^event: end$/gm)).to.have.length(1);
    expect(body.endsWith("event: end\ndata: {}\n\n")).to.equal(true);
  });

  it("go on behind Last-Event-ID", async () => {
    for (let n = 0; n < 4; n++) t.runs.push("run-1", "stamp.message", { n });
    t.runs.push("run-1", "run.ended");
    expect(ids((await stream({ "last-event-id": "run-1:3" })).body)).to.deep.equal([
      "run-1:4",
      "run-1:5",
    ]);
    expect(ids((await stream({}, "?after=4")).body)).to.deep.equal(["run-1:5"]);
  });

  it("answer 204 to a client that has seen them all", async () => {
    t.runs.push("run-1", "run.ended");
    const answer = await stream({ "last-event-id": "run-1:1" });
    expect(answer.statusCode).to.equal(204);
    expect(answer.body).to.equal("");
  });

  for (const id of ["run-2:1", "run-1", "run-1:x", "run-1:1:2", "run-1:-1"]) {
    it(`refuse the Last-Event-ID ${id}`, async () => {
      const answer = await stream({ "last-event-id": id });
      expect(answer.statusCode).to.equal(422);
      expect(answer.json()).to.include({ code: "SPEC_INVALID" });
    });
  }

  it("come with signs of life while nothing happens", async () => {
    const waiting = stream();
    await new Promise((resolve) => setTimeout(resolve, 60));
    t.runs.push("run-1", "run.ended");
    expect((await waiting).body.match(/^: /gm)?.length).to.be.greaterThan(1);
  });

  it("come as pages of JSON too", async () => {
    for (let n = 0; n < 3; n++) t.runs.push("run-1", "stamp.message", { n });
    t.runs.push("run-1", "run.ended");
    const page = async (query: string) =>
      (
        await t.app.inject({ url: `/v1/runs/run-1/events${query}`, headers: bearer("viewer") })
      ).json<{ items: { seq: number }[]; ended: boolean }>();
    const first = await page("?limit=3");
    expect(first.items.map(({ seq }) => seq)).to.deep.equal([1, 2, 3]);
    expect(first.ended).to.equal(false);
    const second = await page("?after=3&limit=3");
    expect(second.items.map(({ seq }) => seq)).to.deep.equal([4]);
    expect(second.ended).to.equal(true);
  });

  it("do not keep the service from closing, and are not said to have ended", async () => {
    const address = await t.app.listen({ port: 0, host: "127.0.0.1" });
    t.runs.push("run-1", "run.started");
    const bodies = await Promise.all(
      [1, 2, 3].map(async () => {
        const answer = await new Promise<IncomingMessage>((resolve, reject) => {
          httpGet(
            `${address}/v1/runs/run-1/events`,
            { headers: { ...bearer("viewer"), accept: "text/event-stream" } },
            resolve,
          ).on("error", reject);
        });
        let body = "";
        answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
        const done = new Promise<string>((resolve) => answer.on("close", () => resolve(body)));
        return { done };
      }),
    );
    const metrics = await t.app.inject({ url: "/metrics", headers: bearer("viewer") });
    expect(metrics.body).to.contain("strongroom_event_streams 3");
    await t.app.close();
    for (const { done } of bodies) expect(await done).not.to.contain("event: end");
  });

  it("leave nothing behind when a client goes away", async () => {
    const address = await t.app.listen({ port: 0, host: "127.0.0.1" });
    await new Promise<void>((resolve, reject) => {
      httpGet(
        `${address}/v1/runs/run-1/events`,
        { headers: { ...bearer("viewer"), accept: "text/event-stream" } },
        (answer) => {
          answer.once("data", () => {
            answer.destroy();
            resolve();
          });
        },
      ).on("error", reject);
    });
    for (let tries = 0; ; tries++) {
      const { body } = await t.app.inject({ url: "/metrics", headers: bearer("viewer") });
      if (body.includes("strongroom_event_streams 0")) break;
      expect(tries).to.be.lessThan(100);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});
