import { expect } from "chai";

import type { Hold, RunRecord } from "../../../../server/runs-ports";
import { sampleRun } from "../../../support/fake-services";
import { testApp, type TestApp } from "../../../support/http-app";

const FROM = { host: "localhost:80", origin: "http://localhost:80" };
const FORM = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };
const DIGEST = "ab".repeat(32);
const HOLD: Hold = {
  kind: "plan",
  since: "2026-01-02T03:04:05.000Z",
  digest: DIGEST,
  preciousAccounts: 2,
};

describe("the page of a run that waits for an approval", () => {
  let t: TestApp;
  before(async () => {
    t = await testApp();
  });
  beforeEach(() => t.runs.reset());
  after(() => t.app.close());

  const held = (hold: Partial<Hold> = {}, over: Partial<RunRecord> = {}): void => {
    const [stamp] = sampleRun().stamps;
    const replaced = {
      urn: "u",
      type: "aws:kms/key:Key",
      name: "member-key",
      operation: "replace",
      properties: ["policy"],
    } as const;
    const stamps = ["111122223333", "444455556666"].map((accountId) => ({
      ...stamp!,
      stamp: `member-${accountId}` as const,
      accountId,
      status: "waiting" as const,
      changes: [replaced],
    }));
    const run = sampleRun({
      status: "waiting_for_approval",
      hold: { ...HOLD, ...hold },
      stamps,
      ...over,
    });
    t.runs.runs.set("run-1", run);
  };
  const signIn = async (role: string): Promise<string> => {
    const answer = await t.app.inject({
      method: "POST",
      url: "/login",
      headers: { ...FROM, ...FORM },
      payload: `token=${role}-token`,
    });
    const [cookie] = answer.cookies;
    return `${cookie!.name}=${cookie!.value}`;
  };
  const page = async (role: string): Promise<string> =>
    (await t.app.inject({ url: "/runs/run-1", headers: { cookie: await signIn(role) } })).body;
  const approve = async (role: string, body: object, headers: object = FROM) =>
    t.app.inject({
      method: "POST",
      url: "/runs/run-1/approve",
      headers: { ...FORM, ...headers, cookie: await signIn(role) },
      payload: new URLSearchParams(body as Record<string, string>).toString(),
    });

  it("shows the losses on top, and a form to an approver", async () => {
    held();
    const body = await page("approver");
    expect(body).to.match(/replace key <code>member-key<\/code>/);
    expect(body).to.contain('action="/runs/run-1/approve"').and.to.contain(DIGEST);
    expect(body.indexOf("member-key")).to.be.lessThan(body.indexOf("± 1 key"));
  });

  it("shows the command instead to who may not approve", async () => {
    held();
    for (const role of ["viewer", "operator"]) {
      const body = await page(role);
      expect(body).not.to.contain('action="/runs/run-1/approve"');
      expect(body).to.contain("strongroom approve run-1");
    }
    held({ twoPerson: true }, { requestedBy: "token:approver" });
    expect(await page("approver")).not.to.contain('action="/runs/run-1/approve"');
    held({ approvers: 2, approvedBy: ["token:approver"] });
    expect(await page("approver")).not.to.contain('action="/runs/run-1/approve"');
  });

  it("approves the plan that it showed, with the number and the reason that were typed", async () => {
    held();
    const answer = await approve("approver", {
      digest: DIGEST,
      reason: "CHG-1",
      preciousAccounts: "2",
    });
    expect(answer.statusCode, answer.body).to.equal(303);
    expect(answer.headers.location).to.equal("/runs/run-1");
    expect(t.runs.approved).to.deep.equal([
      {
        id: "run-1",
        approval: { digest: DIGEST, reason: "CHG-1", preciousAccounts: 2 },
        by: "token:approver",
      },
    ]);
  });

  it("is not approved by an operator, from another site's form, or without a digest", async () => {
    held();
    const body = { digest: DIGEST, reason: "CHG-1" };
    expect((await approve("operator", body)).statusCode).to.equal(403);
    const elsewhere = { ...FROM, origin: "http://evil.example" };
    expect((await approve("approver", body, elsewhere)).statusCode).to.equal(403);
    expect((await approve("approver", { reason: "CHG-1" })).statusCode).to.equal(422);
    const many = { ...body, preciousAccounts: "many" };
    expect((await approve("approver", many)).statusCode).to.equal(422);
    expect(t.runs.approved).to.deep.equal([]);
  });
});
