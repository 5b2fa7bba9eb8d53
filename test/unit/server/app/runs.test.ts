import { expect } from "chai";

import { bearer } from "../../../support/fake-services";
import { testApp, type TestApp } from "../../../support/http-app";

describe("the routes about runs", () => {
  let t: TestApp;
  before(async () => {
    t = await testApp();
  });
  beforeEach(() => t.runs.reset());
  after(() => t.app.close());

  const post = (payload: object, headers: Record<string, string> = {}) =>
    t.app.inject({
      method: "POST",
      url: "/v1/runs",
      headers: { ...bearer("operator"), "idempotency-key": "key-1", ...headers },
      payload,
    });

  it("accept a run with 202, where it is and when to ask again", async () => {
    const answer = await post({ operation: "up", target: { accounts: ["111122223333"] } });
    expect(answer.statusCode).to.equal(202);
    expect(answer.headers).to.include({ location: "/v1/runs/run-1", "retry-after": "2" });
    expect(answer.headers).not.to.have.property("idempotent-replayed");
    expect(answer.json()).to.include({ id: "run-1", operation: "up", status: "queued" });
    expect(t.runs.started).to.have.length(1);
    expect(t.runs.started[0]?.key).to.include({ subject: "token:operator", key: "key-1" });
  });

  it("answer a repeated request with the first run and say so", async () => {
    await post({ operation: "up", target: { kinds: ["member"], accounts: ["111122223333"] } });
    const again = await post({
      target: { accounts: ["111122223333"], kinds: ["member"] },
      operation: "up",
    });
    expect(again.statusCode).to.equal(202);
    expect(again.headers).to.include({ "idempotent-replayed": "true", location: "/v1/runs/run-1" });
    expect(t.runs.started).to.have.length(1);
  });

  it("refuse a key that was used for another request", async () => {
    await post({ operation: "up", target: {} });
    const other = await post({ operation: "drift", target: {} });
    expect(other.statusCode).to.equal(422);
    expect(other.json()).to.include({ code: "SPEC_IDEMPOTENCY_KEY_REUSED" });
  });

  it("keep the keys of different callers apart", async () => {
    await post({ operation: "up", target: {} });
    const other = await post({ operation: "drift", target: {} }, bearer("approver"));
    expect(other.statusCode).to.equal(202);
    expect(t.runs.started).to.have.length(2);
  });

  it("refuse a run without a key, and start nothing", async () => {
    const answer = await t.app.inject({
      method: "POST",
      url: "/v1/runs",
      headers: bearer("operator"),
      payload: { operation: "up", target: {} },
    });
    expect(answer.statusCode).to.equal(400);
    expect(answer.json()).to.include({ code: "SPEC_IDEMPOTENCY_KEY_MISSING" });
    expect(t.runs.started).to.be.empty;
  });

  it("report every mistake of a body with its pointer", async () => {
    const answer = await post({ operation: "explode", target: { accounts: ["12"], x: 1 }, y: 2 });
    expect(answer.statusCode).to.equal(422);
    const problem = answer.json<{ errors: { pointer: string; message: string }[] }>();
    expect(problem.errors.map((error) => error.pointer)).to.have.members([
      "/y",
      "/operation",
      "/target/x",
      "/target/accounts/0",
    ]);
    expect(problem.errors).to.deep.include({
      pointer: "/operation",
      message: "must be one of preview, up, drift, retire, check, backup, restore, drill, rotate",
    });
    expect(t.runs.started).to.be.empty;
  });

  it("take no value of another type for a boolean", async () => {
    const answer = await post({ operation: "up", target: {}, refresh: "true" });
    expect(answer.statusCode).to.equal(422);
    expect(answer.json<{ errors: unknown }>().errors).to.deep.equal([
      { pointer: "/refresh", message: "must be boolean" },
    ]);
  });

  it("list runs in pages with a link to the next one", async () => {
    for (const n of [1, 2, 3]) {
      await post({ operation: "up", target: {} }, { "idempotency-key": `k${n}` });
    }
    const first = await t.app.inject({ url: "/v1/runs?limit=2", headers: bearer("viewer") });
    expect(first.json<{ items: { id: string }[] }>().items.map((run) => run.id)).to.deep.equal([
      "run-3",
      "run-2",
    ]);
    expect(first.headers["link"]).to.equal('</v1/runs?limit=2&cursor=2>; rel="next"');
    const second = await t.app.inject({
      url: "/v1/runs?limit=2&cursor=2",
      headers: bearer("viewer"),
    });
    expect(second.json<{ items: unknown[] }>().items).to.have.length(1);
    expect(second.headers).not.to.have.property("link");
  });

  it("ask to come back while a run goes on, and not afterwards", async () => {
    await post({ operation: "up", target: {} });
    const during = await t.app.inject({ url: "/v1/runs/run-1", headers: bearer("viewer") });
    expect(during.headers["retry-after"]).to.equal("2");
    t.runs.push("run-1", "run.ended");
    const after = await t.app.inject({ url: "/v1/runs/run-1", headers: bearer("viewer") });
    expect(after.statusCode).to.equal(200);
    expect(after.headers).not.to.have.property("retry-after");
  });

  it("say that a run is not there", async () => {
    for (const url of ["/v1/runs/run-9", "/v1/runs/run-9/events"]) {
      const answer = await t.app.inject({ url, headers: bearer("viewer") });
      expect(answer.statusCode).to.equal(404);
      expect(answer.json()).to.include({ code: "RUN_NOT_FOUND" });
    }
  });

  it("pass a cancellation on with the name of who asked", async () => {
    await post({ operation: "up", target: {} });
    const answer = await t.app.inject({
      method: "POST",
      url: "/v1/runs/run-1/cancel",
      headers: bearer("operator"),
    });
    expect(answer.statusCode).to.equal(202);
    expect(answer.json()).to.include({ cancelRequested: true });
    expect(t.runs.cancelled).to.deep.equal(["run-1 by token:operator"]);
  });

  it("write an audit line with who, what and which run", async () => {
    const before = t.lines().length;
    await post({ operation: "up", target: {} });
    const audits = t
      .lines()
      .slice(before)
      .map((line) => (JSON.parse(line) as { audit?: object }).audit)
      .filter((entry) => entry !== undefined);
    expect(audits).to.deep.equal([
      {
        action: "run.start",
        subject: "token:operator",
        role: "operator",
        runId: "run-1",
        operation: "up",
        replayed: false,
      },
    ]);
  });
});
