import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";

import type { Role } from "../../server/auth/roles";
import { readConfig, type ServiceConfig } from "../../server/config";
import { type Engine, type Service, startService } from "../../server/main";
import type { OrganizationPort, StackOutcome } from "../../server/ports";
import type { VaultPort } from "../../server/vault-ports";
import { fakeAccount, FakeOrganization } from "./fake-organization";
import { FakeVault } from "./fake-vault";

const example = path.resolve(__dirname, "../../../stacks/fleet.example.yaml");

const OUTCOME: StackOutcome = {
  status: "succeeded",
  counts: { create: 1, update: 0, replace: 0, delete: 0, same: 0 },
  changes: [],
  violations: [],
  resources: 1,
  outputs: { made: true },
  seconds: 0.01,
  peakMemoryMiB: 1,
};

/** An engine that succeeds at once, for tests of what is around it. */
export function quietEngine(closed: { count: number } = { count: 0 }): Engine {
  return {
    port: {
      execute: (_job, onEvent) => {
        onEvent({ type: "message", level: "info", text: "done" });
        return Promise.resolve(OUTCOME);
      },
      resources: () => Promise.resolve(undefined),
      // Never the same: nothing is left alone.
      identify: (jobs) =>
        Promise.resolve(jobs.map(() => ({ inputs: "new", program: "new", packs: "new" }))),
      deployed: () => Promise.resolve(undefined),
    },
    check: () => Promise.resolve([{ name: "engine", ok: true, detail: "all parts found" }]),
    close: () => {
      closed.count += 1;
      return Promise.resolve();
    },
  };
}

/** The organization that the example fleet file is about. */
export function exampleOrganization(): FakeOrganization {
  const organization = new FakeOrganization([
    fakeAccount("100000000001", { isManagementAccount: true }),
    fakeAccount("100000000002"),
    fakeAccount("100000000003"),
    fakeAccount("200000000001", {
      organizationalUnitPath: ["workloads", "prod"],
      organizationalUnitIds: ["ou-aaaa-11111111", "ou-aaaa-22222222"],
    }),
  ]);
  organization.id = "o-strongroom01";
  return organization;
}

/** A folder with a fleet file, and settings that point at it; the service takes a free port. */
export async function serviceFolder(): Promise<{
  folder: string;
  config: ServiceConfig;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(path.join(tmpdir(), "strongroom-service-"));
  await cp(example, path.join(folder, "fleet.yaml"));
  const config = readConfig({ STRONGROOM_PORT: "0", STRONGROOM_STATE: "state" }, folder);
  return { folder, config, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Starts the real service (Postgres, queue, HTTP) over a quiet engine and a fake organization. */
export function startTestService(
  config: ServiceConfig,
  over: {
    engine?: Engine;
    organization?: OrganizationPort;
    vault?: VaultPort;
    log?: PassThrough;
    onboardingWait?: (attempts: number) => number;
    schedules?: boolean;
  } = {},
): Promise<Service> {
  const logStream = over.log ?? new PassThrough().resume();
  return startService(config, {
    engine: () => Promise.resolve(over.engine ?? quietEngine()),
    organization: over.organization ?? exampleOrganization(),
    vault: over.vault ?? new FakeVault(),
    logStream,
    // The process of the tests loads and does other things as well; refusing has tests of its own.
    maxEventLoopDelayMs: 0,
    ...(over.onboardingWait === undefined ? {} : { onboardingWait: over.onboardingWait }),
    ...(over.schedules === undefined ? {} : { schedules: over.schedules }),
  });
}

/** Calls the service with the token of a role. */
export async function call(
  service: Service,
  role: Role,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const token = (await readFile(service.tokenFiles[role], "utf8")).trim();
  return fetch(`${service.url}${url}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
  });
}
