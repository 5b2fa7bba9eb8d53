import path from "node:path";
import { PassThrough } from "node:stream";

import { readConfig } from "../../server/config";
import { startService } from "../../server/main";
import { startWorker } from "../../server/work";
import { FakeOrganization, fakeAccount } from "../support/fake-organization";
import { FakeVault } from "../support/fake-vault";
import { chaosEngine } from "./engine";

/** What a process of the chaos run is, as its only argument, in JSON. */
export interface NodeOrders {
  readonly role: "service" | "worker";
  /** Settings as the environment has them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly accounts: readonly string[];
  readonly seed: number;
  readonly deaths: number;
  readonly leaseSeconds: number;
}

/** A real service or worker over the fake engine; tells where it listens, and is killed by others. */
async function main(): Promise<void> {
  const orders = JSON.parse(process.argv[2] ?? "{}") as NodeOrders;
  const { folder, accounts, seed, deaths, leaseSeconds } = orders;
  const config = readConfig(orders.settings, path.dirname(folder));
  const report = (line: string): boolean => process.stderr.write(`${line}\n`);
  const engine = () => Promise.resolve(chaosEngine(folder, config.stateDir, seed, deaths));
  const vault = new FakeVault();
  if (orders.role === "worker") {
    await startWorker(config, { report, engine, vault, leaseSeconds });
    process.send?.({ ready: true });
    return;
  }
  const organization = new FakeOrganization([
    fakeAccount("100000000001", { isManagementAccount: true }),
    ...["100000000002", "100000000003", ...accounts].map((id) =>
      fakeAccount(id, {
        organizationalUnitPath: ["workloads", "prod"],
        organizationalUnitIds: ["ou-aaaa-11111111", "ou-aaaa-22222222"],
      }),
    ),
  ]);
  organization.id = "o-strongroom01";
  const logStream = new PassThrough().resume();
  const service = await startService(config, { report, engine, vault, organization, logStream });
  process.send?.({ url: service.url, tokenFile: service.tokenFiles.operator });
}

void main();
