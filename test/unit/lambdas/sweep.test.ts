import { expect } from "chai";

import { placeOfArn } from "../../../lambdas/core/arn";
import { coverageKey, failureKey, FLEET_KEY } from "../../../lambdas/core/keys";
import type { AccountCoverage, Fleet, Member, SweepAllAnswer } from "../../../lambdas/model";
import { FunctionError } from "../../../lambdas/ports";
import { backupFunction } from "../../../lambdas/work/backup-function";
import { sweepAccount } from "../../../lambdas/work/sweep-account";
import { sweepFunction } from "../../../lambdas/work/sweep-function";
import {
  ACCOUNT,
  batchOf,
  FakeVault,
  member,
  RECOVERY_REGION,
  REGION,
  VAULT_ACCOUNT,
} from "../../support/vault/fake-vault";
import { text } from "../../support/vault/scene";

/** A sweep, the backups that it ordered, and what a second sweep says. */
async function sweepAndBackUp(vault: FakeVault, of: Member = member()): Promise<AccountCoverage> {
  await sweepAccount(vault, of, true);
  await backupFunction(vault)(batchOf(vault.work.take()));
  return (await sweepAccount(vault, of, false)).coverage;
}

const states = ({ items }: AccountCoverage) =>
  Object.fromEntries(items.map(({ name, region, state }) => [`${name} ${region}`, state]));

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as FunctionError,
  );

