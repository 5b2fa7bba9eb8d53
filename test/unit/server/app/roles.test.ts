import { expect } from "chai";

import { ROLES } from "../../../../server/auth/roles";
import { AppError } from "../../../../stacks/errors";
import { bearer, sampleRun } from "../../../support/fake-services";
import { sampleReport } from "../../../support/fake-vault";
import { testApp, type TestApp } from "../../../support/http-app";

const post = (url: string, payload?: object) => ({
  method: "POST" as const,
  url,
  headers: { "idempotency-key": "k" },
  ...(payload === undefined ? {} : { payload }),
});
const start = (operation: string, more: object = {}) =>
  post("/v1/runs", { operation, target: {}, ...more });
const get = (url: string) => ({ method: "GET" as const, url, headers: {} });

const NEEDS = [
  ["viewer", get("/v1/runs")],
  ["viewer", get("/v1/runs/run-1")],
  ["viewer", get("/v1/runs/run-1/events")],
  ["viewer", get("/v1/accounts")],
  ["viewer", get("/v1/stamps/member-111122223333")],
  ["viewer", get("/v1/fleet")],
  ["viewer", get("/v1/runs/run-9/report")],
  ["viewer", post("/v1/fleet/affected", { paths: [] })],
  ["viewer", get("/v1/coverage")],
  ["viewer", get("/v1/secrets")],
  ["viewer", get("/v1/rotations")],
  ["viewer", get("/v1/drills")],
  ["viewer", get("/v1/drills/drill-1")],
  ["viewer", get("/metrics")],
  ["operator", get("/v1/accounts?refresh=true")],
  ["operator", start("preview")],
  ["operator", start("drift")],
  ["operator", start("up")],
  ["operator", start("check")],
  ["operator", post("/v1/runs/run-1/cancel")],
  ["operator", post("/v1/runs/run-1/resume", {})],
  ["operator", post("/v1/runs/run-1/retry", {})],
  ["approver", post("/v1/runs/run-1/approve", { digest: "a".repeat(64), reason: "CHG-1" })],
  ["operator", start("backup")],
  ["operator", start("restore")],
  ["operator", start("restore", { restore: { order: "plan" } })],
  ["approver", start("retire")],
  ["approver", start("drill", { reason: "quarterly" })],
  ["approver", start("rotate", { rotate: { name: "app/key" }, reason: "leaked" })],
  [
    "approver",
    start("restore", { restore: { order: "write", planRun: "run-1" }, reason: "it was deleted" }),
  ],
  ["approver", get("/v1/audit")],
  ["approver", get("/v1/audit/verify")],
  ["approver", post("/v1/hosts/worker-7.example/gone", { reason: "the instance was terminated" })],
  ["admin", get("/v1/tokens")],
  ["admin", post("/v1/tokens", { name: "ann", role: "approver" })],
  ["admin", post("/v1/tokens/tok-0123456789abcdef/revoke")],
  ["viewer", get("/v1/onboardings")],
  ["viewer", get("/v1/onboardings/onb-1")],
  ["operator", post("/v1/accounts/111122223333/onboard", {})],
  ["operator", get("/v1/webhooks")],
  ["operator", get("/v1/webhooks/wh-0123456789abcdef/deliveries")],
  ["admin", post("/v1/webhooks", { url: "https://hooks.example.com/" })],
  ["admin", post("/v1/webhooks/wh-0123456789abcdef/rotate", {})],
  ["admin", { method: "DELETE" as const, url: "/v1/webhooks/wh-0123456789abcdef", headers: {} }],
] as const;

