import { expect } from "chai";

import type { DrillReport } from "../../../lambdas/model";
import type { RunRecord } from "../../../server/runs-ports";
import { rootOf } from "../emulator/support";
import { KeptWorld, until } from "./kept-world";

/** shop-staging: customer keys, rotation, names and values of every odd kind. */
const SHOP = "600000000011";
/** billing-staging: bytes beside texts. Both are stamped in both Regions. */
const BILLING = "600000000012";

describe("keeping the secrets of an organization, by the deployed functions", function () {
  this.timeout(900_000);
  let world: KeptWorld;
  let early: Awaited<ReturnType<KeptWorld["product"]["cli"]>>;
  let swept: { readonly code: number };

  before(async () => {
    world = await KeptWorld.start();
    early = await world.product.cli("coverage");
    await world.stamp([SHOP, BILLING]);
    swept = await world.product.cli("backup");
  });
  after(() => world.product.close());

  const region = () => world.organization.region;
  const recovery = () => world.organization.recoveryRegion;
  const current = async (accountId: string, SecretId: string) =>
    (await world.secrets(accountId)("GetSecretValue", { SecretId }))["SecretString"];

  it("says what to do where there is no vault yet", () => {
    expect(early.code).not.to.equal(0);
    expect(early.err).to.contain("ACCESS_ROLE");
    expect(early.err).to.contain(`strongroom up vault-${world.organization.vaultAccountId}`);
  });

  it("covers every secret of the accounts that can be reached, and says why the others are not", async () => {
    // The accounts without a stamp cannot be looked at, which is no success.
    expect(swept.code).to.equal(1);
    const again = await world.product.cli("backup");
    expect(again.code).to.equal(1);
    const coverage = await world.coverage();
    expect(coverage).to.include({ percent: 100, missing: 0, failed: 0 });
    const of = (id: string) => coverage.accounts.find(({ accountId }) => accountId === id);
    for (const id of [SHOP, BILLING]) {
      const there = await Promise.all(
        [region(), recovery()].map((where) => world.owner(id).values(where)),
      );
      const secrets = there.reduce((sum, { size }) => sum + size, 0);
      expect(of(id), id).to.deep.include({ state: "covered", secrets, covered: secrets });
      expect(secrets).to.be.greaterThan(4);
    }
    const others = coverage.accounts.filter(({ state }) => state !== "covered");
    expect(others.length).to.be.greaterThan(5);
    for (const { accountId, state, reasons } of others) {
      expect(state, accountId).to.equal("unreachable");
      expect(reasons.join(" "), accountId).to.match(/MEMBER_UNREACHABLE.*cannot be assumed/);
    }
  });

  it("covers a secret that is made afterwards by its event", async () => {
    await world.make(SHOP, "after/by-event", "1");
    await world.json("backup", "--account", SHOP);
    const found = await world.json<{ items: { name: string; state: string }[] }>(
      ...["coverage", "--account", SHOP, "--secrets"],
    );
    expect(found.items.find(({ name }) => name === "after/by-event")?.state).to.equal("covered");
  });

  it("covers it by the next sweep where events are switched off", async () => {
    const events = rootOf(world.product.emulator, SHOP, region());
    const { json } = await events.must("events", "ListRules", {});
    const rules = (json["Rules"] as { Name: string }[]).map(({ Name }) => Name);
    expect(rules).not.to.deep.equal([]);
    for (const Name of rules) await events.must("events", "DisableRule", { Name });
    try {
      const made = await world.secrets(SHOP)("CreateSecret", {
        Name: "after/by-sweep",
        SecretString: "1",
      });
      expect((await world.kept(SHOP, "after/by-sweep")).versionIds.size).to.equal(0);
      await world.json("backup", "--account", SHOP);
      const { versionIds } = await world.kept(SHOP, "after/by-sweep");
      expect([...versionIds]).to.deep.equal([made["VersionId"]]);
    } finally {
      for (const Name of rules) await events.must("events", "EnableRule", { Name });
    }
  });

  describe("restores, byte for byte,", () => {
    const NAME = "ten/versions";
    /** A moment at which each value was the current one. */
    const moments: string[] = [];

    before(async () => {
      for (let value = 1; value <= 10; value++) {
        if (value === 1) await world.make(SHOP, NAME, "value 1");
        else {
          const put = { SecretId: NAME, SecretString: `value ${value}` };
          const { VersionId } = await world.secrets(SHOP)("PutSecretValue", put);
          await world.keptByEvent(SHOP, NAME, String(VersionId));
        }
        moments.push(new Date().toISOString());
      }
      // The manifest of a moment is written last.
      await until("the last manifest", async () =>
        (await world.kept(SHOP, NAME)).manifests >= 10 ? true : undefined,
      );
    });
    beforeEach(async () => {
      // Whatever was restored before, this is the current value, and the one before it is the previous one.
      for (const SecretString of ["value 9", "value 10"]) {
        const put = { SecretId: NAME, SecretString };
        const { VersionId } = await world.secrets(SHOP)("PutSecretValue", put);
        await world.keptByEvent(SHOP, NAME, String(VersionId));
      }
      await world.json("backup", "--account", SHOP);
    });

    it("the value at a time among ten versions", async () => {
      const at = ["--account", SHOP, "--name", NAME, "--at", moments[3]!];
      const refused = await world.restore(...at);
      expect(refused.out).to.contain("newer");
      expect(await current(SHOP, NAME)).to.equal("value 10");
      const answer = await world.restore(...at, "--overwrite-newer");
      expect(answer.code, answer.err + answer.out).to.equal(0);
      expect(await current(SHOP, NAME)).to.equal("value 4");
    });

    it("the previous value", async () => {
      const answer = await world.restore(
        ...["--account", SHOP, "--name", NAME, "--stage", "AWSPREVIOUS", "--overwrite-newer"],
      );
      expect(answer.code, answer.err + answer.out).to.equal(0);
      expect(await current(SHOP, NAME)).to.equal("value 9");
    });

    it("the current value of a secret that was force-deleted, and changes nothing when asked again", async () => {
      await world.owner(SHOP).destroy(region(), NAME);
      const answer = await world.restore("--account", SHOP, "--name", NAME);
      expect(answer.code, answer.err + answer.out).to.equal(0);
      expect(await current(SHOP, NAME)).to.equal("value 10");
      const again = await world.restore("--account", SHOP, "--name", NAME);
      expect(again.out).to.contain("There is nothing to write.");
    });

    it("a secret that is scheduled for deletion, by cancelling that", async () => {
      const SecretId = NAME;
      await world.secrets(SHOP)("DeleteSecret", { SecretId, RecoveryWindowInDays: 30 });
      const answer = await world.restore("--account", SHOP, "--name", NAME);
      expect(answer.code, answer.err + answer.out).to.equal(0);
      expect(answer.out).to.contain("cancels its deletion");
      expect(await current(SHOP, NAME)).to.equal("value 10");
    });
  });

  it("restores all secrets of an account into another one", async () => {
    await world.json("backup", "--account", SHOP);
    const lost = await world.owner(SHOP).values(region());
    expect(lost.size).to.be.greaterThan(6);
    const answer = await world.restore(
      ...["--account", SHOP, "--region", region(), "--to-account", BILLING],
    );
    expect(answer.code, answer.err + answer.out).to.equal(0);
    const there = await world.owner(BILLING).values(region());
    for (const [name, value] of lost) expect(there.get(name) === value, name).to.equal(true);
  });

  it("restores all of them from the recovery Region while the primary one refuses every call", async () => {
    await world.json("backup", "--account", BILLING);
    const lost = await world.owner(BILLING).values(region());
    expect([...lost.values()].filter((value) => value.includes("SecretBinary"))).not.to.be.empty;
    const { emulator } = world.product;
    await emulator.outage([region()]);
    try {
      const unreachable = await world.product.cli("coverage");
      expect(unreachable.code).not.to.equal(0);
      expect(unreachable.err).to.contain("VAULT_UNREACHABLE");
      const answer = await world.restore(
        ...["--account", BILLING, "--region", region()],
        ...["--from-recovery", "--to-region", recovery()],
      );
      expect(answer.code, answer.err + answer.out).to.equal(0);
      const there = await world.owner(BILLING).values(recovery());
      for (const [name, value] of lost) expect(there.get(name) === value, name).to.equal(true);
    } finally {
      expect(await emulator.outage([])).to.be.greaterThan(0);
    }
  });

  it("holds a drill that passes, leaves its report, and nothing else", async () => {
    const run = await world.json<RunRecord>(
      ...["drill", "--account", SHOP, "--account", BILLING, "--whole-account", BILLING],
      ...["--reason", "proof"],
    );
    const report = await world.json<DrillReport>("report", run.id);
    expect(report.problems).to.deep.equal([]);
    expect(report).to.include({ drillId: run.id, passed: true });
    expect(report.accounts.map(({ from }) => from)).to.have.members([
      ...["primary", "primary", "recovery"],
    ]);
    expect(report.rtoSeconds).to.be.greaterThan(0);
    for (const where of [region(), recovery()]) {
      const left = await world.owner(world.organization.vaultAccountId).values(where);
      expect([...left.keys()]).to.deep.equal([]);
    }
  });

  describe("hands on what the functions refuse:", () => {
    it("a restore of what was never kept, with the function's own code", async () => {
      const { code, out } = await world.product.cli(
        ...["restore", "--account", SHOP, "--name", "never/kept", "--json"],
      );
      expect(code).to.equal(1);
      expect(out).to.contain("RESTORE_NOTHING").and.to.contain("No backup fits");
    });

    it("a writing of what is not planned any more", async () => {
      const name = "plan/changed";
      await world.make(SHOP, name, "1");
      await until("its manifest", async () =>
        (await world.kept(SHOP, name)).manifests > 0 ? true : undefined,
      );
      await world.owner(SHOP).destroy(region(), name);
      const target = { accounts: [SHOP] };
      const plan = await world.product.run({ operation: "restore", target, restore: { name } });
      expect(plan.stamps[0]?.restore?.items.map(({ action }) => action)).to.deep.equal(["create"]);
      await world.secrets(SHOP)("CreateSecret", { Name: name, SecretString: "somebody's own" });
      const written = await world.product.run(
        {
          operation: "restore",
          target,
          reason: "proof",
          restore: { name, order: "write", planRun: plan.id },
        },
        "approver",
      );
      expect(written.stamps[0]?.error?.code).to.equal("RESTORE_PLAN_CHANGED");
      expect(await current(SHOP, name)).to.equal("somebody's own");
    });

    it("a report that there is not", async () => {
      const { code, err } = await world.product.cli("report", "nothing");
      expect(code).to.equal(2);
      expect(err).to.contain("DRILL_NOT_FOUND");
    });
  });
});
