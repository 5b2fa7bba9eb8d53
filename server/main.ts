import { readFileSync } from "node:fs";
import path from "node:path";
import type { Writable } from "node:stream";

import { AppError } from "../stacks/errors";
import { buildApp } from "./app";
import { anchorIn, keepAnchored } from "./audit/anchor";
import { createAuditService } from "./audit/chain";
import { BelievedTokens } from "./auth/believed-tokens";
import { eitherOf, oidcAuthenticator } from "./auth/oidc";
import { readOidcFile } from "./auth/oidc-file";
import type { Role } from "./auth/roles";
import { Sessions } from "./auth/sessions";
import { createTokenService } from "./auth/token-service";
import { openRoleTokens } from "./auth/role-tokens";
import type { ServiceConfig } from "./config";
import { createPlanner } from "./fleet/planner";
import { createReportService } from "./fleet/report-service";
import { createScope } from "./fleet/scope";
import { createFleetService } from "./fleet/service";
import { createVaultService } from "./fleet/vault-service";
import { createOrganizationAdapter } from "./org/adapter";
import { createOrganizationCache, type OrganizationCache } from "./org/snapshot";
import { createMetrics } from "./plugins/metrics";
import { vaultMetrics } from "./plugins/vault-metrics";
import { type Engine, type EngineContext, openParts, requireShared, undoAll } from "./parts";
import type { OrganizationPort } from "./ports";
import { readinessOf } from "./readiness";
import { checkSchedule } from "./runs/check-schedule";
import { driftSchedule } from "./runs/drift-schedule";
import { createHostService } from "./runs/hosts";
import { keepLooking } from "./runs/schedule";
import { createRunService } from "./runs/service";
import type { VaultPort } from "./vault-ports";
import { OnboardingDriver } from "./onboarding/driver";
import { accountLookUp } from "./onboarding/look-up";
import { membershipSchedule, withRuns } from "./onboarding/membership-schedule";
import { createOnboardingService } from "./onboarding/service";
import { openWebhooks } from "./webhooks/start";

export interface StartOptions {
  /** Tells what is done while it is done, one line each. */
  readonly report?: (line: string) => void;
  /** Makes the engine. */
  readonly engine: (context: EngineContext) => Promise<Engine>;
  /** Instead of AWS Organizations, for tests. */
  readonly organization?: OrganizationPort;
  /** Instead of the functions in the vault account, for tests. */
  readonly vault?: VaultPort;
  /** Also start what is wanted from time to time; not for a service that ends with one command. */
  readonly schedules?: boolean;
  /** Time between two looks at the schedules, milliseconds; a minute by default. */
  readonly lookEveryMs?: number;
  /** Wait before an onboarding is tried again, seconds, by what was tried in vain. */
  readonly onboardingWait?: (attempts: number) => number;
  /** Where log lines go; standard output by default. */
  readonly logStream?: Writable;
  /** Delay of the event loop from which requests are refused, milliseconds; 5000 by default, 0 never refuses. */
  readonly maxEventLoopDelayMs?: number;
}

export type { Engine, EngineContext };