describe("who may do what", () => {
  let t: TestApp;
  before(async () => {
    t = await testApp();
  });
  beforeEach(() => {
    t.runs.reset();
    t.runs.runs.set("run-1", sampleRun());
    t.runs.runs.set("run-9", sampleRun({ id: "run-9", operation: "preview" }));
    t.vault.reports = [sampleReport({ drillId: "drill-1" })];
    t.fleet.stamps.set("member-111122223333", {
      stamp: "member-111122223333",
      outputs: { keyArn: "arn:aws:kms:eu-central-1:111122223333:key/1", list: [1, { a: true }] },
      resources: [],
    });
  });
  after(() => t.app.close());

  for (const [needed, request] of NEEDS) {
    const body = "payload" in request ? ` ${JSON.stringify(request.payload)}` : "";
    it(`${request.method} ${request.url}${body} needs the role ${needed}`, async () => {
      const anonymous = await t.app.inject(request);
      expect(anonymous.statusCode).to.equal(401);
      expect(anonymous.headers["www-authenticate"]).to.equal('Bearer realm="strongroom"');
      for (const role of ROLES) {
        const answer = await t.app.inject({
          ...request,
          headers: { ...request.headers, ...bearer(role) },
        });
        const allowed = ROLES.indexOf(role) >= ROLES.indexOf(needed);
        expect(answer.statusCode, role).to.be.oneOf(allowed ? [200, 201, 202] : [403]);
        if (!allowed) expect(answer.json()).to.include({ code: "AUTH_FORBIDDEN" });
      }
    });
  }

  it("covers every address of the API", () => {
    const documented = Object.keys((t.app.swagger() as { paths: object }).paths).filter(
      (path) => !["/livez", "/readyz"].includes(path),
    );
    const covered = NEEDS.map(([, { url }]) => url.split("?")[0] ?? "");
    for (const path of documented) {
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      expect(
        covered.some((url) => pattern.test(url)),
        path,
      ).to.equal(true);
    }
  });

  for (const authorization of [
    "Bearer wrong",
    "Bearer",
    "Basic dmlld2VyOg==",
    "viewer-token",
    "Bearer a b",
  ]) {
    it(`does not take "${authorization}" for a token`, async () => {
      const answer = await t.app.inject({ url: "/v1/runs", headers: { authorization } });
      expect(answer.statusCode).to.equal(401);
    });
  }

  it("does not read the body of a caller who is not known", async () => {
    const answer = await t.app.inject({
      method: "POST",
      url: "/v1/runs",
      headers: { "content-type": "application/json" },
      payload: "{",
    });
    expect(answer.statusCode).to.equal(401);
  });

  it("keeps tokens and queries out of the log", async () => {
    await t.app.inject({ url: "/v1/runs?cursor=secret-cursor", headers: bearer("viewer") });
    t.app.log.info({
      password: "hunter2",
      nested: { token: "t0ken", deep: { secretString: "s3cret" } },
    });
    const log = t.lines().join("\n");
    for (const text of ["viewer-token", "secret-cursor", "hunter2", "t0ken", "s3cret"]) {
      expect(log).not.to.contain(text);
    }
    expect(log).to.contain("[redacted]");
  });
});

describe("a caller who may act in some organizational units only", () => {
  const REFUSED = [
    start("up"),
    post("/v1/runs/run-1/cancel"),
    post("/v1/runs/run-1/approve", { digest: "a".repeat(64), reason: "looked at it" }),
    post("/v1/runs/run-1/resume", {}),
    post("/v1/runs/run-1/retry", {}),
  ];
  let t: TestApp;
  before(async () => {
    const refuse = () => Promise.reject(new AppError("AUTH_FORBIDDEN", "not your accounts"));
    t = await testApp({ scope: { requireRun: refuse, requireAccounts: refuse } });
    t.runs.runs.set("run-1", sampleRun());
  });
  after(() => t.app.close());

  for (const request of REFUSED) {
    it(`is asked whose accounts they are at ${request.method} ${request.url}`, async () => {
      const answer = await t.app.inject({
        ...request,
        headers: { ...request.headers, ...bearer("approver") },
      });
      expect(answer.statusCode, answer.body).to.equal(403);
      expect(t.runs.cancelled).to.deep.equal([]);
    });
  }

  it("is asked whose accounts they are on the page, too", async () => {
    const from = { host: "localhost:80", origin: "http://localhost:80" };
    const signedIn = await t.app.inject({
      method: "POST",
      url: "/login",
      headers: { ...from, "content-type": "application/x-www-form-urlencoded" },
      payload: "token=approver-token",
    });
    const [cookie] = signedIn.cookies;
    const answer = await t.app.inject({
      method: "POST",
      url: "/runs/run-1/cancel",
      headers: { ...from, cookie: `${cookie!.name}=${cookie!.value}` },
    });
    expect(answer.statusCode, answer.body).to.equal(403);
    expect(t.runs.cancelled).to.deep.equal([]);
  });
});
