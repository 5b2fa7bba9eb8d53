import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { fleetFileSource } from "../../../../server/fleet/fleet-source";
import { createPlanner } from "../../../../server/fleet/planner";
import { createFleetService } from "../../../../server/fleet/service";
import { createOrganizationCache } from "../../../../server/org/snapshot";
import type { StackResource } from "../../../../server/ports";
import type { StampState } from "../../../../server/runs-ports";
import type { Account } from "../../../../stacks/accounts";
import { AppError } from "../../../../stacks/errors";
import { fakeAccount, FakeOrganization } from "../../../support/fake-organization";

const example = path.resolve(__dirname, "../../../../../stacks/fleet.example.yaml");

const inUnit = (id: string, unit: string, over: Partial<Account> = {}) =>
  fakeAccount(id, {
    organizationalUnitPath: ["workloads", unit],
    organizationalUnitIds: ["ou-aaaa-11111111", "ou-aaaa-22222222"],
    ...over,
  });

describe("the fleet behind the API", () => {
  let stateDir: string;
  let port: FakeOrganization;
  let states: StampState[];
  let resources: Map<string, StackResource[]>;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-fleet-"));
    await writeFile(path.join(stateDir, "fleet.yaml"), await readFile(example));
    port = new FakeOrganization([
      fakeAccount("100000000001", { isManagementAccount: true }),
      fakeAccount("100000000002"),
      fakeAccount("100000000003"),
      inUnit("200000000001", "prod"),
      inUnit("200000000002", "dev", { status: "SUSPENDED" }),
    ]);
    port.id = "o-strongroom01";
    states = [];
    resources = new Map();
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  const open = () => {
    const source = fleetFileSource(path.join(stateDir, "fleet.yaml"));
    const organization = createOrganizationCache({
      port,
      stateDir,
      maxAgeSeconds: 300,
      maxShrinkPercent: 10,
    });
    return {
      fleet: createFleetService({
        source,
        organization,
        stamps: {
          stampStates: () => Promise.resolve(states),
          stampState: (stamp) => {
            const state = states.find((candidate) => candidate.stamp === stamp);
            return Promise.resolve(state === undefined ? undefined : { state, outputs: { a: 1 } });
          },
        },
        membership: () => Promise.resolve([]),
        resources: (stamp) => Promise.resolve(resources.get(stamp)),
      }),
      planner: createPlanner({ source, organization, s3UsePathStyle: true }),
    };
  };

  it("shows every account, selected or with the reason why not, and the state of its stamps", async () => {
    states = [
      { stamp: "member-200000000001", lastStatus: "succeeded", stampedAt: "2026-01-01T00:00:00Z" },
      { stamp: "access-200000000002", lastStatus: "succeeded" },
    ];
    const { items, organizationId } = await open().fleet.accounts({ refresh: false });
    expect(organizationId).to.equal("o-strongroom01");
    expect(items.map(({ id }) => id)).to.deep.equal(port.accounts.map(({ id }) => id));
    const prod = items.find(({ id }) => id === "200000000001");
    expect(prod).to.deep.include({ selected: true, environment: "prod" });
    expect(prod?.stamps).to.deep.equal([{ stamp: "access-200000000001" }, states[0]]);
    const suspended = items.find(({ id }) => id === "200000000002");
    expect(suspended?.selected).to.equal(false);
    expect(suspended?.reason).to.contain("SUSPENDED");
    expect(suspended?.stamps).to.deep.equal([states[1]]);
  });

  it("reads the organization again when it is asked to", async () => {
    const { fleet } = open();
    await fleet.accounts({ refresh: false });
    await fleet.accounts({ refresh: false });
    expect(port.discoveries).to.equal(1);
    await fleet.accounts({ refresh: true });
    expect(port.discoveries).to.equal(2);
  });

  it("knows a stamp that is planned, was made, or is in the state, and no other", async () => {
    resources.set("member-300000000001", []);
    states = [{ stamp: "member-300000000002" }];
    const { fleet } = open();
    expect(await fleet.stamp("member-200000000001")).to.deep.equal({
      stamp: "member-200000000001",
      outputs: {},
      resources: [],
    });
    expect(await fleet.stamp("member-300000000001")).not.to.equal(undefined);
    expect((await fleet.stamp("member-300000000002"))?.outputs).to.deep.equal({ a: 1 });
    expect(await fleet.stamp("member-300000000003")).to.equal(undefined);
    expect(await fleet.stamp("vault-200000000001")).to.equal(undefined);
  });

  it("shows the file and the plan without the external ids", async () => {
    const shown = JSON.stringify(await open().fleet.fleet());
    expect(shown).to.contain("member-200000000001").and.to.contain('"digest"');
    expect(shown).not.to.contain("5c0f6f0b6d1e4a1f9e1c7f4d2b8a39e05d77c1aa42b96e30");
  });

  it("plans every stamp with its spec and its way in, and every account with its reason", async () => {
    const { stamps, accounts } = await open().planner.plan({ operation: "up", target: {} });
    const member = stamps.find(({ stamp }) => stamp === "member-200000000001");
    expect(member?.spec).to.include({ kind: "member", environment: "prod" });
    expect(member?.connection.s3UsePathStyle).to.equal(true);
    expect(member?.dependsOn).to.include.members(["access-200000000001", "vault-100000000003"]);
    expect(accounts.map(({ accountId }) => accountId)).to.deep.equal(
      port.accounts.map(({ id }) => id),
    );
    expect(accounts.filter(({ reason }) => reason !== undefined)).to.have.length(2);
  });

  it("takes an edit of the file without a restart, and shows a mistake with its place", async () => {
    const { fleet, planner } = open();
    await fleet.accounts({ refresh: false });
    const file = path.join(stateDir, "fleet.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace('account: "100000000003"', 'account: "100000000009"'));
    const error = await planner.plan({ operation: "up", target: {} }).then(
      () => undefined,
      (thrown: unknown) => thrown as AppError,
    );
    expect(error?.code).to.equal("PLAN_UNKNOWN_ACCOUNT");
    const place = error?.problems.find(({ message }) => message.includes("100000000009"));
    const line = text.split("\n").findIndex((row) => row.includes('account: "100000000003"')) + 1;
    expect(place?.line).to.equal(line);
  });

  it("says which file is missing", async () => {
    await rm(path.join(stateDir, "fleet.yaml"));
    const error = await open()
      .fleet.fleet()
      .catch((thrown: unknown) => thrown as AppError);
    expect(error).to.include({ code: "SPEC_INVALID" });
    expect((error as AppError).message)
      .to.contain("fleet.yaml")
      .and.to.contain("ENOENT");
  });
});
