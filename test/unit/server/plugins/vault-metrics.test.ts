import { expect } from "chai";
import { Registry } from "prom-client";

import { AppError } from "../../../../stacks/errors";
import { vaultMetrics } from "../../../../server/plugins/vault-metrics";
import { sampleReport } from "../../../support/fake-vault";
import {
  FakeVaultService,
  sampleCoverage,
  sampleSecret,
} from "../../../support/fake-vault-service";

const ACCOUNT = "111122223333";

describe("the measurements of what is kept", () => {
  let registry: Registry;
  let vault: FakeVaultService;
  let time: number;
  let collect: () => Promise<void>;
  beforeEach(() => {
    registry = new Registry();
    vault = new FakeVaultService();
    time = Date.parse("2026-01-02T03:05:05.000Z");
    collect = vaultMetrics(registry, vault, () => time);
    vault.swept = [
      sampleCoverage(ACCOUNT, [
        sampleSecret(),
        sampleSecret({ name: "b", state: "missing" }),
        sampleSecret({ name: "c", state: "failed" }),
      ]),
    ];
    vault.reports = [sampleReport()];
  });
  const scrape = async () => {
    await collect();
    return registry.metrics();
  };

  it("are the coverage by state, its oldest change and sweep, and the last drill", async () => {
    const text = await scrape();
    for (const line of [
      'strongroom_coverage_secrets{state="covered"} 1',
      'strongroom_coverage_secrets{state="missing"} 1',
      'strongroom_coverage_secrets{state="failed"} 1',
      'strongroom_coverage_accounts{state="incomplete"} 1',
      'strongroom_coverage_accounts{state="unreachable"} 0',
      "strongroom_coverage_oldest_missing_seconds 90",
      "strongroom_coverage_oldest_sweep_seconds 60",
      "strongroom_drill_passed 1",
      "strongroom_drill_age_seconds 60",
      "strongroom_drill_recovery_time_seconds 4.2",
      "strongroom_drill_recovery_point_seconds 31",
    ]) {
      expect(text).to.contain(`${line}\n`);
    }
  });

  it("say nothing about a drill where there was none", async () => {
    vault.reports = [];
    expect(await scrape()).not.to.match(/^strongroom_drill_/m);
  });

  it("are read anew after a minute, not before", async () => {
    await scrape();
    vault.reports = [sampleReport({ passed: false })];
    time += 59_000;
    expect(await scrape()).to.contain("strongroom_drill_passed 1\n");
    time += 1000;
    expect(await scrape()).to.contain("strongroom_drill_passed 0\n");
  });

  it("stay as they were while the vault cannot be read, and that is counted", async () => {
    await scrape();
    vault.failure = new AppError("VAULT_UNREACHABLE", "no answer");
    time += 60_000;
    const text = await scrape();
    expect(text).to.contain('strongroom_coverage_secrets{state="covered"} 1\n');
    expect(text).to.contain("strongroom_vault_read_errors_total 1\n");
  });
});
