import { PassThrough } from "node:stream";

import { type App, type AppOptions, buildApp } from "../../server/app";
import { createMetrics } from "../../server/plugins/metrics";
import { Sessions } from "../../server/auth/sessions";
import { checkAnswers } from "./answer-check";
import { fakeTokens, memorySessions } from "./fake-access";
import { fakeAuthenticator, FakeFleet, FakeRuns } from "./fake-services";
import { FakeReports } from "./fake-reports";
import { FakeAudit, FakeVaultService } from "./fake-vault-service";
import { FakeOnboardings } from "./fake-onboardings";
import { FakeWebhooks } from "./fake-webhooks";

export interface TestApp {
  readonly app: App;
  readonly runs: FakeRuns;
  readonly fleet: FakeFleet;
  readonly reports: FakeReports;
  readonly vault: FakeVaultService;
  readonly audit: FakeAudit;
  readonly webhooks: FakeWebhooks;
  readonly onboardings: FakeOnboardings;
  /** Every line logged so far. */
  readonly lines: () => string[];
}

/** The real application over fake ports; ready for `inject`. Close it after the test. */
export async function testApp(over: Partial<AppOptions> = {}): Promise<TestApp> {
  const runs = new FakeRuns();
  const fleet = new FakeFleet();
  const reports = new FakeReports();
  const vault = new FakeVaultService();
  const audit = new FakeAudit();
  const tokens = fakeTokens();
  const webhooks = new FakeWebhooks();
  const onboardings = new FakeOnboardings();
  const logStream = new PassThrough();
  let logged = "";
  logStream.on("data", (chunk: Buffer) => {
    logged += chunk.toString();
  });
  const app = await buildApp({
    runs,
    fleet,
    reports,
    vault,
    auditLog: audit,
    scope: {
      requireRun: () => Promise.resolve(),
      requireAccounts: () => Promise.resolve(),
    },
    hosts: { gone: () => Promise.resolve({ processes: 2 }) },
    webhooks,
    onboardings,
    authenticator: fakeAuthenticator,
    sessions: new Sessions(memorySessions()),
    cookieSecret: "the same for all services",
    tokens,
    metrics: createMetrics({ processMetrics: false }),
    readiness: () => Promise.resolve([{ name: "database", ok: true, detail: "reachable" }]),
    version: "0.0.0",
    logStream,
    ...over,
  });
  checkAnswers(app);
  await app.ready();
  return {
    app,
    runs,
    fleet,
    reports,
    vault,
    audit,
    webhooks,
    onboardings,
    lines: () => logged.split("\n").filter((line) => line !== ""),
  };
}
