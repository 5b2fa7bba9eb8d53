import { expect } from "chai";

import {
  mayStartLater,
  stepOfAccount,
  stepOfBackup,
  stepOfUp,
  waitBefore,
} from "../../../../server/onboarding/step";
import type { RunRecord, StampResult } from "../../../../server/runs-ports";
import type { ErrorCode } from "../../../../stacks/errors";
import { sampleRun } from "../../../support/fake-services";

const now = new Date("2026-03-01T12:00:00.000Z");
const young = { accountId: "111122223333", createdAt: "2026-03-01T11:00:00.000Z", attempts: 0 };
const old = { ...young, createdAt: "2026-02-28T11:00:00.000Z" };

function ended(code: ErrorCode | undefined, over: Partial<RunRecord> = {}): RunRecord {
  const stamp = (name: "access" | "member", error?: ErrorCode): StampResult => ({
    stamp: `${name}-111122223333`,
    accountId: "111122223333",
    kind: name,
    status: error === undefined ? "succeeded" : "failed",
    ...(error === undefined ? {} : { error: { code: error, message: error } }),
  });
  return sampleRun({
    status: code === undefined ? "succeeded" : "failed",
    endedAt: now.toISOString(),
    stamps: [stamp("member", code && "RUN_DEPENDENCY"), stamp("access", code)],
    ...over,
  });
}

describe("an account on its way into the fleet", () => {
  it("is stamped once the fleet file selects it", () => {
    expect(stepOfAccount(young, { kind: "selected" }, now)).to.deep.equal({
      kind: "start",
      operation: "up",
    });
  });

  it("is waited for while AWS does not list it or has not made it, for a day", () => {
    const facts = [
      { kind: "unknown" },
      { kind: "left-out", reason: "The account is PENDING_ACTIVATION.", later: true },
    ] as const;
    for (const fact of facts) {
      expect(stepOfAccount(young, fact, now)).to.deep.include({
        kind: "again",
        state: "waiting_for_account",
      });
      expect(stepOfAccount(old, fact, now)).to.deep.include({ kind: "end", state: "failed" });
    }
  });

  it("fails with the reason at once where it is left out, as one that is closed is", () => {
    const fact = { kind: "left-out", reason: "The account is SUSPENDED.", later: false } as const;
    const step = stepOfAccount(young, fact, now);
    expect(step).to.deep.include({ kind: "end", state: "failed" });
    expect(JSON.stringify(step)).to.contain("SUSPENDED");
  });

  it("is tried again while its role cannot be assumed yet, and is a person's after a day", () => {
    for (const code of ["ACCESS_ROLE", "ACCESS_DENIED", "ENGINE_TIMEOUT"] as const) {
      const step = stepOfUp(young, ended(code), now);
      expect(step, code).to.deep.include({ kind: "again", state: "waiting_for_account" });
      expect(step, code).to.have.nested.property("note.code", code);
      expect(stepOfUp(old, ended(code), now)).to.deep.include({
        kind: "end",
        state: "needs_attention",
      });
    }
  });

  it("fails where another try would end the same", () => {
    for (const code of ["POLICY_VIOLATION", "ACCESS_WRONG_ACCOUNT"] as const) {
      expect(stepOfUp(young, ended(code), now), code).to.deep.include({
        kind: "end",
        state: "failed",
      });
    }
    expect(stepOfUp(young, ended("ENGINE_FAILED", { status: "cancelled" }), now)).to.deep.include({
      state: "failed",
    });
  });

  it("is a person's where its run is", () => {
    const run = ended("ENGINE_PENDING", { status: "needs_attention" });
    expect(stepOfUp(young, run, now)).to.deep.include({ kind: "end", state: "needs_attention" });
  });

  it("says while it waits for an approval that it does", () => {
    const run = sampleRun({ status: "waiting_for_approval" });
    expect(JSON.stringify(stepOfUp(young, run, now))).to.contain("approval");
    expect(stepOfUp(young, sampleRun(), now)).to.deep.equal({ kind: "watch" });
  });

  it("is ready when it is stamped and its first backup has ended well, not before", () => {
    expect(stepOfUp(young, ended(undefined), now)).to.deep.equal({
      kind: "next",
      state: "backing_up",
    });
    expect(stepOfBackup(young, undefined)).to.deep.equal({ kind: "start", operation: "backup" });
    expect(stepOfBackup(young, sampleRun())).to.deep.equal({ kind: "watch" });
    expect(stepOfBackup(young, ended(undefined))).to.deep.equal({ kind: "end", state: "ready" });
  });

  it("is backed up again where something was not kept yet, ten times, and is a person's then", () => {
    const run = ended("COVERAGE_INCOMPLETE");
    expect(stepOfBackup({ attempts: 9 }, run)).to.deep.include({
      kind: "again",
      state: "backing_up",
    });
    expect(stepOfBackup({ attempts: 10 }, run)).to.deep.include({ state: "needs_attention" });
    expect(stepOfBackup({ attempts: 0 }, ended("VAULT_MISSING"))).to.deep.include({
      state: "needs_attention",
    });
  });

  it("waits longer each time, ten minutes at most and a little by chance", () => {
    const waits = [0, 1, 2, 10, 100].map((attempts) => waitBefore(attempts, () => 0));
    expect(waits).to.deep.equal([15, 30, 60, 600, 600]);
    expect(waitBefore(0, () => 1)).to.equal(18);
  });

  it("is not given up because of what is wrong with the list of accounts, or held just now", () => {
    for (const code of ["ORG_SHRUNK", "ORG_INCOMPLETE", "ORG_MISMATCH", "STACK_BUSY"] as const) {
      expect(mayStartLater(code), code).to.equal(true);
    }
    expect(mayStartLater("PLAN_EMPTY")).to.equal(false);
  });
});
