import { spawn } from "node:child_process";
import { hostname } from "node:os";

import { expect } from "chai";

import { cleanUp, unfinished, writeDown } from "../../../../server/engine/journal";
import type { StackLock, StackLocks } from "../../../../server/ports";
import { identityOf, type ProcessIdentity } from "../../../../server/processes";
import { stampName } from "../../../../stacks/naming";
import { newAccount, scratchFolder } from "../../../support/runs";

class FakeLocks implements StackLocks {
  readonly removed: string[] = [];
  constructor(private readonly locks: readonly StackLock[]) {}
  list(): Promise<readonly StackLock[]> {
    return Promise.resolve(this.locks);
  }
  remove(_stamp: string, id: string): Promise<void> {
    this.removed.push(id);
    return Promise.resolve();
  }
}

/** A process that has been and is gone. */
async function deadProcess(): Promise<ProcessIdentity> {
  const child = spawn("sleep", ["60"]);
  const identity = identityOf(child.pid!)!;
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  return identity;
}

describe("the clean-up after earlier processes of a stack", () => {
  const scratch = scratchFolder("journal");
  const stamp = stampName("member", newAccount());
  after(() => scratch.remove());

  it("removes by its id the lock of a process of this host that is dead, and no other lock", async () => {
    const dead = await deadProcess();
    const locks = new FakeLocks([
      { id: "ours", pid: dead.pid, hostname: dead.host },
      { id: "a-person", pid: dead.pid, hostname: "laptop" },
      { id: "another", pid: dead.pid + 1, hostname: dead.host },
      { id: "unreadable" },
    ]);
    const earlier = [{ process: dead, dead: false }];
    const done = await cleanUp({ folder: scratch.path, stamp, locks, earlier });
    expect(locks.removed).to.deep.equal(["ours"]);
    expect(done).to.deep.equal([
      `removed the lock that process ${dead.pid} on ${dead.host} left on ${stamp}`,
    ]);
  });

  it("believes that a process of another host is gone only where somebody has said so", async () => {
    const process = { host: "other-host", bootId: "b", pid: 4242, startedAt: "1" };
    const lock = { id: "theirs", pid: 4242, hostname: "other-host" };
    const unsaid = new FakeLocks([lock]);
    const folder = scratch.path;
    await cleanUp({ folder, stamp, locks: unsaid, earlier: [{ process, dead: false }] });
    expect(unsaid.removed).to.deep.equal([]);
    const said = new FakeLocks([lock]);
    await cleanUp({ folder, stamp, locks: said, earlier: [{ process, dead: true }] });
    expect(said.removed).to.deep.equal(["theirs"]);
  });

  it("leaves the lock of somebody whose living process has the pid of one of ours that is gone", async () => {
    const gone = { ...identityOf(process.pid)!, startedAt: "0" };
    const locks = new FakeLocks([{ id: "a-person", pid: process.pid, hostname: hostname() }]);
    await cleanUp({
      folder: scratch.path,
      stamp,
      locks,
      earlier: [{ process: gone, dead: false }],
    });
    expect(locks.removed).to.deep.equal([]);
  });

  it("ends the process of an earlier claim that still runs", async () => {
    const child = spawn("sleep", ["60"], { detached: true });
    const ended = new Promise((resolve) => child.once("exit", (_code, by) => resolve(by)));
    const earlier = [{ process: identityOf(child.pid!)!, dead: false }];
    await cleanUp({ folder: scratch.path, stamp, locks: new FakeLocks([]), earlier });
    expect(await ended).to.equal("SIGKILL");
  });

  it("knows which stacks have unfinished work, until it was cleaned up", async () => {
    const child = spawn("sleep", ["60"], { detached: true });
    writeDown(scratch.path, stamp, child.pid!);
    expect(unfinished(scratch.path)).to.deep.equal([stamp]);
    await cleanUp({ folder: scratch.path, stamp, locks: new FakeLocks([]) });
    expect(unfinished(scratch.path)).to.deep.equal([]);
    expect(unfinished("/nothing/here")).to.deep.equal([]);
  });
});
