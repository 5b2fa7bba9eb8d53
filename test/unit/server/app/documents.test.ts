import { expect } from "chai";

import { testApp, type TestApp } from "../../../support/http-app";

describe("the page of the API", () => {
  let t: TestApp;
  before(async () => {
    t = await testApp();
  });
  after(() => t.app.close());

  it("has a page with all that it needs, from here alone", async () => {
    const answer = await t.app.inject({ url: "/docs" });
    expect(answer.statusCode).to.equal(200);
    const policy = String(answer.headers["content-security-policy"]);
    expect(policy)
      .to.contain("script-src 'self';")
      .and.not.to.match(/https:|unsafe-eval/);
    const links = [...answer.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
    expect(links.length).to.be.greaterThan(4);
    for (const link of links) {
      expect(link).to.match(/^\/docs\/static\//);
      const asset = await t.app.inject({ url: link });
      expect(asset.statusCode, link).to.equal(200);
      expect(asset.rawPayload.length, link).to.be.greaterThan(100);
      expect(asset.headers["content-disposition"] ?? "inline").to.match(/^inline/);
    }
    expect(answer.body).not.to.match(/<script>/);
  });
});

describe("the addresses for machines", () => {
  const checks = { ok: true };
  let t: TestApp;
  before(async () => {
    t = await testApp({
      readiness: () =>
        Promise.resolve([
          { name: "database", ok: checks.ok, detail: checks.ok ? "answers" : "failed" },
        ]),
    });
  });
  after(() => t.app.close());

  it("say that the process lives and that it can work", async () => {
    expect((await t.app.inject({ url: "/livez" })).json()).to.deep.equal({ status: "ok" });
    const ready = await t.app.inject({ url: "/readyz" });
    expect(ready.statusCode).to.equal(200);
    expect(ready.json()).to.deep.equal({
      status: "ok",
      checks: [{ name: "database", ok: true, detail: "answers" }],
    });
  });

  it("say what keeps it from working, and when to ask again", async () => {
    checks.ok = false;
    const answer = await t.app.inject({ url: "/readyz" });
    checks.ok = true;
    expect(answer.statusCode).to.equal(503);
    expect(answer.headers["retry-after"]).to.equal("5");
    expect(answer.json()).to.deep.include({ status: "unavailable" });
    expect((await t.app.inject({ url: "/livez" })).statusCode).to.equal(200);
  });
});