/** A running service. */
export interface Service {
  readonly url: string;
  /** Files that hold the token of each role, readable by the owner only. */
  readonly tokenFiles: Readonly<Record<Role, string>>;
  /** Takes no more requests, ends the event streams, interrupts what runs, closes everything. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts the service: the only place that puts adapters together. Throws with one clear reason, and nothing is left
 * running then: `RUN_STATE_HELD`, `RUN_PORT_IN_USE`, `SPEC_INVALID` (fleet file), `RUN_STORE`, `ENGINE_MISSING`, …
 */
export async function startService(config: ServiceConfig, options: StartOptions): Promise<Service> {
  const report = options.report ?? (() => undefined);
  if (!config.works) requireShared(config, { works: false });
  const undo: (() => Promise<void>)[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = (): Promise<void> => (closed ??= undoAll(undo, report));
  try {
    return await start(config, { ...options, report }, undo, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** How often it is looked whether a run is due: a machine that slept must not be hours late. */
const LOOK_EVERY_MS = 60_000;

/** How often the end of the audit log is kept outside the database. */
const ANCHOR_MS = 60_000;

async function start(
  config: ServiceConfig,
  options: StartOptions & { readonly report: (line: string) => void },
  undo: (() => Promise<void>)[],
  closeAll: () => Promise<void>,
): Promise<Service> {
  const { report } = options;
  const { stateDir, discovery } = config;
  const parts = await openParts(config, options, undo);
  const { lock, source, fleet, store, engine, vault, exemptions } = parts;
  const { access } = store;
  const roleTokens = await openRoleTokens(stateDir);
  await access.tokens.enroll(roleTokens.tokens);
  const believed = new BelievedTokens(access.tokens);
  const authenticator =
    config.oidcFile === undefined
      ? believed
      : eitherOf(believed, oidcAuthenticator(await readOidcFile(config.oidcFile)));
  const deaf = store.onNotice(({ topic }) => {
    if (topic === "tokens") believed.changed();
  });
  undo.push(() => {
    deaf();
    return Promise.resolve();
  });

  const organization = createOrganizationCache({
    port:
      options.organization ??
      createOrganizationAdapter({
        organizationId: fleet.organization.id,
        // AWS counts the calls of the whole organization, whichever host makes them.
        rate: store.sharedRate("organizations", {
          perSecond: discovery.callsPerSecond,
          burst: Math.max(1, discovery.callsPerSecond * 2),
        }),
        tagsMaxAgeSeconds: discovery.tagsMaxAgeSeconds,
      }),
    stateDir,
    maxAgeSeconds: discovery.maxAgeSeconds,
    maxShrinkPercent: discovery.maxShrinkPercent,
    onStale: (error) => report(`the accounts could not be read: ${error.message}`),
  });
  const clock = { now: () => new Date() };
  const vaultService = createVaultService({ vault, source, organization });
  const planner = createPlanner({ source, organization, s3UsePathStyle: config.s3UsePathStyle });
  const runs = createRunService({
    store,
    engine: engine.port,
    vault,
    ...(exemptions === undefined ? {} : { exemptions }),
    planner,
    clock,
    concurrency: config.concurrency,
    awsRates: config.awsRates,
    report,
  });
  const fleetService = createFleetService({
    source,
    organization,
    stamps: runs,
    resources: (stamp) => engine.port.resources(stamp),
    membership: () => withRuns(store, (id) => runs.get(id)),
  });
  const anchor = anchorIn(stateDir, store);
  // Ended after the runs, whose last entries belong to it.
  undo.push(keepAnchored(anchor, ANCHOR_MS, report));
  const metrics = createMetrics();
  const readVault = vaultMetrics(metrics.registry, vaultService);
  const ready = readinessOf({
    ping: () => store.ping(),
    discoveryAge: () => organization.ageSeconds(),
    maxDiscoveryAgeSeconds: 3 * Math.max(60, discovery.maxAgeSeconds),
    engine: () => engine.check(),
  });
  let stopping = false;
  const webhooks = openWebhooks(config, {
    store,
    organizationId: fleet.organization.id,
    version: packageVersion(),
    clock,
    report,
  });
  const onboardings = createOnboardingService({ store, clock });
  const driver = new OnboardingDriver({
    store,
    runs,
    lookUp: accountLookUp(source, organization),
    clock,
    report,
    ...(options.onboardingWait === undefined ? {} : { waitBefore: options.onboardingWait }),
  });
  const app = await buildApp({
    runs,
    fleet: fleetService,
    reports: createReportService({ source, organization }),
    vault: vaultService,
    auditLog: createAuditService(store, anchor),
    hosts: createHostService(store),
    tokens: createTokenService(access.tokens, believed),
    sessions: new Sessions(access.sessions),
    cookieSecret: await access.secret("cookies"),
    requestCounts: access.counts,
    webhooks: webhooks.service,
    onboardings,
    scope: createScope(planner, organization),
    authenticator,
    metrics,
    readiness: async () =>
      stopping ? [{ name: "service", ok: false, detail: "stopping" }] : ready(),
    collect: async () => {
      const [numbers] = await Promise.all([runs.numbers(), readVault()]);
      metrics.stampsQueued.set(numbers.queued);
      metrics.stampsRunning.set(numbers.running);
      metrics.stampSlots.set(numbers.slots);
      metrics.stampMemory.set(numbers.peakMemoryMiB);
      const states = await runs.stampStates();
      metrics.stampsDrifted.set(states.filter(({ drifted }) => drifted === true).length);
      metrics.stampsWeakened.set(states.filter(({ weakens = [] }) => weakens.length > 0).length);
      metrics.discoveryAge.set((await organization.ageSeconds()) ?? -1);
    },
    version: packageVersion(),
    logLevel: config.logLevel,
    requestsPerMinute: config.requestsPerMinute,
    // Stack operations of other processes may keep the processors busy for seconds: that alone is no reason to refuse.
    maxEventLoopDelayMs: options.maxEventLoopDelayMs ?? 5000,
    ...(options.logStream === undefined ? {} : { logStream: options.logStream }),
    ...(config.trustProxy === undefined ? {} : { trustProxy: config.trustProxy }),
  });
  undo.push(() => app.close());
  const url = await listen(app, config);
  // Before the app closes: what runs is interrupted while its last events can still be seen.
  undo.push(() => runs.close());
  if (config.works) await runs.startWorkers();
  webhooks.sender.start();
  undo.push(() => webhooks.sender.stop());
  driver.start();
  undo.push(() => driver.stop());
  undo.push(keepFresh(organization, discovery.maxAgeSeconds, report));
  if (options.schedules === true) {
    const drift = driftSchedule({
      runs,
      settings: async () => (await source()).fleet.drift,
      accounts: async () => (await fleetService.accounts({ refresh: false })).items,
      clock,
      report,
    });
    const check = checkSchedule({ runs, minutes: config.checkMinutes, clock, report });
    const membership = membershipSchedule({
      store,
      source,
      organization,
      runs,
      onboardings,
      clock,
      report,
    });
    const schedules = [membership, drift, check];
    undo.push(keepLooking(schedules, options.lookEveryMs ?? LOOK_EVERY_MS, report));
  }
  await lock.publish(url);
  // The first thing to happen on the way down: balancers look elsewhere while runs are interrupted.
  undo.push(() => {
    stopping = true;
    return Promise.resolve();
  });
  return { url, tokenFiles: roleTokens.paths, close: closeAll };
}

async function listen(
  app: Awaited<ReturnType<typeof buildApp>>,
  { host, port }: ServiceConfig,
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new AppError("RUN_PORT_IN_USE", `Port ${port} of ${host} is in use.`, {
        action:
          "Stop the other program, or set STRONGROOM_PORT to another port (0 takes a free one).",
        cause,
      });
    }
    if (code === "EADDRNOTAVAIL" || code === "EACCES" || code === "ENOTFOUND") {
      throw new AppError(
        "SPEC_SETTINGS",
        `The service cannot listen on ${host}:${port} (${code}).`,
        {
          action:
            "Set STRONGROOM_HOST to an address of this machine and STRONGROOM_PORT above 1023.",
          cause,
        },
      );
    }
    throw cause;
  }
}

/** Reads the accounts at the start and again when the list gets old; returns how to stop it. */
function keepFresh(
  organization: OrganizationCache,
  maxAgeSeconds: number,
  report: (line: string) => void,
): () => Promise<void> {
  const look = (): void => {
    organization.fresh().catch((error: unknown) => {
      report(`the accounts could not be read: ${AppError.from(error).message}`);
    });
  };
  look();
  const timer = setInterval(look, Math.max(30, maxAgeSeconds) * 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    return Promise.resolve();
  };
}

/** The version of the package that this file belongs to, built or not. */
function packageVersion(): string {
  for (let folder = __dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const text = readFileSync(path.join(folder, "package.json"), "utf8");
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === "strongroom") return version ?? "0.0.0";
    } catch {
      // Not here: one folder up.
    }
  }
  return "0.0.0";
}
