import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { createOrganizationCache } from "../../../../server/org/snapshot";
import { AppError } from "../../../../stacks/errors";
import { fakeAccount, FakeOrganization } from "../../../support/fake-organization";

const twenty = () =>
  Array.from({ length: 20 }, (_, n) =>
    fakeAccount(String(100000000001 + n), { isManagementAccount: n === 0 }),
  );

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe("the cache of the organization", () => {
  let stateDir: string;
  let at: number;
  let port: FakeOrganization;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-org-"));
    at = Date.parse("2026-01-01T00:00:00Z");
    port = new FakeOrganization(twenty(), () => new Date(at));
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  const open = (maxShrinkPercent = 10) =>
    createOrganizationCache({
      port,
      stateDir,
      maxAgeSeconds: 300,
      maxShrinkPercent,
      now: () => new Date(at),
    });

  it("reads the organization again only when the list is old", async () => {
    const cache = open();
    await cache.fresh();
    at += 299_000;
    await cache.fresh();
    expect(port.discoveries).to.equal(1);
    expect(await cache.ageSeconds()).to.equal(299);
    at += 2000;
    await cache.fresh();
    expect(port.discoveries).to.equal(2);
  });

  it("shares one discovery among those who ask together", async () => {
    const cache = open();
    await Promise.all([cache.fresh(), cache.refresh(), cache.latest()]);
    expect(port.discoveries).to.equal(1);
  });

  it("still has the list after a restart, readable by the owner alone", async () => {
    await open().fresh();
    expect((await open().fresh()).accounts).to.have.length(20);
    expect(port.discoveries).to.equal(1);
    expect(await readdir(stateDir)).to.deep.equal(["organization.json"]);
    const { mode } = await stat(path.join(stateDir, "organization.json"));
    expect(mode & 0o077).to.equal(0);
  });

  it("shows the old list when a new one cannot be had, and plans on none", async () => {
    const cache = open();
    await cache.fresh();
    at += 3_600_000;
    port.failure = new AppError("ORG_UNREACHABLE", "down");
    expect((await cache.latest()).accounts).to.have.length(20);
    expect(await code(cache.fresh())).to.equal("ORG_UNREACHABLE");
  });

  it("says so when there is no list at all", async () => {
    port.failure = new AppError("ORG_UNREACHABLE", "down");
    expect(await code(open().latest())).to.equal("ORG_UNREACHABLE");
  });

  it("accepts a loss up to the threshold", async () => {
    const cache = open();
    await cache.fresh();
    port.accounts.splice(5, 2);
    expect((await cache.refresh()).accounts).to.have.length(18);
  });

  it("refuses a larger loss, keeps the old list, and says how to accept it", async () => {
    const cache = open();
    await cache.fresh();
    const before = await readFile(path.join(stateDir, "organization.json"), "utf8");
    port.accounts.splice(5, 3);
    const error = await cache.refresh().then(
      () => undefined,
      (thrown: unknown) => thrown as AppError,
    );
    expect(error?.code).to.equal("ORG_SHRUNK");
    expect(error?.message).to.contain("3 of 20").and.to.contain("100000000006");
    expect(error?.action).to.contain("STRONGROOM_DISCOVERY_MAX_SHRINK_PERCENT");
    expect(await readFile(path.join(stateDir, "organization.json"), "utf8")).to.equal(before);
    expect((await open(20).refresh()).accounts).to.have.length(17);
  });

  it("sees accounts that were exchanged, not only their number", async () => {
    const cache = open();
    await cache.fresh();
    port.accounts.splice(5, 3, ...["1", "2", "3"].map((n) => fakeAccount(`30000000000${n}`)));
    expect(await code(cache.refresh())).to.equal("ORG_SHRUNK");
  });

  it("refuses an empty list and another organization", async () => {
    const cache = open(100);
    await cache.fresh();
    const accounts = port.accounts;
    port.accounts = [];
    expect(await code(cache.refresh())).to.equal("ORG_INCOMPLETE");
    port.accounts = accounts;
    port.id = "o-otherorg001";
    expect(await code(cache.refresh())).to.equal("ORG_MISMATCH");
  });

  it("does not go on over a list that cannot be read", async () => {
    await writeFile(path.join(stateDir, "organization.json"), '{"version":1,"organiz');
    expect(await code(open().fresh())).to.equal("ORG_INCOMPLETE");
    expect(port.discoveries).to.equal(0);
  });
});
