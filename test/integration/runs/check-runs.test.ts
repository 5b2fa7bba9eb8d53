import { expect } from "chai";

import type { Exemption } from "../../../stacks/exemptions";
import type { ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { stampName } from "../../../stacks/naming";
import { FakeEngine } from "../../support/fake-engine";
import { FakePlanner, keyFor, newAccount, scratchFolder, runsOf } from "../../support/runs";

const EXEMPTION: Exemption = {
  rule: "kms-key-rotation-enabled",
  resource: "k",
  reason: "Its material is imported.",
  owner: "platform",
  expires: "2999-12-31",
};

describe("checks of what is deployed, with exemptions", () => {
  const scratch = scratchFolder("checks");
  const member = newAccount();
  const engine = new FakeEngine();
  let exemptions: readonly Exemption[];
  let store: Store;
  let runs: ManagedRunService;

  before(async () => {
    store = await openStore({ stateDir: scratch.path, report: () => undefined });
    runs = runsOf({
      store,
      engine,
      planner: new FakePlanner([member]),
      exemptions: () => exemptions,
    });
    await runs.startWorkers();
    const stamp = stampName("member", member);
    engine.states.set(stamp, [
      {
        type: "aws:cloudwatch/metricAlarm:MetricAlarm",
        name: "k",
        urn: `urn:pulumi:${stamp}::strongroom::aws:cloudwatch/metricAlarm:MetricAlarm::k`,
        props: {},
      },
    ]);
  });
  after(async () => {
    await runs.close();
    await store.close();
    scratch.remove();
  });

  async function check(target: RunRequest["target"] = {}): Promise<RunRecord> {
    const request: RunRequest = { operation: "check", target };
    const { run } = await runs.start(request, keyFor(request));
    for await (const event of runs.follow(run.id, 0, AbortSignal.timeout(20_000))) event;
    return (await runs.get(run.id))!;
  }

  const found = async () => {
    exemptions = [];
    const { stamps } = await check();
    return stamps.flatMap(({ violations = [] }) => violations.map(({ rule }) => rule));
  };

  it("succeed where everything that is wrong is excused, and count it", async () => {
    exemptions = (await found()).map((rule) => ({ ...EXEMPTION, rule }));
    expect(exemptions).not.to.deep.equal([]);
    const run = await check();
    expect(run.status).to.equal("succeeded");
    expect(run.error).to.equal(undefined);
    expect(run.summary).to.include({ exempt: exemptions.length, undetermined: 0 });
  });

  it("fail as a whole where an exemption excused nothing anywhere, and only then", async () => {
    const used = (await found()).map((rule) => ({ ...EXEMPTION, rule }));
    exemptions = [...used, EXEMPTION];
    const run = await check();
    expect(run.stamps.map(({ status }) => status)).to.deep.equal(run.stamps.map(() => "succeeded"));
    expect(run.status).to.equal("failed");
    expect(run.error?.code).to.equal("POLICY_VIOLATION");
    expect(run.error?.problems?.map(({ message }) => message)).to.deep.equal([
      "kms-key-rotation-enabled on k: The exemption of platform excuses nothing. Remove it.",
    ]);
    const part = await check({ stamps: [stampName("member", member)] });
    expect(part.status).to.equal("succeeded");
  });
});
