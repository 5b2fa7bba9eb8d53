import { expect } from "chai";

import { coverageKey, drillKey, FLEET_KEY } from "../../../lambdas/core/keys";
import type { AccountCoverage, Fleet } from "../../../lambdas/model";
import { FunctionError } from "../../../lambdas/ports";
import { backupFunction } from "../../../lambdas/work/backup-function";
import { sweepFunction } from "../../../lambdas/work/sweep-function";
import { DrillingVault } from "../../support/vault/drilling";
import {
  batchOf,
  FakeVault,
  member,
  RECOVERY_REGION,
  REGION,
  VAULT_ACCOUNT,
} from "../../support/vault/fake-vault";
import { RestoringVault } from "../../support/vault/restoring";
import { text } from "../../support/vault/scene";

const BUSY = new FunctionError("AWS_BUSY", "slow", true);

/** Ends every call from the `at`-th on: dead is dead, and nothing that was under way goes on. */
function killAt(vault: FakeVault, at: number): void {
  let call = 0;
  vault.onCall((name) => {
    call += 1;
    if (call >= at) throw new FunctionError("AWS_UNREACHABLE", `killed before ${name}`, true);
  });
}

/** How many calls some work makes. */
async function callsOf(vault: FakeVault, work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  vault.onCall(() => (calls += 1));
  await work();
  vault.onCall(undefined);
  return calls;
}

describe("a drill that is killed before any one of its calls", () => {
  const scene = async () => {
    const vault = new DrillingVault();
    for (const name of ["a", "b"]) {
      await vault.keep(await vault.secrets().create(name, { value: text(name) }));
    }
    vault.replicate();
    return vault;
  };
  const left = (vault: DrillingVault) =>
    [REGION, RECOVERY_REGION].flatMap((region) => [
      ...vault.secrets(VAULT_ACCOUNT, region).secrets.keys(),
    ]);

  it("leaves nothing that the next one does not take away, and harms no backup", async () => {
    const counted = await scene();
    const calls = await callsOf(counted, () => counted.drill());
    expect(calls).to.be.greaterThan(30);
    for (let at = 1; at <= calls; at++) {
      const vault = await scene();
      const kept = vault.bucket.keys("1");
      killAt(vault, at);
      await vault.drill().catch(() => undefined);
      vault.onCall(undefined);
      vault.clock.pass(3600);
      const report = await vault.drill({ drillId: "d2" });
      expect(report.problems, `call ${at}`).to.deep.equal([]);
      expect(report.passed, `call ${at}`).to.equal(true);
      expect(left(vault), `call ${at}`).to.deep.equal([]);
      expect(vault.bucket.keys("1")).to.deep.equal(kept);
      expect(vault.bucket.keys(drillKey("d2"))).to.have.length(1);
    }
  });
});

describe("a sweep over all members that is killed before any one of its calls", () => {
  const [ONE, TWO, THREE] = ["100000000001", "100000000002", "100000000003"] as const;
  const all = (...accountIds: string[]) => accountIds.map((accountId) => member({ accountId }));
  const scene = async () => {
    const vault = new FakeVault();
    const handler = sweepFunction(vault);
    await vault.secrets(ONE).create("a", { value: text("1") });
    await handler({ order: "sweep-all", members: all(ONE, TWO) });
    await handler(batchOf(vault.sweeps.take()));
    await backupFunction(vault)(batchOf(vault.work.take()));
    return { vault, handler };
  };
  const order = { order: "sweep-all", members: all(TWO, THREE) };

  it("ends the same when it runs again: the members known, the leaver marked, all ordered", async () => {
    const counted = await scene();
    const calls = await callsOf(counted.vault, () => counted.handler(order));
    expect(calls).to.be.greaterThan(3);
    for (let at = 1; at <= calls; at++) {
      const { vault, handler } = await scene();
      killAt(vault, at);
      await handler(order).catch(() => undefined);
      vault.onCall(undefined);
      vault.sweeps.take();
      await handler(order);
      const { members } = vault.bucket.json(FLEET_KEY) as Fleet;
      expect(members, `call ${at}`).to.deep.equal(all(TWO, THREE));
      const { error } = vault.bucket.json(coverageKey(ONE)) as AccountCoverage;
      expect(error?.code, `call ${at}`).to.equal("MEMBER_LEFT");
      expect(vault.sweeps.sent.map((it) => it.member.accountId)).to.deep.equal([TWO, THREE]);
    }
  });
});

describe("a restore while a service is throttled or fails", () => {
  const scene = async () => {
    const vault = new RestoringVault();
    const arn = await vault.secrets().create("a", { value: text("a1") });
    await vault.keep(arn);
    await vault.secrets().destroy(arn);
    return { vault, plan: await vault.plan() };
  };
  const services: [string, (vault: RestoringVault) => { failure: FunctionError | undefined }][] = [
    ["KMS", (vault) => vault.envelope],
    ["S3", (vault) => vault.bucket],
    ["Secrets Manager", (vault) => vault.secrets()],
  ];
  for (const [service, port] of services) {
    it(`says so of ${service}, brings back no half of a secret, and all of it when it has passed`, async () => {
      const { vault, plan } = await scene();
      port(vault).failure = BUSY;
      const told = await vault.write(plan.planDigest).then(
        ({ items }) => items[0]?.error?.code,
        (error: unknown) => (error as FunctionError).code,
      );
      expect(told).to.equal("AWS_BUSY");
      port(vault).failure = undefined;
      expect(await vault.secrets().describe("a")).to.equal(undefined);
      const { items } = await vault.write(plan.planDigest);
      expect(items[0]).to.include({ action: "create", verified: true });
    });
  }
});
