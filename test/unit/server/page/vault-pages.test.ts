import { expect } from "chai";

import { AppError } from "../../../../stacks/errors";
import type { RestoreItem } from "../../../../lambdas/model";
import type { StampResult } from "../../../../server/runs-ports";
import { sampleReport } from "../../../support/fake-vault";
import { sampleRun } from "../../../support/fake-services";
import { sampleCoverage, sampleSecret } from "../../../support/fake-vault-service";
import { testApp, type TestApp } from "../../../support/http-app";

const ACCOUNT = "111122223333";
const NASTY = "</td><script>alert(1)</script>";

describe("the pages about what is kept", () => {
  let t: TestApp;
  let cookie: string;
  beforeEach(async () => {
    t = await testApp();
    const answer = await t.app.inject({
      method: "POST",
      url: "/login",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        host: "localhost:80",
        origin: "http://localhost:80",
      },
      payload: "token=viewer-token",
    });
    const [session] = answer.cookies;
    cookie = `${session!.name}=${session!.value}`;
  });
  afterEach(() => t.app.close());

  const get = async (url: string) => {
    const { body, statusCode } = await t.app.inject({
      url,
      headers: { cookie, accept: "text/html" },
    });
    // Lines as a reader sees them.
    return { statusCode, body, text: body.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ") };
  };

  it("send who is not signed in to the form", async () => {
    for (const url of ["/coverage", "/secrets", "/drills", "/drills/run-1"]) {
      const answer = await t.app.inject({ url });
      expect(answer.headers.location, url).to.equal("/login");
    }
  });

  it("show the coverage of each account, with the reason for what is missing", async () => {
    t.vault.swept = [
      sampleCoverage(ACCOUNT, [
        sampleSecret(),
        sampleSecret({ name: "app/key", state: "missing", reason: NASTY }),
      ]),
    ];
    const { text, body } = await get("/coverage");
    expect(text).to.contain("Kept 50 %").and.to.contain("1 of 2").and.to.contain("incomplete");
    expect(body).to.contain("&lt;script&gt;").and.not.to.contain("<script>alert");
    expect(body).to.contain(`href="/secrets?account=${ACCOUNT}"`);
  });

  it("show secrets by name, by what is asked for, page by page", async () => {
    const names = Array.from({ length: 3 }, (_, index) => `app/${index}`);
    t.vault.swept = [
      sampleCoverage(
        ACCOUNT,
        names.map((name) => sampleSecret({ name })),
      ),
    ];
    const first = await get(`/secrets?account=${ACCOUNT}&name=app/*&limit=2`);
    expect(first.text).to.contain("app/0").and.to.contain("app/1").and.not.to.contain("app/2");
    const [, next] = /href="([^"]*cursor=[^"]*)"/.exec(first.body)!;
    const second = await get(next!.replaceAll("&amp;", "&"));
    expect(second.text).to.contain("app/2").and.not.to.contain("app/0");
    expect((await get("/secrets?state=missing")).text).to.contain("None.");
    expect((await get("/secrets?account=12")).statusCode).to.equal(422);
  });

  it("show the drills and the whole report of each", async () => {
    expect((await get("/drills")).text).to.contain("No drill yet");
    t.vault.reports = [sampleReport({ passed: false, problems: [NASTY] })];
    const list = await get("/drills");
    expect(list.text).to.contain("failed").and.to.contain("4.2 s of 15 min");
    expect(list.body).to.contain('href="/drills/run-1"');
    const report = await get("/drills/run-1");
    expect(report.text).to.contain("2 of 2").and.to.contain("PutSecretValue");
    expect(report.body).to.contain("&lt;script&gt;").and.not.to.contain("<script>alert");
    expect((await get("/drills/run-2")).statusCode).to.equal(404);
  });

  it("show all of a restore's plan on the page of its run", async () => {
    const item = (index: number): RestoreItem => ({
      from: { accountId: ACCOUNT, region: "eu-central-1", name: `shop/${index}`, suffix: "AbCdEf" },
      to: { accountId: "444455556666", region: "eu-west-1", name: `shop/${index}` },
      versionId: `v-${index}`,
      changedAt: "2026-01-01T00:00:00.000Z",
      action: index === 0 ? "refuse" : "none",
      cancelsDeletion: index === 1,
      ...(index === 0 ? { reason: "it is newer there" } : {}),
    });
    const items = Array.from({ length: 120 }, (_, index) => item(index));
    const result: StampResult = {
      stamp: `member-${ACCOUNT}`,
      accountId: ACCOUNT,
      kind: "member",
      status: "succeeded",
      restore: { planDigest: "a".repeat(64), items },
    };
    t.runs.runs.set("run-1", { ...sampleRun(), operation: "restore", stamps: [result] });
    const { text } = await get("/runs/run-1");
    expect(text).to.contain("What would be written (120)").and.to.contain("shop/119");
    expect(text).to.contain("it is newer there").and.to.contain("cancels its deletion");
    expect(text).to.contain("444455556666 eu-west-1");
  });

  it("say in words that the vault cannot be read", async () => {
    t.vault.failure = new AppError("VAULT_MISSING", "there is no vault yet", {
      action: "Stamp the vault.",
    });
    const { statusCode, text } = await get("/coverage");
    expect(statusCode).to.equal(502);
    expect(text).to.contain("Stamp the vault.");
  });
});
