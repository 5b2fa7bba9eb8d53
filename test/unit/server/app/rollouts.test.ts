import { expect } from "chai";

import { bearer, sampleRun } from "../../../support/fake-services";
import { testApp, type TestApp } from "../../../support/http-app";

const DIGEST = "a".repeat(64);

describe("runs that stand still, over HTTP", () => {
  let t: TestApp;
  before(async () => {
    t = await testApp();
  });
  beforeEach(() => {
    t.runs.reset();
    t.runs.runs.set("run-1", sampleRun({ id: "run-1" }));
  });
  after(() => t.app.close());

  const post = (address: string, payload: object, role: "operator" | "approver", key?: string) =>
    t.app.inject({
      method: "POST",
      url: `/v1/runs/run-1/${address}`,
      headers: { ...bearer(role), ...(key === undefined ? {} : { "idempotency-key": key }) },
      payload,
    });

  it("are approved by an approver only, with the digest and a reason", async () => {
    const approval = { digest: DIGEST, reason: "CHG-1", preciousAccounts: 3 };
    expect((await post("approve", approval, "operator")).statusCode).to.equal(403);
    expect(
      (await post("approve", { digest: "x", reason: "CHG-1" }, "approver")).statusCode,
    ).to.equal(422);
    expect((await post("approve", { digest: DIGEST }, "approver")).statusCode).to.equal(422);
    expect(t.runs.approved).to.deep.equal([]);
    const answer = await post("approve", approval, "approver");
    expect(answer.statusCode).to.equal(202);
    expect(answer.headers.location).to.equal("/v1/runs/run-1");
    expect(t.runs.approved).to.have.length(1);
    expect(t.runs.approved[0]).to.deep.include({ id: "run-1", approval });
  });

  it("go on under a key, and repeat themselves for the same one", async () => {
    for (const how of ["resume", "retry"]) {
      expect((await post(how, {}, "operator")).statusCode).to.equal(400);
      const first = await post(how, { reason: "fixed" }, "operator", `key-${how}`);
      expect(first.statusCode).to.equal(202);
      const again = await post(how, { reason: "fixed" }, "operator", `key-${how}`);
      expect(again.headers["idempotent-replayed"]).to.equal("true");
      expect(again.json()).to.deep.equal(first.json());
      expect(t.runs.wentOn.at(-1)).to.deep.equal({ id: "run-1", how, reason: "fixed" });
    }
  });

  it("need the approver's role to go on with taking stamps down", async () => {
    t.runs.runs.set("run-1", sampleRun({ id: "run-1", operation: "retire" }));
    expect((await post("retry", {}, "operator", "k")).statusCode).to.equal(403);
    expect((await post("retry", {}, "approver", "k")).statusCode).to.equal(202);
  });
});
