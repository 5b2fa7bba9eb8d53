import { expect } from "chai";

import { AppError } from "../../../stacks/errors";
import { stampName } from "../../../stacks/naming";
import { createAuditService } from "../../../server/audit/chain";
import type { PlannedRun, RunPlanner } from "../../../server/runs/planner";
import type { RotationNote } from "../../../lambdas/rotation-model";
import type { ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { FakeEngine } from "../../support/fake-engine";
import { FakeVault } from "../../support/fake-vault";
import { ROTATION } from "../../support/specs";
import { keyFor, newAccount, scratchFolder, VAULT, runsOf } from "../../support/runs";

/** Members as the real planner answers them; a restore is about the same accounts. */
function memberPlan(accounts: readonly string[]): RunPlanner {
  const plan: PlannedRun = {
    stamps: accounts.map((accountId) => ({
      stamp: stampName("member", accountId),
      accountId,
      kind: "member",
      wave: 0,
      dependsOn: [],
      spec: {
        kind: "member",
        version: 1,
        accountId,
        organizationId: "o-exampleorg1",
        vaultAccountId: VAULT,
        tags: {},
        environment: "prod",
        regions: ["eu-central-1"],
        vaultPrimaryRegion: "eu-central-1",
        rotationDays: 30,
        retentionDays: 30,
        lockMode: "GOVERNANCE",
        keyDeletionDays: 30,
        secrets: { namePrefixes: [], tags: {} },
        watchReads: false,
        externalId: "an-external-id-of-tests",
        rotation: ROTATION,
      },
      connection: { assumeRoles: [], s3UsePathStyle: true },
    })),
    sources: accounts,
    accounts: accounts.map((accountId) => ({ accountId, name: `account ${accountId}` })),
  };
  return { plan: () => Promise.resolve(plan) };
}

describe("the vault's operations as runs over a real database", () => {
  const scratch = scratchFolder("vault-runs");
  let store: Store;
  let vault: FakeVault;
  let service: ManagedRunService;
  let account: string;

  before(async () => {
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
  });
  beforeEach(async () => {
    vault = new FakeVault();
    account = newAccount();
    service = runsOf({
      store,
      engine: new FakeEngine(),
      vault,
      backupWaitMs: 20,
      planner: memberPlan([account]),
    });
    await service.startWorkers();
  });
  afterEach(() => service.close());
  after(async () => {
    await store.close();
    scratch.remove();
  });

  async function run(request: RunRequest): Promise<RunRecord> {
    const started = await service.start(request, keyFor(request));
    const { id } = started.run;
    for await (const event of service.follow(id, 0, AbortSignal.timeout(20_000))) event;
    return (await service.get(id))!;
  }
  const codeOf = (request: RunRequest): Promise<string> =>
    service.start(request, keyFor(request)).then(
      () => "none",
      (error: unknown) => AppError.from(error).code,
    );
  const target = (): RunRequest["target"] => ({ accounts: [account] });
  const plan = (): RunRequest => ({ operation: "restore", target: target() });
  const write = (planRun: string, over: Partial<RunRequest> = {}): RunRequest => ({
    operation: "restore",
    target: target(),
    restore: { order: "write", planRun },
    reason: "INC-1",
    ...over,
  });

  it("backs up the whole fleet: tells the vault its members first, then each is covered", async () => {
    vault.put(account, { name: "a" }, { name: "b" });
    const done = await run({ operation: "backup", target: {} });
    expect(done.status).to.equal("succeeded");
    expect(vault.calls[0]).to.equal("sweep all");
    expect(vault.members.map(({ accountId }) => accountId)).to.deep.equal([account]);
    const item = done.stamps.find(({ stamp }) => stamp === `member-${account}`);
    expect(item?.coverage).to.include({ secrets: 2, covered: 2, missing: 0, failed: 0 });
  });

  it("does not tell the vault that a part of the fleet is all of it", async () => {
    await run({ operation: "backup", target: target() });
    expect(vault.calls).to.not.include("sweep all");
  });

  it("fails a backup with the name and the reason of what is not kept", async () => {
    vault.put(account, { name: "good" }, { name: "bad", failure: "KMS refuses the key" });
    const done = await run({ operation: "backup", target: target() });
    expect(done.status).to.equal("failed");
    expect(done.stamps[0]?.error?.code).to.equal("COVERAGE_INCOMPLETE");
    expect(done.stamps[0]?.error?.message).to.contain("bad (KMS refuses the key)");
  });

  it("writes exactly the plan that was seen, with its digest", async () => {
    vault.put(account, { name: "a" }, { name: "b" }, { name: "c" });
    const planned = await run(plan());
    expect(vault.orders.map(({ order }) => order)).to.deep.equal(["plan"]);
    const written = await run(write(planned.id));
    expect(written.status).to.equal("succeeded");
    expect(vault.orders.at(-1)?.planDigest).to.equal(planned.stamps[0]?.restore?.planDigest);
    expect(written.stamps[0]?.restore?.items.map(({ verified }) => verified)).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(written).to.include({ reason: "INC-1" });
  });

  it("refuses a writing without a reason, without a plan, or of another plan", async () => {
    vault.put(account, { name: "a" });
    const planned = await run(plan());
    expect(await codeOf(write(planned.id, { reason: "  " }))).to.equal("SPEC_REASON_MISSING");
    expect(await codeOf({ ...plan(), restore: { order: "write" }, reason: "INC-1" })).to.equal(
      "SPEC_INVALID",
    );
    expect(await codeOf(write("run-000000000000-0000000000000000"))).to.equal("SPEC_PLAN_RUN");
    const other = { order: "write", planRun: planned.id, overwriteNewer: true } as const;
    expect(await codeOf(write(planned.id, { restore: other }))).to.equal("SPEC_PLAN_RUN");
    expect(vault.orders.map(({ order }) => order)).to.deep.equal(["plan"]);
  });

  it("writes nothing when the plan is not true any more", async () => {
    vault.put(account, { name: "a" });
    const planned = await run(plan());
    vault.put(account, { name: "b" });
    const written = await run(write(planned.id));
    expect(written.stamps[0]?.error?.code).to.equal("RESTORE_PLAN_CHANGED");
  });

  const note = (name: string, over: Partial<RotationNote> = {}): RotationNote => ({
    schema: 1,
    accountId: account,
    region: "eu-central-1",
    name,
    arn: `arn:aws:secretsmanager:eu-central-1:${account}:secret:${name}-AbCdEf`,
    token: "t",
    cause: "order",
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:00:01.000Z",
    outcome: "rotated",
    failures: 0,
    ...over,
  });
  const rotate = (): RunRequest => ({
    operation: "rotate",
    target: target(),
    rotate: { name: "app/*" },
    reason: "leaked",
  });

  it("renews secrets, once for one run, and keeps what came of each", async () => {
    vault.notes.push(note("app/a"), note("app/b"));
    const done = await run(rotate());
    expect(done.status).to.equal("succeeded");
    expect(done.rotate).to.deep.equal({ name: "app/*" });
    expect(done.stamps[0]?.rotate?.items.map(({ name }) => name)).to.deep.equal(["app/a", "app/b"]);
    expect(vault.rotated[0]).to.deep.include({ name: "app/*", requestId: done.id });
    expect(vault.rotated[0]?.member.rotation?.everyDays).to.equal(30);
  });

  it("says which secrets were not renewed, and why", async () => {
    const why = { code: "ROTATION_UNHEALTHY", message: "its consumer does not work" };
    vault.notes.push(note("app/a"), note("app/b", { outcome: "rolled-back", failures: 1, ...why }));
    const done = await run(rotate());
    expect(done.status).to.equal("failed");
    expect(done.stamps[0]?.error?.code).to.equal("ROTATION_INCOMPLETE");
    expect(done.stamps[0]?.error?.message).to.contain("app/b (rolled-back: its consumer");
  });

  it("says that no secret of the name is enrolled", async () => {
    const done = await run(rotate());
    expect(done.stamps[0]?.error?.code).to.equal("ROTATION_NONE");
  });

  it("renews nothing without a reason or a name", async () => {
    const { reason, ...silent } = rotate();
    expect(reason).not.to.equal(undefined);
    expect(await codeOf(silent)).to.equal("SPEC_REASON_MISSING");
    const { rotate: named, ...nameless } = rotate();
    expect(named).not.to.equal(undefined);
    expect(await codeOf(nameless)).to.equal("SPEC_INVALID");
  });

  it("says that a drill did not pass, and why", async () => {
    vault.drillPasses = false;
    const done = await run({ operation: "drill", target: target(), reason: "quarterly" });
    expect(done.status).to.equal("failed");
    expect(done.stamps[0]?.error?.code).to.equal("DRILL_FAILED");
    expect(done.stamps[0]?.drill?.problems).to.have.length(1);
  });

  it("leaves the state of the stamp alone", async () => {
    await run({ operation: "backup", target: target() });
    expect(await service.stampState(stampName("member", account))).to.equal(undefined);
  });

  it("keeps who did what and why in a chain that cannot be changed", async () => {
    vault.put(account, { name: "a" });
    const written = await run(write((await run(plan())).id));
    const log = createAuditService(store);
    const entries = await log.entries({ limit: 10, runId: written.id });
    expect(entries.map(({ action, subject, reason }) => [action, subject, reason])).to.deep.equal([
      ["run.end", "tester", "INC-1"],
      ["run.start", "tester", "INC-1"],
    ]);
    expect(await log.verify()).to.include({ intact: true });
    const spoiled = createAuditService({
      audit: () => Promise.resolve([]),
      auditAfter: async (after, limit) =>
        (await store.auditAfter(after, limit)).map((entry) =>
          entry.seq === 2 ? { ...entry, subject: "somebody else" } : entry,
        ),
    });
    expect((await spoiled.verify()).problem?.seq).to.equal(2);
    const holed = createAuditService({
      audit: () => Promise.resolve([]),
      auditAfter: async (after, limit) =>
        (await store.auditAfter(after, limit)).filter(({ seq }) => seq !== 2),
    });
    expect((await holed.verify()).problem?.message).to.contain("entry 2 is missing");
  });
});
