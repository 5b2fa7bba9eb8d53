import { expect } from "chai";

import { demoResult, keepingTable, problemsOf, type Keeping } from "../../../demo/report";
import { paint } from "../../../server/cli/text";
import { fleetCoverage } from "../../../server/fleet/coverage";
import { summaryOf } from "../../../server/fleet/vault-service";
import type { RunRecord } from "../../../server/runs-ports";
import { sampleReport } from "../../support/fake-vault";
import { sampleCoverage, sampleSecret } from "../../support/fake-vault-service";

const ACCOUNT = "111122223333";
const LOST = { what: "app/database", equal: 1, secrets: 1, seconds: 2 };

const shown = (over: Partial<Keeping> = {}): Keeping => ({
  coverage: fleetCoverage(
    [{ accountId: ACCOUNT, name: "app", environment: "prod" }],
    [sampleCoverage(ACCOUNT, [sampleSecret()])],
  ),
  broughtBack: [LOST],
  drill: summaryOf(sampleReport()),
  problems: [],
  ...over,
});

const stamped = (status: "succeeded" | "failed") =>
  ({
    id: "run-1",
    status: "failed",
    accounts: [{ accountId: ACCOUNT, name: "app", status }],
    summary: {
      accounts: 1,
      stamped: 1,
      skipped: 0,
      failed: 0,
      changed: 2,
      resources: 30,
      seconds: 9.6,
    },
  }) as unknown as RunRecord;

describe("the demo's results", () => {
  it("are the run's numbers, with coverage and drill beside them", () => {
    expect(demoResult(stamped("succeeded"), shown())).to.deep.equal({
      accounts: 1,
      stamped: 1,
      skipped: 0,
      failed: 0,
      changed: 2,
      resources: 30,
      seconds: 10,
      coverage: { secrets: 1, covered: 1 },
      drill: { passed: true, rtoSeconds: 4.2, rpoSeconds: 31 },
    });
  });

  it("have neither where the demo was interrupted before", () => {
    expect(demoResult(stamped("succeeded"), undefined)).not.to.have.any.keys("coverage", "drill");
  });

  it("have no problem where everything is covered, back and rehearsed", () => {
    expect(problemsOf(shown(), stamped("succeeded"))).to.deep.equal([]);
  });

  const missing = {
    coverage: fleetCoverage(
      [{ accountId: ACCOUNT, name: "app", environment: "prod" }],
      [sampleCoverage(ACCOUNT, [sampleSecret({ state: "missing", reason: "Not kept yet" })])],
    ),
  };
  for (const [what, over, says] of [
    ["an account that was stamped and is not covered", missing, /111122223333 is not covered/],
    ["a secret that did not come back", { broughtBack: [{ ...LOST, equal: 0 }] }, /0 of 1 came/],
    ["nothing that was lost", { broughtBack: [{ ...LOST, equal: 0, secrets: 0 }] }, /0 of 0 came/],
    [
      "a drill that failed",
      { drill: summaryOf(sampleReport({ passed: false })) },
      /drill run-1 did not/,
    ],
  ] as const) {
    it(`have a problem with ${what}`, () => {
      const problems = problemsOf(shown(over), stamped("succeeded"));
      expect(problems.join("\n")).to.match(says);
      expect(keepingTable(shown({ ...over, problems }), paint(false))).to.match(says);
    });
  }

  it("have a problem with a drill that left no report", () => {
    const { coverage, broughtBack } = shown();
    expect(problemsOf({ coverage, broughtBack }, stamped("succeeded"))).to.deep.equal([
      "The drill left no report",
    ]);
  });

  it("do not count an account that could not be stamped", () => {
    const problems = problemsOf(shown(missing), stamped("failed"));
    expect(problems.join("\n")).not.to.contain("is not covered");
  });
});