describe("the sweep of one account", () => {
  let vault: FakeVault;
  beforeEach(() => (vault = new FakeVault()));
  const seed = async (names: readonly string[], region = REGION) => {
    const arns: string[] = [];
    for (const name of names) {
      arns.push(await vault.secrets(ACCOUNT, region).create(name, { value: text(name) }));
    }
    return arns;
  };

  it("orders a backup of each secret that is not kept, in all Regions, and finds them covered then", async () => {
    await seed(["a", "b"]);
    await seed(["c"], RECOVERY_REGION);
    vault.clock.pass(60);
    const { coverage } = await sweepAccount(vault, member(), true);
    expect(coverage).to.include({ secrets: 3, covered: 0, missing: 3, oldestMissingSeconds: 60 });
    expect(vault.work.sent.map(({ place }) => place.name)).to.deep.equal(["a", "b", "c"]);
    const after = await sweepAndBackUp(vault);
    expect(after).to.include({ secrets: 3, covered: 3, missing: 0, oldestMissingSeconds: 0 });
    expect(after.items[0]).to.deep.include({
      state: "covered",
      kept: 1,
      versions: 1,
      newestBackupAt: vault.clock.now().toISOString(),
    });
  });

  it("asks nothing of a secret: one listing of each Region and of the bucket, and one writing", async () => {
    await seed(["a", "b", "c"]);
    await sweepAndBackUp(vault);
    const calls: string[] = [];
    vault.onCall((call) => calls.push(call));
    await sweepAccount(vault, member(), true);
    expect(calls.sort()).to.deep.equal([
      "list",
      "list",
      `list ${ACCOUNT}/`,
      `list coverage/failures/${ACCOUNT}/`,
      "send 0",
      `write coverage/${ACCOUNT}.json`,
    ]);
  });

  it("writes down what it answers, and measures it", async () => {
    await seed(["a"]);
    const { coverage } = await sweepAccount(vault, member(), true);
    expect(vault.bucket.json(coverageKey(ACCOUNT))).to.deep.equal(coverage);
    expect(vault.metrics.coverages).to.deep.equal([coverage]);
  });

  it("only looks where it is told not to back up", async () => {
    await seed(["a"]);
    const { coverage } = await sweepAccount(vault, member(), false);
    expect(coverage.missing).to.equal(1);
    expect(vault.work.sent).to.deep.equal([]);
  });

  it("finds a secret missing whose labels or tags changed within the same moment", async () => {
    const [arn] = await seed(["a"]);
    await sweepAndBackUp(vault);
    await vault.secrets().tag(arn!, { owner: "you" });
    const { coverage } = await sweepAccount(vault, member(), false);
    expect(coverage.items[0]).to.include({
      state: "missing",
      reason: "Its labels, tags or settings changed after the newest backup",
    });
  });

  it("finds a version that appeared while it swept, the next time", async () => {
    const [arn] = await seed(["a"]);
    await sweepAndBackUp(vault);
    vault.bucket.onCall = (call) => {
      if (!call.startsWith("write")) return;
      vault.bucket.onCall = undefined;
      vault.clock.pass(1);
      void vault.secrets().put(arn!, text("2"));
    };
    expect((await sweepAccount(vault, member(), true)).coverage.covered).to.equal(1);
    const { coverage } = await sweepAccount(vault, member(), true);
    expect(coverage.items[0]).to.include({
      state: "missing",
      reason: "It has a version that is not kept yet",
    });
    expect((await sweepAndBackUp(vault)).covered).to.equal(1);
  });

  it("keeps what was deleted, and says so", async () => {
    const [gone, going] = await seed(["gone", "going", "stays"]);
    await sweepAndBackUp(vault);
    await vault.secrets().destroy(gone!);
    vault.clock.pass(1);
    await vault.secrets().scheduleDeletion(going!);
    const coverage = await sweepAndBackUp(vault);
    expect(coverage).to.include({ secrets: 1, covered: 1, missing: 0 });
    expect(states(coverage)).to.deep.equal({
      "going eu-central-1": "kept-after-deletion",
      "gone eu-central-1": "kept-after-deletion",
      "stays eu-central-1": "covered",
    });
    expect(coverage.items.map(({ kept }) => kept)).to.deep.equal([1, 1, 1]);
  });

  it("says that a secret was on its way to deletion before it was kept, and orders nothing", async () => {
    const [arn] = await seed(["a"]);
    await vault.secrets().scheduleDeletion(arn!);
    const { coverage } = await sweepAccount(vault, member(), true);
    expect(coverage.missing).to.equal(1);
    expect(coverage.items[0]!.reason).to.match(/cancel its deletion/);
    expect(vault.work.sent).to.deep.equal([]);
  });

  it("leaves out what is out of scope and replicas whose primary is kept", async () => {
    await seed(["test/a"]);
    await vault.secrets().create("prod/b", { value: text("b"), replicas: [RECOVERY_REGION] });
    const scope = { namePrefixes: ["prod/"], tags: {} };
    const coverage = await sweepAndBackUp(vault, member({ scope }));
    expect(states(coverage)).to.deep.equal({ "prod/b eu-central-1": "covered" });
  });

  it("leaves out what a drill made in the vault account, and nothing of that name elsewhere", async () => {
    for (const accountId of [ACCOUNT, VAULT_ACCOUNT]) {
      for (const name of ["app", "strongroom-drill/d1/app"]) {
        await vault.secrets(accountId).create(name, { value: text(name) });
      }
    }
    const own = await sweepAndBackUp(vault, member({ accountId: VAULT_ACCOUNT }));
    expect(states(own)).to.deep.equal({ "app eu-central-1": "covered" });
    const other = await sweepAndBackUp(vault);
    expect(Object.keys(states(other))).to.have.length(2);
  });

  it("shows why a backup failed, until it has been kept", async () => {
    await seed(["a"]);
    await sweepAccount(vault, member(), true);
    vault.envelope.failure = new FunctionError("KEY_DISABLED", "Enable the key", false);
    await backupFunction(vault)(batchOf(vault.work.take()));
    const { coverage } = await sweepAccount(vault, member(), true);
    expect(coverage).to.include({ secrets: 1, missing: 0, failed: 1 });
    expect(coverage.items[0]).to.include({
      state: "failed",
      reason: "KEY_DISABLED: Enable the key",
    });
    vault.envelope.failure = undefined;
    expect((await sweepAndBackUp(vault)).covered).to.equal(1);
  });

  it("does not take a failure of the past for one of the present", async () => {
    const [arn] = await seed(["a"]);
    vault.envelope.failure = new FunctionError("KEY_DISABLED", "Enable the key", false);
    await sweepAndBackUp(vault);
    vault.envelope.failure = undefined;
    await sweepAndBackUp(vault);
    vault.clock.pass(10);
    await vault.secrets().put(arn!, text("2"));
    expect((await sweepAccount(vault, member(), false)).coverage).to.include({
      missing: 1,
      failed: 0,
    });
  });

  it("counts a note that cannot be read as no note", async () => {
    const [arn] = await seed(["a"]);
    await vault.bucket.write(failureKey(placeOfArn(arn!)!), Buffer.from("{"));
    expect((await sweepAccount(vault, member(), false)).coverage.missing).to.equal(1);
  });

  describe("where a Region cannot be looked at", () => {
    const unreachable = new FunctionError("MEMBER_UNREACHABLE", "Stamp the account", false);

    beforeEach(async () => {
      await seed(["a"]);
      await seed(["b"], RECOVERY_REGION);
      await sweepAndBackUp(vault);
      await seed(["new"]);
      vault.secrets(ACCOUNT, RECOVERY_REGION).failure = unreachable;
    });

    it("says so with the last known state, and goes on with the others", async () => {
      const { coverage, retry } = await sweepAccount(vault, member(), true);
      expect(coverage.error).to.deep.equal({
        code: "MEMBER_UNREACHABLE",
        message: `${RECOVERY_REGION} could not be looked at: Stamp the account`,
      });
      expect(states(coverage)).to.deep.equal({
        "a eu-central-1": "covered",
        "new eu-central-1": "missing",
        "b eu-west-1": "covered",
      });
      expect(vault.work.sent.map(({ place }) => place.name)).to.deep.equal(["new"]);
      expect(retry).to.equal(false);
    });

    it("never takes its secrets for deleted ones", async () => {
      vault.secrets().failure = unreachable;
      const { coverage } = await sweepAccount(vault, member(), true);
      expect(Object.values(states(coverage))).not.to.include("kept-after-deletion");
      expect(coverage).to.include({ secrets: 2, covered: 2 });
    });

    it("has no items for an account that was never seen", async () => {
      vault.secrets("999900001111").failure = unreachable;
      const other = member({ accountId: "999900001111", regions: [REGION] });
      const { coverage } = await sweepAccount(vault, other, true);
      expect(coverage.items).to.deep.equal([]);
      expect(coverage.error?.code).to.equal("MEMBER_UNREACHABLE");
    });
  });

  it("fails where the vault itself fails: then nothing it said could be believed", async () => {
    await seed(["a"]);
    const error = new FunctionError("AWS_BUSY", "500", true);
    vault.bucket.failure = error;
    expect(await failureOf(sweepAccount(vault, member(), true))).to.equal(error);
    vault.bucket.failure = undefined;
    vault.work.failure = error;
    expect(await failureOf(sweepAccount(vault, member(), true))).to.equal(error);
    expect(vault.bucket.keys()).to.deep.equal([]);
  });

  it("ends the same when it was killed before any one of its calls and runs again", async () => {
    await seed(["a", "b"]);
    let calls = 0;
    vault.onCall(() => (calls += 1));
    await sweepAccount(vault, member(), true);
    expect(calls).to.be.greaterThan(5);
    for (let at = 1; at <= calls; at++) {
      vault = new FakeVault();
      await seed(["a", "b"]);
      let call = 0;
      vault.onCall(() => {
        call += 1;
        // Dead is dead: nothing that was under way goes on.
        if (call >= at) throw new FunctionError("AWS_UNREACHABLE", "killed", true);
      });
      await failureOf(sweepAccount(vault, member(), true));
      vault.onCall(undefined);
      const coverage = await sweepAndBackUp(vault);
      expect(coverage).to.include({ secrets: 2, covered: 2, missing: 0 });
      expect(coverage).not.to.have.property("error");
    }
  });
});

