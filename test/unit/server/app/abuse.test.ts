import { connect } from "node:net";

import { expect } from "chai";

import { AppError } from "../../../../stacks/errors";
import { bearer } from "../../../support/fake-services";
import { testApp, type TestApp } from "../../../support/http-app";

const GOOD = '{"operation":"up","target":{}}';

describe("requests that mean harm", () => {
  let t: TestApp;
  before(async () => {
    t = await testApp();
  });
  beforeEach(() => t.runs.reset());
  after(() => t.app.close());

  const post = (payload: string | Buffer, contentType?: string) =>
    t.app.inject({
      method: "POST",
      url: "/v1/runs",
      headers: {
        ...bearer("approver"),
        "idempotency-key": "k",
        ...(contentType === undefined ? {} : { "content-type": contentType }),
      },
      payload,
    });

  const BODIES: readonly (readonly [string, string | Buffer, number])[] = [
    ["no JSON", "{operation", 400],
    ["nothing", "", 400],
    ["a key twice", '{"operation":"preview","target":{},"operation":"retire"}', 400],
    ["a key twice, once escaped", '{"operation":"up","target":{},"\\u006fperation":"retire"}', 400],
    ["__proto__", '{"operation":"up","target":{},"__proto__":{"refresh":true}}', 400],
    ["__proto__ further in", '{"operation":"up","target":{"__proto__":{"kinds":["vault"]}}}', 400],
    ["constructor", '{"operation":"up","target":{},"constructor":{"prototype":{}}}', 422],
    ["deep nesting", `{"operation":"up","target":${"[".repeat(40_000)}${"]".repeat(40_000)}}`, 400],
    ["broken UTF-8", Buffer.from([...Buffer.from('{"operation":"'), 0xc3, 0x28, 0x22, 0x7d]), 400],
    ["more than 1 MB", `{"operation":"${"x".repeat(1_100_000)}"}`, 413],
    ["one very long string", `{"operation":"${"\\\\".repeat(400_000)}","target":{}}`, 422],
    ["another type", '"up"', 422],
    ["a list", "[]", 422],
    ["null", "null", 422],
    [
      "a line break in an account id",
      '{"operation":"up","target":{"accounts":["111122223333\\n"]}}',
      422,
    ],
    [
      "a path in a stamp's name",
      '{"operation":"up","target":{"stamps":["member-../../../etc"]}}',
      422,
    ],
  ];
  for (const [what, body, status] of BODIES) {
    it(`are refused when the body holds ${what}`, async () => {
      const answer = await post(body, "application/json");
      expect(answer.statusCode).to.equal(status);
      expect(answer.headers["content-type"]).to.equal("application/problem+json");
      expect(answer.body.length).to.be.lessThan(20_000);
      expect(t.runs.started).to.be.empty;
    });
  }

  it("find a list of many mistakes cut short", async () => {
    const accounts = Array.from({ length: 5000 }, (_, n) => `x${n}`);
    const answer = await post(
      JSON.stringify({ operation: "up", target: { accounts } }),
      "application/json",
    );
    expect(answer.json<{ errors: unknown[] }>().errors).to.have.length(50);
    expect(answer.json<{ detail: string }>().detail).to.contain("5000 mistakes");
  });

  for (const type of [
    "text/plain",
    "application/json\t",
    " application/json",
    "application/json;",
    "application/json\ta",
    "application/jsonx",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, text/plain",
  ]) {
    it(`cannot pass the checks with the content type ${JSON.stringify(type)}`, async () => {
      const bad = await post('{"operation":"explode"}', type);
      expect(bad.statusCode).to.be.oneOf([400, 415, 422]);
      expect(bad.headers["content-type"]).to.equal("application/problem+json");
      expect(t.runs.started).to.be.empty;
      const good = await post(GOOD, type);
      expect(good.statusCode).to.be.oneOf([202, 400, 415]);
    });
  }

  it("cannot start a run without a content type", async () => {
    expect((await post(GOOD)).statusCode).to.equal(415);
  });

  for (const key of ["", "a b", "x".repeat(256), "é"]) {
    it(`cannot use ${JSON.stringify(key.slice(0, 8))} as a key`, async () => {
      const answer = await t.app.inject({
        method: "POST",
        url: "/v1/runs",
        headers: { ...bearer("operator"), "idempotency-key": key },
        payload: { operation: "up", target: {} },
      });
      expect(answer.statusCode).to.be.oneOf([400, 422]);
      expect(t.runs.started).to.be.empty;
    });
  }

  for (const [url, status, code] of [
    ["/v1/stamps/..%2f..%2fetc%2fpasswd", 422, "SPEC_STAMP_NAME"],
    ["/v1/stamps/member-1%0d%0aSet-Cookie:%20a=b", 422, "SPEC_STAMP_NAME"],
    ["/v1/stamps/member-12", 422, "SPEC_STAMP_NAME"],
    ["/v1/stamps/member-999999999999", 404, "STACK_NOT_FOUND"],
    ["/v1/runs/..%2f..", 422, "SPEC_INVALID"],
    ["/v1/runs/a%0d%0ab", 422, "SPEC_INVALID"],
    ["/v1/runs/%00", 422, "SPEC_INVALID"],
    ["/v1/runs/%zz", 400, "SPEC_MALFORMED"],
    ["/v1/runs?limit=0", 422, "SPEC_INVALID"],
    ["/v1/runs?limit=1e9", 422, "SPEC_INVALID"],
    ["/v1/runs?limit=1&limit=2", 422, "SPEC_INVALID"],
    ["/v1/runs?unknown=1", 422, "SPEC_INVALID"],
    ["/v1/accounts?refresh=maybe", 422, "SPEC_INVALID"],
    ["/docs/static/..%2f..%2f..%2fpackage.json", 404, "SPEC_NOT_FOUND"],
    ["/docs/static/%2e%2e/%2e%2e/package.json", 404, "SPEC_NOT_FOUND"],
    [`/v1/runs/${"x".repeat(3000)}`, 413, "SPEC_TOO_LARGE"],
    ["/v2/runs", 404, "SPEC_NOT_FOUND"],
  ] as const) {
    it(`get a clear answer for ${url.slice(0, 50)}`, async () => {
      const answer = await t.app.inject({ url, headers: bearer("operator") });
      expect(answer.statusCode).to.equal(status);
      expect(answer.headers["content-type"]).to.equal("application/problem+json");
      expect(answer.json()).to.include({ code });
      expect(answer.headers).not.to.have.property("set-cookie");
    });
  }

  it("cannot forge a line of the log", async () => {
    const before = t.lines().length;
    await t.app.inject({
      url: "/v1/runs/%0a%7b%22audit%22:1%7d",
      headers: {
        ...bearer("viewer"),
        "x-request-id": 'a\n{"audit":1}',
        "user-agent": "x\u001b[31m",
      },
    });
    for (const line of t.lines().slice(before)) {
      const record = JSON.parse(line) as { audit?: unknown; reqId?: string };
      expect(record).not.to.have.property("audit");
      expect(record.reqId ?? "").to.match(/^[\w-]*$/);
    }
  });

  it("are told nothing of a fault of ours", async () => {
    t.runs.failure = new Error("password=hunter2 at /srv/strongroom/x.ts");
    const answer = await t.app.inject({ url: "/v1/runs", headers: bearer("viewer") });
    expect(answer.statusCode).to.equal(500);
    expect(answer.json()).to.include({ code: "BUG_UNEXPECTED", retryable: false });
    expect(answer.body).not.to.match(/hunter2|srv|stack/);
    expect(answer.json<{ instance: string }>().instance).to.equal(
      `urn:strongroom:request:${String(answer.headers["x-request-id"])}`,
    );
  });

  it("are not told the cause of an error that may be shown", async () => {
    t.runs.failure = new AppError("RUN_STORE", "The database does not answer.", {
      action: "Start it.",
      cause: new Error("postgres://u:hunter2@db"),
    });
    const answer = await t.app.inject({ url: "/v1/runs", headers: bearer("viewer") });
    expect(answer.statusCode).to.equal(503);
    expect(answer.headers["retry-after"]).to.equal("5");
    expect(answer.json()).to.include({ code: "RUN_STORE", action: "Start it.", retryable: true });
    expect(answer.body).not.to.contain("hunter2");
  });

  it("are counted by caller, whatever address they claim to come from", async () => {
    const { app } = await testApp({ requestsPerMinute: 3, anonymousPerMinute: 2 });
    const ask = (n: number, headers: object = {}, url = "/v1/runs") =>
      app.inject({ url, headers: { "x-forwarded-for": `10.0.0.${n}`, ...headers } });
    for (const n of [1, 2, 3]) expect((await ask(n, bearer("viewer"))).statusCode).to.equal(200);
    const limited = await ask(4, bearer("viewer"));
    expect(limited.statusCode).to.equal(429);
    expect(limited.json()).to.include({ code: "SPEC_RATE_LIMIT" });
    expect(Number(limited.headers["retry-after"])).to.be.greaterThan(0);
    expect((await ask(5, bearer("operator"))).statusCode).to.equal(200);
    expect((await ask(1, {}, "/nowhere")).statusCode).to.equal(404);
    expect((await ask(2, { authorization: "Bearer guess" })).statusCode).to.equal(401);
    expect((await ask(3, { authorization: "Bearer guess2" })).statusCode).to.equal(429);
    expect((await ask(4, {}, "/nowhere")).statusCode).to.equal(429);
    for (let n = 0; n < 5; n++) expect((await ask(n, {}, "/livez")).statusCode).to.equal(200);
    await app.close();
  });

  it("get an answer even when they are not HTTP", async () => {
    const { app } = await testApp();
    const address = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
    const say = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(address.port), "127.0.0.1", () => socket.write(text));
        let answer = "";
        socket.on("data", (chunk) => (answer += chunk.toString()));
        socket.on("close", () => resolve(answer));
        socket.on("error", reject);
      });
    expect(await say("nonsense\r\n\r\n")).to.match(/^HTTP\/1\.1 400 [^]*"code":"SPEC_MALFORMED"/);
    const huge = `GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(20_000)}\r\n\r\n`;
    expect(await say(huge)).to.match(/^HTTP\/1\.1 413 [^]*"code":"SPEC_TOO_LARGE"/);
    await app.close();
  });
});
