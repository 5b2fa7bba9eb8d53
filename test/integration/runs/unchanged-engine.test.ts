import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";

import type { Toolchain } from "../../../engine/toolchain";
import { createPulumiEngine } from "../../../server/engine/engine";
import { projectFile } from "../../../server/engine/settings";
import type { EnginePort } from "../../../server/ports";
import { createRunService, type ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { stampName } from "../../../stacks/naming";
import { engineTools } from "../../support/engine-tools";
import { FakeVault } from "../../support/fake-vault";
import { FakePlanner, keyFor, newAccount, scratchFolder } from "../../support/runs";

describe("a stamp of the real engine that nothing has changed for", () => {
  const scratch = scratchFolder("unchanged-engine");
  const stateDir = path.join(scratch.path, "state");
  const backendUrl = `file://${path.join(stateDir, "pulumi")}`;
  const stamp = stampName("member", newAccount());
  let toolchain: Toolchain;
  let engine: EnginePort;
  let store: Store;
  let runs: ManagedRunService;

  before(async () => {
    toolchain = await engineTools();
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
    engine = createPulumiEngine({
      toolchain,
      stateDir,
      policyPacks: [],
      environment: process.env,
      childScript: path.join(__dirname, "../../support/engine-child.js"),
      report: () => undefined,
    });
    const planner = new FakePlanner();
    runs = createRunService({
      store,
      vault: new FakeVault(),
      engine,
      planner: {
        async plan(request) {
          const plan = await planner.plan(request);
          const tags = { "stash-a": "1", protect: "stash-a" };
          const stamps = plan.stamps.map((each) => ({ ...each, spec: { ...each.spec, tags } }));
          return { ...plan, stamps };
        },
      },
      clock: { now: () => new Date() },
      concurrency: 1,
      reserveMiB: 0,
      availableMiB: () => 100_000,
      report: () => undefined,
    });
    await runs.startWorkers();
  });
  after(async () => {
    await runs.close();
    await store.close();
    scratch.remove();
  });

  async function up(): Promise<RunRecord> {
    const request: RunRequest = { operation: "up", target: { stamps: [stamp] } };
    const { run } = await runs.start(request, keyFor(request));
    for await (const event of runs.follow(run.id, 0, AbortSignal.timeout(120_000))) event;
    return (await runs.get(run.id))!;
  }

  /** The stock command line, as somebody on a laptop has it. */
  async function pulumi(...args: readonly string[]): Promise<void> {
    const laptop = path.join(scratch.path, "laptop");
    mkdirSync(laptop, { recursive: true });
    writeFileSync(path.join(laptop, "Pulumi.yaml"), projectFile(backendUrl));
    await promisify(execFile)(toolchain.pulumiCommandPath, args, {
      cwd: laptop,
      env: {
        ...process.env,
        ...toolchain.env,
        PULUMI_HOME: path.join(laptop, "home"),
        PULUMI_BACKEND_URL: backendUrl,
        PULUMI_CONFIG_PASSPHRASE_FILE: path.join(stateDir, "passphrase"),
      },
    });
  }

  it("is left alone until somebody changes its state on a laptop, and again after the next look", async () => {
    const first = await up();
    expect(first.status, JSON.stringify(first.stamps[0]?.error)).to.equal("succeeded");
    expect((await up()).summary).to.include({ stamped: 1, changed: 0, unchanged: 1, resources: 1 });
    await pulumi("state", "unprotect", "--all", "--yes", "--stack", stamp);
    const looked = await up();
    expect(looked.status, JSON.stringify(looked.stamps[0]?.error)).to.equal("succeeded");
    expect(looked.summary?.unchanged).to.equal(0);
    expect((await up()).summary?.unchanged).to.equal(1);
  });
});
