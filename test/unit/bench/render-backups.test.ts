import { expect } from "chai";

import type { FunctionWork } from "../../../bench/function-work";
import type { BackupsReport, BackupStep } from "../../../bench/parts/backups";
import { leastOf, renderBackups } from "../../../bench/render-backups";

const idle: FunctionWork = { calls: {}, invocations: 0, seconds: 0 };
const step = (name: BackupStep["step"], work: Partial<BackupStep["functions"]>): BackupStep => ({
  step: name,
  secrets: 10,
  seconds: 5,
  functions: { backup: idle, sweep: idle, restore: idle, drill: idle, ...work },
});

const report = (...steps: readonly BackupStep[]): BackupsReport => ({
  accounts: [
    { id: "600000000001", secrets: 7, regions: 2 },
    { id: "600000000002", secrets: 3, regions: 1 },
  ],
  steps,
});

describe("The tables of the backups", () => {
  it("begin with calls against the least, and charge the runs of the function that does the work alone", () => {
    const text = renderBackups(
      report(
        step("backup", {
          backup: {
            calls: { "s3:PutObject": 60, "s3:ListBucket": 40 },
            invocations: 2,
            seconds: 3,
          },
          sweep: { calls: { "sts:AssumeRole": 9 }, invocations: 1, seconds: 1 },
        }),
      ),
    );
    const row = text.split("\n").find((line) => line.startsWith("backup"))!;
    expect(row.trim().split(/\s+/)).to.deep.equal([
      "backup",
      "10",
      "1.25",
      "10.00",
      "8.00",
      "5.0",
      "2.0",
      "3.0",
      "3.3",
      "2",
    ]);
    expect(text).to.match(/backup +s3:ListBucket +40 +4\.00 +0/);
    expect(text).to.match(/backup +kms:GenerateMac +0 +0\.00 +20/);
  });

  it("count a sweep's least for each account by itself", () => {
    const all = report(step("sweep", {}));
    expect(leastOf(all.steps[0]!, all)).to.include({
      "sts:AssumeRole": 2,
      "secretsmanager:ListSecrets": 3,
      "s3:PutObject": 2,
    });
  });
});