describe("the sweep function", () => {
  let vault: FakeVault;
  let handler: ReturnType<typeof sweepFunction>;
  const all = (...accountIds: string[]) => accountIds.map((accountId) => member({ accountId }));
  const [ONE, TWO, THREE] = ["100000000001", "100000000002", "100000000003"] as const;

  beforeEach(() => {
    vault = new FakeVault();
    handler = sweepFunction(vault);
  });

  it("remembers the members and orders one sweep each", async () => {
    const answer = await handler({ order: "sweep-all", members: all(ONE, TWO) });
    expect(answer).to.deep.equal({ order: "sweep-all", ordered: 2, left: [] });
    expect((vault.bucket.json(FLEET_KEY) as Fleet).members).to.deep.equal(all(ONE, TWO));
    expect(vault.sweeps.sent).to.deep.equal(
      all(ONE, TWO).map((it) => ({ order: "sweep-account", member: it, backup: true })),
    );
  });

  it("takes the last known members where the schedule gives none", async () => {
    await handler({ order: "sweep-all", members: all(ONE) });
    vault.sweeps.take();
    await handler({ order: "sweep-all" });
    expect(vault.sweeps.sent.map((it) => it.member.accountId)).to.deep.equal([ONE]);
  });

  it("says what to do where no members were ever given", async () => {
    expect(await failureOf(handler({ order: "sweep-all" }))).to.include({
      code: "FLEET_UNKNOWN",
      retry: false,
    });
  });

  it("keeps and shows what is kept of an account that leaves", async () => {
    await vault.secrets(ONE).create("a", { value: text("1") });
    await handler({ order: "sweep-all", members: all(ONE, TWO) });
    await handler(batchOf(vault.sweeps.take()));
    await backupFunction(vault)(batchOf(vault.work.take()));
    await handler({ order: "sweep-account", member: member({ accountId: ONE }), backup: false });
    const kept = vault.bucket.keys(`${ONE}/`);
    const answer = (await handler({ order: "sweep-all", members: all(TWO) })) as SweepAllAnswer;
    expect(answer.left).to.deep.equal([ONE]);
    const coverage = vault.bucket.json(coverageKey(ONE)) as AccountCoverage;
    expect(coverage.error?.code).to.equal("MEMBER_LEFT");
    expect(coverage.items).to.have.length(1);
    expect(vault.bucket.keys(`${ONE}/`)).to.deep.equal(kept);
    expect(kept).to.have.length(2);
  });

  it("does not let one account that fails or hangs hold up another", async () => {
    for (const id of [ONE, TWO, THREE]) await vault.secrets(id).create("a", { value: text("1") });
    vault.secrets(ONE).failure = new FunctionError("AWS_BUSY", "slow", true);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const list = vault.secrets(TWO).list.bind(vault.secrets(TWO));
    vault.secrets(TWO).list = async function* (options) {
      await held;
      yield* list(options);
    };
    const done = handler(
      batchOf(
        all(ONE, TWO, THREE).map((it) => ({ order: "sweep-account", member: it, backup: true })),
      ),
    );
    // The third is swept to its end while the second still hangs.
    while (!vault.bucket.objects.has(coverageKey(THREE))) await Promise.resolve();
    expect(vault.bucket.objects.has(coverageKey(TWO))).to.equal(false);
    release();
    // The first failed in a way that may pass: it comes again.
    expect(await done).to.deep.equal({ batchItemFailures: [{ itemIdentifier: "m0" }] });
    expect(vault.sweeps.givenBack.map(({ receipt }) => receipt)).to.deep.equal(["r0"]);
    expect((vault.bucket.json(coverageKey(ONE)) as AccountCoverage).error?.code).to.equal(
      "AWS_BUSY",
    );
  });

  it("gives back what it cannot read or write, and does the rest", async () => {
    const answer = await handler(
      batchOf([
        "{",
        { order: "sweep-account", member: member({ regions: [] }), backup: true },
        {
          order: "sweep-account",
          member: member(),
          backup: true,
        },
      ]),
    );
    expect(answer).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "m0" }, { itemIdentifier: "m1" }],
    });
    expect(vault.bucket.keys()).to.deep.equal([coverageKey(ACCOUNT)]);
  });

  for (const [what, request] of [
    ["nothing", {}],
    ["another order", { order: "backup" }],
    ["members that are none", { order: "sweep-all", members: [{ accountId: "1" }] }],
    ["no say about backups", { order: "sweep-account", member: member() }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await failureOf(handler(request))).to.include({ code: "REQUEST_INVALID" });
    });
  }
});
