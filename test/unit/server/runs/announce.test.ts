import { expect } from "chai";

import { approvalWanted, runEnded, stampEnded } from "../../../../server/runs/announce";
import { sampleRun } from "../../../support/fake-services";

const STAMP = "member-111122223333";
const SUMMARY = {
  accounts: 1,
  stamped: 0,
  skipped: 0,
  failed: 1,
  changed: 0,
  unchanged: 0,
  resources: 0,
  violations: 0,
  undetermined: 0,
  exempt: 0,
  seconds: 1,
};
const change = {
  urn: "urn:pulumi:a",
  type: "aws:kms/key:Key",
  name: "k",
  operation: "update",
  properties: ["policy"],
} as const;

describe("what webhooks are told", () => {
  it("is the end of a run with the stamps that did not succeed, and whether a person is needed", () => {
    const { stamps } = sampleRun();
    const failed = runEnded("run-1", "up", "failed", SUMMARY, stamps);
    expect(failed).to.deep.include({ type: "strongroom.run.finished", subject: "run-1" });
    expect(failed.data).to.deep.include({
      operation: "up",
      status: "failed",
      unsuccessfulStamps: 1,
      unsuccessful: [
        {
          stamp: STAMP,
          accountId: "111122223333",
          status: "failed",
          code: "POLICY_VIOLATION",
          action: undefined,
        },
      ],
    });
    const attention = runEnded("run-1", "up", "needs_attention", SUMMARY, stamps);
    expect(attention.type).to.equal("strongroom.run.needs_attention");
  });

  it("is that somebody has to approve, with what an approval names; a pause ends by itself", () => {
    const hold = { kind: "plan", since: "now", digest: "9f", preciousAccounts: 2 } as const;
    const [wanted] = approvalWanted("run-1", "up", hold);
    expect(wanted).to.deep.include({ type: "strongroom.run.approval_wanted" });
    expect(wanted?.data).to.deep.include({ digest: "9f", preciousAccounts: 2 });
    expect(approvalWanted("run-1", "up", { kind: "pause", since: "now" })).to.deep.equal([]);
  });

  it("is drift with the mandatory rules that it breaks, and nothing where nothing drifted", () => {
    const violation = { pack: "strongroom", rule: "r", urn: "u", message: "m" };
    const [found] = stampEnded("run-1", "drift", STAMP, {
      changes: [change],
      violations: [
        { ...violation, level: "mandatory" },
        { ...violation, level: "advisory" },
      ],
    });
    expect(found).to.deep.include({ type: "strongroom.drift.found", subject: STAMP });
    expect(found?.data).to.deep.include({
      changedResources: 1,
      weakens: [{ rule: "r", resource: "u", message: "m" }],
    });
    expect(stampEnded("run-1", "drift", STAMP, { changes: [] })).to.deep.equal([]);
    expect(stampEnded("run-1", "up", STAMP, { changes: [change] })).to.deep.equal([]);
  });

  it("is that secrets are not kept after a backup, and nothing where all are", () => {
    const coverage = {
      secrets: 3,
      covered: 2,
      missing: 1,
      failed: 0,
      oldestMissingSeconds: 60,
      sweptAt: "now",
      uncovered: [],
    };
    const [found] = stampEnded("run-1", "backup", STAMP, { coverage });
    expect(found).to.deep.include({ type: "strongroom.coverage.incomplete" });
    expect(found?.data).to.include({ secrets: 3, covered: 2 });
    const whole = { ...coverage, covered: 3, missing: 0 };
    expect(stampEnded("run-1", "backup", STAMP, { coverage: whole })).to.deep.equal([]);
  });
});
