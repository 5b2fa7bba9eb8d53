import { cpSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { fleetFileSource } from "../../../server/fleet/fleet-source";
import { createPlanner } from "../../../server/fleet/planner";
import { createFleetService } from "../../../server/fleet/service";
import { membershipSchedule, withRuns } from "../../../server/onboarding/membership-schedule";
import { createOnboardingService } from "../../../server/onboarding/service";
import { createOrganizationCache, type OrganizationCache } from "../../../server/org/snapshot";
import type { Schedule } from "../../../server/runs/schedule";
import type { ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { AppError } from "../../../stacks/errors";
import type { Account } from "../../../stacks/accounts";
import { FakeEngine } from "../../support/fake-engine";
import { fakeAccount, type FakeOrganization } from "../../support/fake-organization";
import { keyFor, scratchFolder, runsOf } from "../../support/runs";
import { exampleOrganization } from "../../support/service";

const unit = (...names: readonly string[]): Partial<Account> => ({
  organizationalUnitPath: names,
  organizationalUnitIds: names.map((name) => `ou-aaaa-${name.padEnd(8, "0")}`),
});
const PROD = unit("workloads", "prod");
const DEV = unit("workloads", "dev");
const OUT = unit("sandbox");

describe("accounts that come and go, over a real database", function () {
  this.timeout(60_000);
  const scratch = scratchFolder("membership");
  const fleetFile = path.join(scratch.path, "fleet.yaml");
  let store: Store;
  let engine: FakeEngine;
  let service: ManagedRunService;
  let organization: FakeOrganization;
  let cache: OrganizationCache;
  let minutes = 0;
  let folder = 0;
  /** Two services on one database. */
  let schedules: readonly Schedule[];
  let told: string[];
  let last = 200_000_000_100;

  before(async () => {
    cpSync(path.resolve(__dirname, "../../../../stacks/fleet.example.yaml"), fleetFile);
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
    engine = new FakeEngine();
    organization = exampleOrganization();
    // So many that one that leaves is no mistake of the list.
    for (let more = 0; more < 30; more++)
      organization.accounts.push(fakeAccount(`3000000000${more + 10}`, OUT));
    const source = fleetFileSource(fleetFile);
    cache = createOrganizationCache({
      port: organization,
      stateDir: path.join(scratch.path, `organization-${folder++}`),
      maxAgeSeconds: 0,
      maxShrinkPercent: 10,
    });
    service = runsOf({
      store,
      engine,
      planner: createPlanner({ source, organization: cache, s3UsePathStyle: true }),
    });
    await service.startWorkers();
    const clock = { now: () => new Date(minutes * 60_000) };
    const onboardings = createOnboardingService({ store, clock: { now: () => new Date() } });
    const make = (): Schedule =>
      membershipSchedule({
        store,
        source,
        organization: cache,
        runs: service,
        onboardings,
        clock,
        report: (line) => told.push(line),
      });
    schedules = [make(), make()];
    told = [];
    // The first look.
    await look();
  });
  beforeEach(() => {
    told = [];
  });
  after(async () => {
    await service.close();
    await store.close();
    scratch.remove();
  });

  async function look(): Promise<readonly RunRecord[]> {
    minutes += 15;
    const started = await Promise.all(schedules.map((schedule) => schedule.look()));
    return started.flat();
  }
  const ended = async (id: string): Promise<RunRecord> => {
    for await (const event of service.follow(id, 0, AbortSignal.timeout(30_000))) event;
    return (await service.get(id))!;
  };
  /** An account that was there, stamped, before anything happens to it. */
  async function stamped(place: Partial<Account>): Promise<string> {
    const id = String(++last);
    organization.accounts.push(fakeAccount(id, place));
    await look();
    const request: RunRequest = { operation: "up", target: { accounts: [id] } };
    const { run } = await service.start(request, keyFor(request));
    expect((await ended(run.id)).status).to.equal("succeeded");
    return id;
  }
  const change = (id: string, place: Partial<Account>): void => {
    organization.accounts = organization.accounts.map((account) =>
      account.id === id ? { ...account, ...place } : account,
    );
  };
  const membershipOf = async (id: string) =>
    (await withRuns(store, (run) => service.get(run))).find((account) => account.id === id)
      ?.membership;
  const onboardingsOf = async (id: string) =>
    (await store.onboardings.list(200)).filter(({ accountId }) => accountId === id);
  const audited = async (action: string, id: string): Promise<number> =>
    (await store.audit({ limit: 1000 })).filter(
      (entry) => entry.action === action && entry.details["account"] === id,
    ).length;

  it("only remembers at first who is there", async () => {
    expect(await membershipOf("200000000001")).to.equal(undefined);
    expect(await store.onboardings.list(10)).to.deep.equal([]);
  });

  it("has an account that joined stamped without anybody asking, once for all services", async () => {
    const id = String(++last);
    organization.accounts.push(fakeAccount(id, PROD));
    await look();
    await look();
    const [onboarding, ...more] = await onboardingsOf(id);
    expect(more).to.deep.equal([]);
    expect(onboarding).to.include({
      requestedBy: "schedule",
      reason: "joined, now workloads/prod",
    });
    expect(await membershipOf(id)).to.include({
      change: "joined",
      follow: "onboard",
      onboardingId: onboarding!.id,
    });
    expect(await audited("account.joined", id)).to.equal(1);
  });

  it("leaves alone who joins where the fleet file does not select", async () => {
    const id = String(++last);
    organization.accounts.push(fakeAccount(id, OUT));
    await look();
    expect(await onboardingsOf(id)).to.deep.equal([]);
    expect(await membershipOf(id)).to.include({ change: "joined", follow: "none" });
  });

  it("has an account that moved within the fleet stamped with the settings of where it is now", async () => {
    const id = await stamped(DEV);
    const before = (await onboardingsOf(id)).length;
    change(id, PROD);
    // The onboarding of its joining is still open in this test, where nobody drives: it is the one that stamps it.
    await look();
    expect(await membershipOf(id)).to.include({
      change: "moved",
      from: "workloads/dev",
      to: "workloads/prod",
      follow: "onboard",
    });
    expect(await onboardingsOf(id)).to.have.length(before);
    expect(await audited("account.moved", id)).to.equal(1);
  });

  it("has it stamped once more where it moved while it was being stamped", async () => {
    const id = await stamped(DEV);
    const open = (await store.onboardings.openOf(id))!;
    const { attempts } = open;
    await store.transaction((tx) =>
      tx.onboardings.change(open, { state: "stamping", attempts, ended: false }),
    );
    change(id, PROD);
    await look();
    expect(await membershipOf(id)).to.include({ change: "moved", follow: "open" });
    const begun = (await store.onboardings.openOf(id))!;
    await store.transaction((tx) =>
      tx.onboardings.change(begun, { state: "ready", attempts, ended: true }),
    );
    await look();
    const next = await store.onboardings.openOf(id);
    expect(next?.id).not.to.equal(open.id);
    expect(await membershipOf(id)).to.include({ follow: "onboard", onboardingId: next?.id });
  });

  it("has the stamps of an account that moved out of the fleet taken down, but not before somebody approves", async () => {
    const id = await stamped(PROD);
    change(id, OUT);
    const [run, ...more] = await look();
    expect(more).to.deep.equal([]);
    expect(run).to.include({ operation: "retire", requestedBy: "schedule" });
    expect(run!.stamps.map(({ stamp }) => stamp)).to.have.members([`access-${id}`, `member-${id}`]);
    const waits = (await service.get(run!.id))!;
    expect(waits.status).to.equal("waiting_for_approval");
    expect(engine.calls.filter(({ operation }) => operation === "retire")).to.deep.equal([]);
    expect(await membershipOf(id)).to.include({
      follow: "retire",
      runId: run!.id,
      runStatus: "waiting_for_approval",
    });
    const { digest = "", preciousAccounts } = waits.hold!;
    await service.approve(
      run!.id,
      {
        digest,
        reason: "CHG-1",
        ...(preciousAccounts === undefined || preciousAccounts === 0 ? {} : { preciousAccounts }),
      },
      "token:ann",
    );
    expect((await ended(run!.id)).status).to.equal("succeeded");
    const states = await service.stampStates();
    expect(
      states.filter(({ stamp }) => stamp.endsWith(id)).map(({ stampedAt }) => stampedAt),
    ).to.deep.equal([undefined, undefined]);
  });

  it("gives a retirement up that nobody has approved when the account comes back", async () => {
    const id = await stamped(PROD);
    change(id, OUT);
    const [run] = await look();
    change(id, DEV);
    await look();
    expect((await service.get(run!.id))!.status).to.equal("cancelled");
    expect(await membershipOf(id)).to.include({ change: "moved", follow: "onboard" });
    expect(await membershipOf(id)).not.to.have.property("runId");
  });

  it("touches nothing of an account that is suspended or has left, and remembers it", async () => {
    const suspended = await stamped(PROD);
    change(suspended, { status: "SUSPENDED" });
    expect(await look()).to.deep.equal([]);
    expect(await membershipOf(suspended)).to.include({ change: "suspended", follow: "keep" });
    const left = await stamped(PROD);
    organization.accounts = organization.accounts.filter(({ id }) => id !== left);
    expect(await look()).to.deep.equal([]);
    expect(await membershipOf(left)).to.include({ change: "left", follow: "keep" });
    const fleet = createFleetService({
      source: fleetFileSource(fleetFile),
      organization: cache,
      stamps: service,
      resources: () => Promise.resolve(undefined),
      membership: () => withRuns(store, (id) => service.get(id)),
    });
    const { former = [] } = await fleet.accounts({ refresh: false });
    const [gone, ...more] = former;
    expect(more).to.deep.equal([]);
    expect(gone).to.include({ id: left });
    expect(gone!.stamps.map(({ stampedAt }) => typeof stampedAt)).to.deep.equal([
      "string",
      "string",
    ]);
    expect(await audited("account.left", left)).to.equal(1);
  });

  it("believes no list that is empty, incomplete or much shorter: nobody has left then", async () => {
    const whole = organization.accounts;
    const failures: string[] = [];
    const tries = [
      () => (organization.accounts = []),
      () => (organization.accounts = whole.slice(0, 5)),
      () => (organization.failure = new AppError("ORG_INCOMPLETE", "a page is missing")),
    ];
    for (const spoil of tries) {
      spoil();
      await look().catch((error: unknown) => failures.push(AppError.from(error).code));
      organization.accounts = whole;
      organization.failure = undefined;
    }
    expect(failures).to.deep.equal(["ORG_INCOMPLETE", "ORG_SHRUNK", "ORG_INCOMPLETE"]);
    expect(await look()).to.deep.equal([]);
    expect(told).to.deep.equal([]);
  });
});
