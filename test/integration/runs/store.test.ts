import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { createRunService } from "../../../server/runs/service";
import type { RunRequest } from "../../../server/runs-ports";
import { startOf, type ProcessIdentity } from "../../../server/processes";
import { openStore } from "../../../server/store/store";
import { AppError } from "../../../stacks/errors";
import { stampName } from "../../../stacks/naming";
import { FakeEngine } from "../../support/fake-engine";
import { FakeVault } from "../../support/fake-vault";
import { startKillable, until } from "../../support/killable";
import { FakePlanner, keyFor, newAccount, scratchFolder } from "../../support/runs";

const quiet = () => undefined;

async function errorOf(work: Promise<unknown>): Promise<AppError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return AppError.from(error);
  }
}

describe("the database that the service brings", () => {
  const scratch = scratchFolder("store");
  after(() => scratch.remove());

  const serverPid = (stateDir: string): number => {
    const file = path.join(stateDir, "postgres/data/postmaster.pid");
    return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : 0;
  };
  const address = (stateDir: string): { port: number; password: string } => {
    const file = path.join(stateDir, "postgres/address.json");
    return JSON.parse(readFileSync(file, "utf8")) as { port: number; password: string };
  };
  const modes = (file: string): string => (statSync(file).mode & 0o777).toString(8);

  it("is started once for a folder, keeps its password to the owner, and ends with the service", async () => {
    const stateDir = path.join(scratch.path, "once");
    const [first, second] = await Promise.all([
      openStore({ stateDir, report: quiet }),
      openStore({ stateDir, report: quiet }),
    ]);
    expect(first.description).to.equal(second.description);
    expect(modes(path.join(stateDir, "postgres/address.json"))).to.equal("600");
    expect(modes(path.join(stateDir, "postgres/password"))).to.equal("600");
    expect(first.description).to.not.contain(address(stateDir).password);
    const pid = serverPid(stateDir);
    expect(startOf(pid)).to.be.a("string");
    await second.close();
    await first.close();
    await until("the server is gone", () => startOf(pid) === undefined);
  });

  it("ends with an owner that was killed, and starts again with what it kept", async () => {
    const stateDir = path.join(scratch.path, "killed");
    const request: RunRequest = {
      operation: "up",
      target: { stamps: [stampName("member", newAccount())] },
    };
    const owner = startKillable({ stateDir, work: false, engine: "slow", request });
    const { id = "" } = await owner.line();
    const pid = serverPid(stateDir);
    await owner.kill();
    await until("the server is gone", () => startOf(pid) === undefined);
    const store = await openStore({ stateDir, report: quiet });
    expect((await store.run(id))?.status).to.equal("queued");
    await store.close();
  });

  it("is started only when the one of a dead owner has ended: that answers nobody while it shuts down", async () => {
    const stateDir = path.join(scratch.path, "ending");
    await (await openStore({ stateDir, report: quiet })).close();
    const data = path.join(stateDir, "postgres/data");
    // A process of the folder that holds its lock file for a while, as a server does that writes its last checkpoint.
    const ending = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1500)", data]);
    const gone = once(ending, "exit");
    writeFileSync(path.join(data, "postmaster.pid"), `${ending.pid ?? 0}\n${data}\n`);
    const file = path.join(stateDir, "postgres/address.json");
    const dead = { ...(JSON.parse(readFileSync(file, "utf8")) as { owner: ProcessIdentity }) };
    writeFileSync(
      file,
      JSON.stringify({ ...dead, owner: { ...dead.owner, startedAt: "long ago" } }),
    );
    const store = await openStore({ stateDir, report: quiet });
    const { exitCode } = ending;
    await store.close();
    await gone;
    expect(exitCode, "the earlier server still ran").to.equal(0);
  });

  it("starts again when its process dies, and the service goes on", async () => {
    const stateDir = path.join(scratch.path, "dies");
    const store = await openStore({ stateDir, report: quiet });
    const pid = serverPid(stateDir);
    process.kill(pid, "SIGKILL");
    await until("it is back", async () => {
      const failed = await errorOf(store.ping());
      if (failed !== undefined) expect(failed.code).to.equal("RUN_STORE");
      return failed === undefined && serverPid(stateDir) !== pid;
    });
    await store.close();
  });

  it("refuses a run clearly while a database of the user's is away, and records nothing of it", async () => {
    const stateDir = path.join(scratch.path, "away");
    const owner = await openStore({ stateDir, report: quiet });
    const { port, password } = address(stateDir);
    const databaseUrl = `postgres://strongroom:${password}@127.0.0.1:${port}/postgres`;
    const store = await openStore({ databaseUrl, stateDir, report: quiet });
    const runs = createRunService({
      store,
      vault: new FakeVault(),
      engine: new FakeEngine(),
      planner: new FakePlanner(),
      clock: { now: () => new Date() },
      concurrency: 1,
      report: quiet,
    });
    await owner.close();
    const request: RunRequest = {
      operation: "up",
      target: { stamps: [stampName("member", newAccount())] },
    };
    const key = keyFor(request);
    const error = await errorOf(runs.start(request, key));
    expect([error?.code, error?.status]).to.deep.equal(["RUN_STORE", 503]);
    expect(error?.message).to.not.contain(password);
    await store.close();
    const back = await openStore({ stateDir, report: quiet });
    expect(await back.findKey(key)).to.equal(undefined);
    await back.close();
  });

  it("lets large runs be cancelled while many workers take stamps out of the queue", async () => {
    const stateDir = path.join(scratch.path, "cancel");
    const store = await openStore({ stateDir, report: quiet, connections: 12 });
    const runs = createRunService({
      store,
      vault: new FakeVault(),
      engine: new FakeEngine(),
      planner: new FakePlanner(),
      clock: { now: () => new Date() },
      concurrency: 1,
      report: quiet,
    });
    try {
      for (let round = 0; round < 2; round++) {
        const stamps = Array.from({ length: 150 }, () => stampName("member", newAccount()));
        const request: RunRequest = { operation: "up", target: { stamps } };
        const { run } = await runs.start(request, keyFor(request));
        const cancelled = new AbortController();
        const workers = Array.from({ length: 8 }, async () => {
          const worker = randomUUID();
          for (;;) {
            const found = await store.transaction((tx) => tx.claim(worker));
            if (found === undefined && cancelled.signal.aborted) return;
          }
        });
        await runs.cancel(run.id, "tester");
        cancelled.abort();
        await Promise.all(workers);
        const after = (await runs.get(run.id))?.stamps ?? [];
        expect(after.filter(({ status }) => status === "waiting")).to.deep.equal([]);
      }
    } finally {
      await store.close();
    }
  });

  it("says what is wrong with an address that leads nowhere", async () => {
    const databaseUrl = "postgres://u:geheim@127.0.0.1:1/none";
    const error = await errorOf(openStore({ databaseUrl, stateDir: scratch.path, report: quiet }));
    expect(error?.code).to.equal("RUN_STORE");
    expect(JSON.stringify(error?.toRecord())).to.not.contain("geheim");
  });
});
