import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { ownIdentity } from "../../../server/processes";
import { lockState, runningService } from "../../../server/state-lock";
import { AppError } from "../../../stacks/errors";

describe("the lock of the state folder", () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-lock-"));
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  const failure = () =>
    lockState(stateDir).then(
      () => undefined,
      (error: unknown) => error as AppError,
    );
  const leave = (process: object) =>
    writeFile(path.join(stateDir, "service.json"), JSON.stringify({ process, url: "http://x" }));

  it("lets one service in and tells others where it is", async () => {
    const lock = await lockState(stateDir);
    await lock.publish("http://127.0.0.1:8700");
    const error = await failure();
    expect(error?.code).to.equal("RUN_STATE_HELD");
    expect(error?.message).to.contain("http://127.0.0.1:8700").and.to.contain(String(process.pid));
    expect(error?.action).to.contain("STRONGROOM_STATE");
    expect(await runningService(stateDir)).to.deep.equal({
      pid: process.pid,
      url: "http://127.0.0.1:8700",
    });
    await lock.release();
    expect(await readdir(stateDir)).to.deep.equal([]);
    expect(await runningService(stateDir)).to.equal(undefined);
  });

  it("lets one of many in that come at the same moment", async () => {
    const results = await Promise.all(Array.from({ length: 20 }, failure));
    expect(results.filter((error) => error === undefined)).to.have.length(1);
  });

  it("takes over what a dead process left, also one whose number is used again", async () => {
    await leave({ ...ownIdentity(), startedAt: "1" });
    expect(await runningService(stateDir)).to.equal(undefined);
    const lock = await lockState(stateDir);
    expect(await readdir(stateDir)).to.deep.equal(["service.json"]);
    await lock.release();
  });

  it("does not declare a service of another host dead", async () => {
    await leave({ ...ownIdentity(), host: "elsewhere" });
    expect((await failure())?.message).to.contain("elsewhere");
  });

  it("does not guess what an unreadable file means", async () => {
    await writeFile(path.join(stateDir, "service.json"), "{");
    const error = await failure();
    expect(error?.code).to.equal("RUN_STATE_HELD");
    expect(error?.action).to.contain("service.json");
  });
});
