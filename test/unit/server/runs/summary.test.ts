import { expect } from "chai";

import { accountResults, endStatus, summarize } from "../../../../server/runs/summary";
import type { StampResult, StampStatus } from "../../../../server/runs-ports";
import type { ErrorCode } from "../../../../stacks/errors";

const A = "111111111111";
const B = "222222222222";

function stamp(accountId: string, status: StampStatus, code?: ErrorCode, create = 0): StampResult {
  return {
    stamp: `member-${accountId}`,
    accountId,
    kind: "member",
    status,
    counts: { create, update: 0, replace: 0, delete: 0, same: 3 },
    resources: 3,
    ...(code === undefined ? {} : { error: { code, message: `because ${code}` } }),
  };
}

describe("the result of a run", () => {
  const planned = [
    { accountId: A, name: "a" },
    { accountId: B, name: "b", reason: "The account is suspended." },
  ];

  it("shows every account once, the ones left out with their reason", () => {
    const results = accountResults(planned, [stamp(A, "succeeded")]);
    expect(results).to.deep.equal([
      { accountId: A, name: "a", status: "succeeded" },
      { accountId: B, name: "b", status: "skipped", reason: "The account is suspended." },
    ]);
  });

  it("takes the worst of an account's stamps, with its reason", () => {
    const stamps = [
      stamp(A, "succeeded"),
      stamp(A, "not-started", "RUN_DEPENDENCY"),
      stamp(A, "failed", "ACCESS_ROLE"),
    ];
    expect(accountResults(planned, stamps)[0]).to.deep.include({
      status: "failed",
      reason: "because ACCESS_ROLE",
    });
  });

  it("adds up: accounts are stamped, skipped or failed", () => {
    const stamps = [stamp(A, "succeeded", undefined, 1), stamp(B, "not-started", "RUN_DEPENDENCY")];
    const summary = summarize(accountResults(planned, stamps), stamps, 12.34);
    expect(summary).to.deep.equal({
      accounts: 2,
      stamped: 1,
      skipped: 0,
      failed: 1,
      changed: 1,
      unchanged: 0,
      resources: 6,
      violations: 0,
      undetermined: 0,
      exempt: 0,
      seconds: 12.3,
    });
  });

  it("counts what the rules found, and of it what is undetermined or exempt", () => {
    const violation = (verdict?: "fail" | "undetermined" | "exempt") => ({
      pack: "p",
      rule: "r",
      level: "advisory" as const,
      urn: "",
      message: "m",
      ...(verdict === undefined ? {} : { verdict }),
    });
    const found = (verdicts: readonly ("fail" | "undetermined" | "exempt" | undefined)[]) => ({
      ...stamp(A, "succeeded"),
      violations: verdicts.map(violation),
    });
    const stamps = [found(["fail", undefined, "exempt"]), found(["undetermined", "exempt"])];
    expect(summarize([], stamps, 1)).to.include({ violations: 5, undetermined: 1, exempt: 2 });
  });

  it("ends succeeded, failed, cancelled, or in need of a person", () => {
    const good = stamp(A, "succeeded");
    expect(endStatus([good], false)).to.equal("succeeded");
    expect(endStatus([good], true)).to.equal("succeeded");
    expect(endStatus([good, stamp(B, "failed", "ACCESS_ROLE")], false)).to.equal("failed");
    expect(endStatus([good, stamp(B, "cancelled", "RUN_CANCELLED")], true)).to.equal("cancelled");
    expect(endStatus([stamp(B, "failed", "ENGINE_PENDING")], false)).to.equal("needs_attention");
    const wrong = { code: "POLICY_VIOLATION", message: "as a whole" } as const;
    expect(endStatus([good], false, wrong)).to.equal("failed");
  });
});
