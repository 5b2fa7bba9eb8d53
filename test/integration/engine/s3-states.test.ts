import path from "node:path";

import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import { type Emulator, startEmulator } from "../../../emulator/start";
import { stackBackend } from "../../../server/backend/backend";
import { createPulumiEngine } from "../../../server/engine/engine";
import type { EnginePort, StackEvent, StackOutcome } from "../../../server/ports";
import { type ProcessIdentity, sendSignal, stateOf } from "../../../server/processes";
import { createRunService, type ManagedRunService } from "../../../server/runs/service";
import type { RunRecord, RunRequest } from "../../../server/runs-ports";
import { openStore } from "../../../server/store/store";
import type { Store } from "../../../server/store/types";
import { stampName, type StampName } from "../../../stacks/naming";
import { engineTools } from "../../support/engine-tools";
import { FakeVault } from "../../support/fake-vault";
import { until } from "../../support/killable";
import { type Fate, Proxy } from "../../support/proxy";
import { FakePlanner, fleetPlan, keyFor, newAccount, scratchFolder } from "../../support/runs";
import { ACCOUNT } from "./support";

const BUCKET = "strongroom-states";
const FOLDER = "team/.pulumi";
const script = (name: string): string => path.join(__dirname, "../../support", name);

describe("states in S3", function () {
  this.timeout(300_000);
  const scratch = scratchFolder("s3-states");
  const stateDir = path.join(scratch.path, "state");
  const events: StackEvent[] = [];
  const said = (): string => JSON.stringify(events);
  let emulator: Emulator;
  let proxy: Proxy;
  let s3: S3Client;
  let engine: EnginePort;
  let onAws: EnginePort;
  let backendUrl: string;

  const list = async (below: string): Promise<readonly string[]> => {
    const found = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${FOLDER}/${below}` }),
    );
    return (found.Contents ?? []).map(({ Key }) => Key!);
  };
  const locks = (stamp: StampName) => list(`locks/organization/strongroom/${stamp}/`);
  const read = async (key: string): Promise<string> =>
    (await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))).Body!.transformToString();
  const keyOf = (stamp: StampName) => `${FOLDER}/stacks/strongroom/${stamp}.json`;
  const run = (
    by: EnginePort,
    stamp: StampName,
    tags: Record<string, string>,
    onProcess: (one: ProcessIdentity) => void = () => undefined,
    signal = new AbortController().signal,
  ): Promise<StackOutcome> => {
    const accountId = stamp.slice(-12);
    const [planned] = fleetPlan([accountId]).stamps;
    const { spec, connection } = planned!;
    return by.execute(
      { stamp, operation: "up", spec: { ...spec, accountId, tags }, connection },
      (event) => events.push(event),
      signal,
      { earlier: [], onProcess },
    );
  };

  before(async () => {
    emulator = await startEmulator({ seed: false });
    proxy = await Proxy.before(emulator.endpoint);
    const { accessKeyId, secretAccessKey } = emulator.credentialsOf(ACCOUNT);
    const credentials = { accessKeyId, secretAccessKey };
    s3 = new S3Client({
      endpoint: emulator.endpoint,
      region: "eu-central-1",
      credentials,
      forcePathStyle: true,
    });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    backendUrl = `s3://${BUCKET}/team?region=eu-central-1&endpoint=http://127.0.0.1:${proxy.port}&s3ForcePathStyle=true`;
    const environment = {
      ...process.env,
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    };
    // The backend's own client takes its credentials from here, as in the service.
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    const toolchain = await engineTools();
    const backend = await stackBackend(backendUrl, false);
    const make = (childScript: string) =>
      createPulumiEngine({
        toolchain,
        stateDir,
        backendUrl,
        backend,
        policyPacks: [],
        environment,
        childScript,
        graceSeconds: 3,
        report: () => undefined,
      });
    engine = make(script("engine-child.js"));
    onAws = make(script("aws-child.js"));
  });
  afterEach(() => {
    events.splice(0);
    proxy.decide = () => ({});
  });
  after(async () => {
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    await proxy.close();
    await emulator.stop();
    scratch.remove();
  });

  describe("of a service", () => {
    let store: Store;
    let runs: ManagedRunService;
    const stamp = stampName("access", newAccount());
    before(async () => {
      store = await openStore({ stateDir: scratch.path, report: () => undefined });
      const planner = new FakePlanner();
      runs = createRunService({
        store,
        vault: new FakeVault(),
        engine,
        planner: {
          async plan(request) {
            const plan = await planner.plan(request);
            const tags = { "stash-a": "1" };
            return {
              ...plan,
              stamps: plan.stamps.map((each) => ({ ...each, spec: { ...each.spec, tags } })),
            };
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
    });
    async function up(): Promise<RunRecord> {
      const request: RunRequest = { operation: "up", target: { stamps: [stamp] } };
      const { run: started } = await runs.start(request, keyFor(request));
      for await (const event of runs.follow(started.id, 0, AbortSignal.timeout(120_000))) event;
      return (await runs.get(started.id))!;
    }

    it("let a stamp alone that nothing has changed for, until its state is written by somebody else", async () => {
      const first = await up();
      expect(first.status, JSON.stringify(first.stamps[0]?.error)).to.equal("succeeded");
      expect((await up()).summary).to.include({ stamped: 1, unchanged: 1, resources: 1 });
      const key = keyOf(stamp);
      const text = await read(key);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: `${text}\n` }));
      expect((await up()).summary?.unchanged).to.equal(0);
      expect((await up()).summary?.unchanged).to.equal(1);
    });

    it("are looked at while the backend does not answer: the run needs a person, and nothing is lost", async () => {
      proxy.decide = () => ({ status: 500, code: "InternalError" });
      const failed = await up();
      expect(failed.status, JSON.stringify(failed.stamps)).to.equal("needs_attention");
      expect(failed.stamps[0]?.error?.code).to.equal("STATE_UNREACHABLE");
      proxy.decide = () => ({});
      const again = await up();
      expect(again.status).to.equal("succeeded");
      expect(again.summary).to.include({ changed: 0, resources: 1 });
    });
  });

  it("have the lock of a killed engine found by its id and removed, and that of somebody else left", async () => {
    const stamp = stampName("access", newAccount());
    const processes: ProcessIdentity[] = [];
    const running = run(engine, stamp, { "stash-a": "1", hang: "yes" }, (one) =>
      processes.push(one),
    );
    await until("the engine holds the lock", async () => (await locks(stamp)).length > 0);
    const [own = ""] = await locks(stamp);
    // As it stands after a crash of the host: the lock is there, its owner is gone and nobody cleaned up.
    const copy = `${own.slice(0, own.lastIndexOf("/"))}/00000000-0000-4000-8000-000000000001.json`;
    const source = `${BUCKET}/${own}`;
    await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: copy, CopySource: source }));
    for (const { pid } of processes.toReversed()) sendSignal(pid, "SIGKILL");
    expect((await running).status).to.equal("failed");
    await until("they are gone", () => processes.every((one) => stateOf(one) === "dead"));
    expect(said()).to.contain("removed the lock");
    expect(await locks(stamp)).to.deep.equal([]);

    const foreign = `${FOLDER}/locks/organization/strongroom/${stamp}/1c4659cd-a9e4-40a1-b4bb-3151834df085.json`;
    const text = JSON.stringify({
      pid: process.pid,
      username: "somebody",
      hostname: "laptop",
      timestamp: "2026-11-23T21:19:46Z",
    });
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: foreign, Body: text }));
    const outcome = await run(engine, stamp, { "stash-c": "1" });
    expect(outcome.error?.code).to.equal("STACK_LOCKED");
    expect(outcome.error?.message).to.contain("somebody@laptop");
    expect(await read(foreign)).to.equal(text);
  });

  describe("behind trouble", () => {
    const stamp = stampName("access", newAccount());
    before(async () => {
      const made = await run(engine, stamp, { "stash-a": "1", "stash-b": "2" });
      expect(made.error, JSON.stringify(made.error)).to.equal(undefined);
    });

    for (const [status, code] of [
      [500, "InternalError"],
      [403, "AccessDenied"],
    ] as const) {
      it(`that answers ${status} are not taken for states that do not exist: bounded tries, no change`, async () => {
        const before = await read(keyOf(stamp));
        proxy.refused = 0;
        proxy.decide = () => ({ status, code });
        const outcome = await run(engine, stamp, { "stash-a": "other" });
        expect(outcome.error?.code, JSON.stringify(outcome.error)).to.equal("STATE_UNREACHABLE");
        expect(outcome.error?.problems ?? []).to.deep.equal([]);
        expect(proxy.refused).to.be.within(1, 40);
        expect(await read(keyOf(stamp))).to.equal(before);
      });
    }

    it("that is slow take their time, and no more", async () => {
      proxy.decide = () => ({ delayMs: 400 });
      const outcome = await run(engine, stamp, { "stash-a": "1", "stash-b": "3" });
      expect(outcome.error, JSON.stringify(outcome.error)).to.equal(undefined);
      expect(outcome.counts).to.include({ update: 1, delete: 0 });
    });

    it("that is torn have the last good version put back", async () => {
      const good = await read(keyOf(stamp));
      const Body = good.slice(0, good.length / 2);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: keyOf(stamp), Body }));
      const outcome = await run(engine, stamp, { "stash-a": "1", "stash-b": "3" });
      expect(outcome.error, JSON.stringify(outcome.error)).to.equal(undefined);
      expect(outcome.counts).to.include({ create: 0, replace: 0, delete: 0 });
      expect(said()).to.contain(`s3://${BUCKET}/${keyOf(stamp)}.bak`);
    });

    it("that comes in the middle of an update stop it; what was created meanwhile is taken in afterwards", async () => {
      const onRole = stampName("access", ACCOUNT);
      const tags = { role: "strongroom-middle" };
      const isOfRole = (event: StackEvent, status: string): boolean =>
        event.type === "resource" && event.urn.endsWith("::role") && event.status === status;
      let writes = 0;
      // That the creation begins is written; its end, the history and the lock's removal are refused.
      proxy.decide = (method, url): Fate => {
        const isState = method === "PUT" && url.includes(`${onRole}.json?`);
        const isDone = events.some((event) => isOfRole(event, "done"));
        const refused = (method === "PUT" || method === "DELETE") && (isDone || writes > 1);
        if (isState && events.some((event) => isOfRole(event, "started"))) writes += 1;
        return refused ? { status: 503, code: "SlowDown" } : {};
      };
      // Pulumi itself would try for minutes.
      const abort = new AbortController();
      proxy.refused = 0;
      proxy.onRefused = () => proxy.refused > 3 && abort.abort();
      const broken = await run(onAws, onRole, tags, undefined, abort.signal);
      expect(broken.status, JSON.stringify(broken)).to.equal("cancelled");
      proxy.decide = () => ({});
      const after = await run(onAws, onRole, tags);
      expect(after.error, JSON.stringify(after.error)).to.equal(undefined);
      expect(said()).to.contain("aws:iam/role:Role role is there");
      expect(after.counts).to.include({ create: 0, replace: 0, delete: 0 });
      expect(after.resources).to.equal(1);
      expect(await locks(onRole)).to.deep.equal([]);
    });
  });
});
