import { expect } from "chai";

import type { RotationItem } from "../../../../lambdas/rotation-model";
import { listeningService, strongroom, type Service } from "./harness";

const ACCOUNT = "111122223333";
const item = (name: string, over: Partial<RotationItem> = {}): RotationItem => ({
  accountId: ACCOUNT,
  region: "eu-central-1",
  name,
  suffix: "AbCdEf",
  arn: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:${name}-AbCdEf`,
  rotator: "password",
  enrolledBy: "tag",
  state: "scheduled",
  lastRotatedAt: "2026-01-01T00:00:00.000Z",
  nextRotationAt: "2026-01-30T00:00:00.000Z",
  failures: 0,
  ...over,
});

describe("The commands about rotations", () => {
  let service: Service;
  beforeEach(async () => {
    service = await listeningService();
    service.vault.rotated = [
      item("app/good"),
      item("app/\u001b[31mbad", {
        state: "failed",
        failures: 3,
        reason: "DATABASE_UNREACHABLE: db:5432",
      }),
    ];
  });
  afterEach(() => service.close());

  it("show every enrolled secret with last, next and failures", async () => {
    const { exit, stdout } = await strongroom(service, ["rotation"]);
    expect(exit).to.equal(0);
    expect(stdout).to.match(/app\/good +password +scheduled +2026-01-01T\S+ +2026-01-30T/);
    expect(stdout).to.match(/failed .* 3 +DATABASE_UNREACHABLE: db:5432/);
    expect(stdout).not.to.contain("\u001b[31m");
    expect(stdout).to.contain("2 secrets enrolled in 1 account; 1 to look at.");
  });

  it("show only what failed where that is asked, and one document with --json", async () => {
    const { stdout } = await strongroom(service, ["rotation", "--failed", "--json"]);
    const { items } = JSON.parse(stdout) as { items: RotationItem[] };
    expect(items.map(({ failures }) => failures)).to.deep.equal([3]);
  });

  it("start a rotation as a run, with the name and the reason", async () => {
    const { exit, stdout } = await strongroom(service, [
      ...["rotate", "--name", "app/*", "--account", ACCOUNT],
      ...["--reason", "leaked", "--region", "eu-central-1", "--detach"],
    ]);
    expect(exit, stdout).to.equal(0);
    const [run] = [...service.runs.runs.values()];
    expect(run).to.deep.include({
      operation: "rotate",
      reason: "leaked",
      rotate: { name: "app/*", region: "eu-central-1" },
      target: { accounts: [ACCOUNT] },
    });
  });

  it("start none without a reason", async () => {
    const { exit, stderr } = await strongroom(service, ["rotate", "--name", "app/*"]);
    expect(exit).to.equal(2);
    expect(stderr).to.contain("--reason");
  });
});
