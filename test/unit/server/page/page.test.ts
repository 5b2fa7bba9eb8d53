import { expect } from "chai";

import { escape, html } from "../../../../server/page/html";
import { sampleAccount, sampleRun } from "../../../support/fake-services";
import { testApp, type TestApp } from "../../../support/http-app";

const ORIGIN = "http://localhost:80";
const NASTY = `<img src=x onerror="alert(1)">'\`&</td></table><script>alert(2)</script>\u202eevil`;

describe("the escaping template", () => {
  it("makes every kind of text inert", () => {
    const { markup } = html`<p title="${NASTY}">${NASTY} ${7} ${undefined} ${false} ${[NASTY]}</p>`;
    expect(markup.replaceAll(/^<p title="|<\/p>$/g, "")).not.to.match(/<(?!p)|onerror="/);
    expect(markup).not.to.contain("\u202e");
  });

  it("leaves its own markup as it is", () => {
    const items = [1, 2].map((n) => html`<li>${n}</li>`);
    expect(html`<b>${items}</b>`.markup).to.equal("<b><li>1</li><li>2</li></b>");
  });

  it("escapes all characters that can end a text or an attribute", () => {
    expect(escape(`&<>"'\``)).to.equal("&amp;&lt;&gt;&quot;&#39;&#96;");
  });
});

describe("the page", () => {
  let t: TestApp;
  beforeEach(async () => {
    t = await testApp();
  });
  afterEach(() => t.app.close());

  const login = (token: string, origin = ORIGIN) =>
    t.app.inject({
      method: "POST",
      url: "/login",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        host: "localhost:80",
        accept: "text/html",
        origin,
      },
      payload: new URLSearchParams({ token }).toString(),
    });
  const signIn = async (role: string): Promise<string> => {
    const answer = await login(`${role}-token`);
    const [cookie] = answer.cookies;
    return `${cookie!.name}=${cookie!.value}`;
  };
  const get = (url: string, cookie: string) =>
    t.app.inject({ url, headers: { cookie, accept: "text/html" } });

  it("sends who is not signed in to the form", async () => {
    const answer = await t.app.inject({ url: "/" });
    expect(answer.statusCode).to.equal(303);
    expect(answer.headers.location).to.equal("/login");
  });

  it("keeps the sign-in in a cookie that scripts and other sites do not get", async () => {
    const answer = await login("viewer-token");
    expect(answer.statusCode).to.equal(303);
    expect(answer.headers["set-cookie"]).to.match(/; HttpOnly; SameSite=Strict$/);
    expect(String(answer.headers["set-cookie"])).not.to.contain("viewer-token");
  });

  it("refuses a wrong token and a form of another site", async () => {
    expect((await login("wrong")).statusCode).to.equal(401);
    for (const origin of ["http://evil.example", "null"]) {
      const answer = await login("viewer-token", origin);
      expect(answer.statusCode).to.equal(403);
      expect(answer.cookies).to.be.empty;
    }
  });

  it("limits the attempts to sign in", async () => {
    for (let n = 0; n < 10; n++) await login("wrong");
    expect((await login("viewer-token")).statusCode).to.equal(429);
  });

  it("refuses a cookie that was changed or whose session has ended", async () => {
    const cookie = await signIn("viewer");
    expect((await get("/", cookie)).statusCode).to.equal(200);
    expect((await get("/", `${cookie.slice(0, -3)}abc`)).statusCode).to.equal(303);
    await t.app.inject({
      method: "POST",
      url: "/logout",
      headers: { cookie, host: "localhost:80", origin: ORIGIN },
    });
    expect((await get("/", cookie)).statusCode).to.equal(303);
  });

  it("takes a change by cookie only from its own pages", async () => {
    t.runs.runs.set("run-1", sampleRun());
    const cookie = await signIn("operator");
    const cancel = (headers: Record<string, string>) =>
      t.app.inject({
        method: "POST",
        url: "/v1/runs/run-1/cancel",
        headers: { cookie, host: "localhost:80", ...headers },
      });
    for (const headers of [{}, { origin: "http://evil.example" }, { origin: "null" }]) {
      const answer = await cancel(headers);
      expect(answer.statusCode).to.equal(403);
      expect(answer.json()).to.include({ code: "AUTH_ORIGIN" });
    }
    expect(t.runs.cancelled).to.be.empty;
    expect((await cancel({ origin: ORIGIN })).statusCode).to.equal(202);
  });

  it("shows five hundred accounts with the state of their stamps", async () => {
    t.fleet.items = Array.from({ length: 500 }, (_, n) => {
      const id = String(200000000000 + n);
      return sampleAccount({ id, stamps: [{ stamp: `member-${id}`, lastStatus: "failed" }] });
    });
    const answer = await get("/", await signIn("viewer"));
    expect(answer.body.match(/href="\/stamps\/member-\d{12}"/g)).to.have.length(500);
    expect(answer.body).to.contain("o-exampleorg1").and.to.contain("13 s ago");
  });

  it("shows names, tags, errors and events of other people as plain text", async () => {
    t.fleet.items = [
      sampleAccount({ name: NASTY, organizationalUnitPath: [NASTY], environment: NASTY }),
      sampleAccount({ id: "444455556666", selected: false, reason: NASTY, stamps: [] }),
    ];
    t.fleet.stamps.set("member-111122223333", {
      stamp: "member-111122223333",
      error: {
        code: "ENGINE_FAILED",
        message: NASTY,
        action: NASTY,
        problems: [{ message: NASTY }],
      },
      outputs: { [NASTY]: NASTY, list: [NASTY] },
      resources: [{ urn: NASTY, type: NASTY, name: NASTY, id: NASTY, protect: true }],
    });
    const run = sampleRun();
    t.runs.runs.set("run-1", {
      ...run,
      requestedBy: NASTY,
      error: { code: "ENGINE_FAILED", message: NASTY },
      accounts: [{ accountId: "111122223333", name: NASTY, status: "skipped", reason: NASTY }],
      stamps: run.stamps.map((stamp) => ({
        ...stamp,
        violations: [{ pack: NASTY, rule: NASTY, level: "mandatory", urn: NASTY, message: NASTY }],
      })),
    });
    t.runs.push("run-1", "stamp.message", { text: NASTY });
    const cookie = await signIn("operator");
    for (const url of ["/", "/runs/run-1", "/stamps/member-111122223333"]) {
      const { body, statusCode } = await get(url, cookie);
      expect(statusCode).to.equal(200);
      expect(body).to.contain("&lt;img src=x onerror=&quot;");
      expect(body).not.to.contain("<img");
      expect(body).not.to.contain("alert(2)</script>");
      expect(body).not.to.contain("\u202e");
    }
  });

  it("follows a run that goes on and offers to cancel it to those who may", async () => {
    t.runs.runs.set("run-1", sampleRun());
    t.runs.push("run-1", "run.queued");
    const asOperator = await get("/runs/run-1", await signIn("operator"));
    expect(asOperator.body).to.contain('data-events="/v1/runs/run-1/events?after=1"');
    expect(asOperator.body).to.contain("/runs/run-1/cancel");
    const asViewer = await get("/runs/run-1", await signIn("viewer"));
    expect(asViewer.body).not.to.contain("/runs/run-1/cancel");
    t.runs.push("run-1", "run.ended");
    const ended = await get("/runs/run-1", await signIn("operator"));
    expect(ended.body).to.contain('data-events=""').and.not.to.contain("/runs/run-1/cancel");
  });

  it("runs nothing that is not its own file", async () => {
    t.runs.runs.set("run-1", sampleRun());
    const { body, headers } = await get("/runs/run-1", await signIn("operator"));
    const policy = String(headers["content-security-policy"]);
    expect(policy).to.contain("default-src 'none'").and.to.contain("script-src 'self'");
    expect(policy).not.to.contain("unsafe");
    expect(body.match(/<script[^>]*>/g)).to.deep.equal(['<script src="/assets/live.js" defer>']);
    expect(body).not.to.match(/ (on\w+|style)="/);
    for (const url of ["/assets/live.js", "/assets/page.css"]) {
      expect((await t.app.inject({ url })).statusCode).to.equal(200);
    }
  });

  it("still shows the runs when the organization cannot be read", async () => {
    const { AppError } = await import("../../../../stacks/errors.js");
    t.fleet.failure = new AppError("ORG_UNREACHABLE", "does not answer", { action: "Check it." });
    t.runs.runs.set("run-1", sampleRun());
    const { body, statusCode } = await get("/", await signIn("viewer"));
    expect(statusCode).to.equal(200);
    expect(body).to.contain("ORG_UNREACHABLE").and.to.contain("Check it.").and.to.contain("run-1");
  });

  it("says what is wrong in words on a page", async () => {
    const cookie = await signIn("viewer");
    const missing = await get("/stamps/member-999999999999", cookie);
    expect(missing.statusCode).to.equal(404);
    expect(missing.headers["content-type"]).to.contain("text/html");
    expect(missing.body).to.contain("No such stamp");
    expect((await get("/stamps/%3Cscript%3E", cookie)).body).not.to.contain("<script>");
  });
});
