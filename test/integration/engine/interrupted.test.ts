import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { KMSClient, ListKeysCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import { expect } from "chai";

import { mustCallAsRoot } from "../../../emulator/calls";
import { type Emulator, startEmulator } from "../../../emulator/start";
import { createPulumiEngine } from "../../../server/engine/engine";
import type { Deployment, StateResource } from "../../../server/engine/deployment";
import type { EnginePort, StackEvent, StackOperation, StackOutcome } from "../../../server/ports";
import { sendSignal } from "../../../server/processes";
import { stampName } from "../../../stacks/naming";
import { engineTools } from "../../support/engine-tools";
import { until } from "../../support/killable";
import { fleetPlan, scratchFolder } from "../../support/runs";
import { ACCOUNT } from "./support";

const childScript = path.join(__dirname, "../../support/aws-child.js");
// `access` is the kind of the specs that the plan of the tests has.
const stamp = stampName("access", ACCOUNT);
const TAGS = {
  keys: "one two",
  bucket: "strongroom-interrupted",
  role: "strongroom-interrupted",
  topic: "strongroom-interrupted",
};

const LATER = { ...TAGS, role: "strongroom-later" };

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
  ],
});

type Inputs = Readonly<Record<string, unknown>>;

/** Processes with this in their environment and in their command line. */
function processesWith(setting: string, command: string): readonly number[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8");
      const isOne =
        read("environ").split("\0").includes(setting) && read("cmdline").includes(command);
      return isOne ? [Number(pid)] : [];
    } catch {
      return []; // It ended meanwhile, or is none.
    }
  });
}

interface Checkpoint {
  checkpoint: {
    latest: {
      resources: StateResource[];
      pending_operations?: { type: string; resource: StateResource }[];
    };
  };
}

describe("an update that was killed while it created", function () {
  this.timeout(300_000);
  const scratch = scratchFolder("interrupted");
  const stateDir = path.join(scratch.path, "state");
  const states = path.join(stateDir, "pulumi/.pulumi/stacks/strongroom");
  const file = path.join(states, `${stamp}.json`);
  const backups = path.join(stateDir, "engine/backups");
  let emulator: Emulator;
  let engine: EnginePort;
  let kms: KMSClient;
  const events: StackEvent[] = [];
  const said = (): string => JSON.stringify(events);

  const run = (
    operation: StackOperation,
    tags: Record<string, string> = TAGS,
  ): Promise<StackOutcome> => {
    const { spec, connection } = fleetPlan([ACCOUNT]).stamps.find((one) => one.stamp === stamp)!;
    return engine.execute(
      { stamp, operation, spec: { ...spec, accountId: ACCOUNT, tags }, connection },
      (event) => events.push(event),
      new AbortController().signal,
    );
  };
  const up = (tags?: Record<string, string>): Promise<StackOutcome> => run("up", tags);
  const read = (): Checkpoint => JSON.parse(readFileSync(file, "utf8")) as Checkpoint;
  const named = (name: string, { checkpoint }: Checkpoint = read()): StateResource =>
    checkpoint.latest.resources.find(({ urn }) => urn.endsWith(`::${name}`))!;
  const deployment = (): Deployment => read().checkpoint.latest;
  const keys = async (): Promise<readonly string[]> =>
    ((await kms.send(new ListKeysCommand({}))).Keys ?? []).map(({ KeyId }) => KeyId!);

  /** What a hard kill leaves: the last words of the state are that these creations began. */
  function forget(names: readonly string[], change: (inputs: Inputs) => Inputs = (same) => same) {
    const state = read();
    const { latest } = state.checkpoint;
    const begun = names.map((name) => {
      const { id, outputs, ...resource } = named(name, state);
      expect(id).to.not.equal(undefined);
      expect(outputs).to.not.equal(undefined);
      return { type: "creating", resource: { ...resource, inputs: change(resource.inputs ?? {}) } };
    });
    latest.resources = latest.resources.filter(
      ({ urn }) => !names.some((name) => urn.endsWith(`::${name}`)),
    );
    latest.pending_operations = [...(latest.pending_operations ?? []), ...begun];
    writeFileSync(file, JSON.stringify(state));
  }

  before(async () => {
    emulator = await startEmulator({ seed: false });
    const { accessKeyId, secretAccessKey } = emulator.credentialsOf(ACCOUNT);
    kms = new KMSClient({
      endpoint: emulator.endpoint,
      region: "eu-central-1",
      credentials: { accessKeyId, secretAccessKey },
    });
    engine = createPulumiEngine({
      toolchain: await engineTools(),
      stateDir,
      policyPacks: [],
      environment: {
        ...process.env,
        AWS_ENDPOINT_URL: emulator.endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: "true",
      },
      childScript,
      report: () => undefined,
    });
    const first = await up();
    expect(first.error, JSON.stringify(first.error)).to.equal(undefined);
    expect(first.resources).to.equal(6);
  });
  beforeEach(() => events.splice(0));
  after(async () => {
    kms.destroy();
    await emulator.stop();
    scratch.remove();
  });

  it("has what was created taken into the state, keys by their tags, and creates nothing twice", async () => {
    const before = await keys();
    const ids = Object.fromEntries(
      ["key-one", "bucket", "versioning", "role", "topic"].map((name) => [name, named(name).id]),
    );
    forget(["key-one", "bucket", "versioning", "role", "topic"]);
    const text = readFileSync(file, "utf8");
    const second = await up();
    expect(second.error, JSON.stringify(second.error)).to.equal(undefined);
    expect(second.counts).to.deep.include({ create: 0, replace: 0, delete: 0 });
    expect(second.resources).to.equal(6);
    expect(await keys()).to.have.members(before);
    for (const [name, id] of Object.entries(ids)) expect(named(name).id, name).to.equal(id);
    expect(named("key-one")).to.include({ protect: true, retainOnDelete: true });
    expect(deployment().pending_operations ?? []).to.deep.equal([]);
    expect(said()).to.contain(`aws:kms/key:Key key-one is there (${ids["key-one"]}@eu-central-1)`);
    // The state of before is kept, for its owner alone.
    const [kept = ""] = readdirSync(backups);
    expect(said()).to.contain(path.join(backups, kept));
    expect(statSync(path.join(backups, kept)).mode & 0o777).to.equal(0o600);
    const { deployment: old } = JSON.parse(readFileSync(path.join(backups, kept), "utf8")) as {
      deployment: Deployment;
    };
    expect(old).to.deep.equal((JSON.parse(text) as Checkpoint).checkpoint.latest);
    const third = await up();
    expect(third.counts).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("has what was not created forgotten and created, and takes no key for it that goes away or is another", async () => {
    const lost = named("key-two").id!;
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: lost, PendingWindowInDays: 7 }));
    const before = await keys();
    forget(["role"], (inputs) => ({ ...inputs, name: LATER.role }));
    forget(["key-two"]);
    const outcome = await up(LATER);
    expect(outcome.error, JSON.stringify(outcome.error)).to.equal(undefined);
    expect(outcome.counts).to.deep.include({ create: 2, replace: 0, delete: 0 });
    expect(said()).to.contain("aws:iam/role:Role role was not created");
    expect(named("role").id).to.equal(LATER.role);
    expect(named("key-two").id).to.not.be.oneOf([lost, named("key-one").id]);
    expect(await keys()).to.have.length(before.length + 1);
  });

  it("leaves to a person what may be any of several keys, names them, and changes nothing", async () => {
    const good = readFileSync(file, "utf8");
    const ids = [named("key-one").id, named("key-two").id];
    // A key with no tag but the stamp's.
    forget(["key-one", "key-two"], (inputs) => ({ ...inputs, tags: {} }));
    const before = readFileSync(file, "utf8");
    const outcome = await up(LATER);
    expect(outcome.error?.code).to.equal("ENGINE_PENDING");
    for (const id of ids) expect(outcome.error?.problems?.[0]?.message).to.contain(id);
    expect(outcome.error?.action).to.contain("--clear-pending-creates");
    expect(readFileSync(file, "utf8")).to.equal(before);
    writeFileSync(file, good);
  });

  it("does not take a role of the same name for its own that does not carry the stamp's tag", async () => {
    const good = readFileSync(file, "utf8");
    const role = "strongroom-stranger";
    await mustCallAsRoot(emulator.endpoint, {
      accountId: ACCOUNT,
      region: "us-east-1",
      service: "iam",
      operation: "CreateRole",
      parameters: { RoleName: role, AssumeRolePolicyDocument: TRUST },
    });
    forget(["role"], (inputs) => ({ ...inputs, name: role }));
    const before = readFileSync(file, "utf8");
    const outcome = await up({ ...TAGS, role });
    expect(outcome.error?.code).to.equal("ENGINE_PENDING");
    expect(outcome.error?.problems?.[0]?.message).to.contain("does not carry the stamp's tag");
    expect(readFileSync(file, "utf8")).to.equal(before);
    writeFileSync(file, good);
  });

  it("by the death of its provider has what that had created taken in, and the next one makes no second key", async () => {
    const before = await keys();
    const tags = { ...LATER, keys: "one two three" };
    const running = up(tags);
    await until("the key is there", async () => (await keys()).length > before.length);
    const providers = processesWith(`AWS_ENDPOINT_URL=${emulator.endpoint}`, "terraform-provider");
    expect(providers).to.not.deep.equal([]);
    for (const pid of providers) sendSignal(pid, "SIGKILL");
    const broken = await running;
    expect(broken.status).to.equal("failed");
    expect(said(), JSON.stringify(broken.error)).to.contain("aws:kms/key:Key key-three is there");
    const after = await up(tags);
    expect(after.error, JSON.stringify(after.error)).to.equal(undefined);
    expect(after.counts).to.include({ create: 0, replace: 0, delete: 0 });
    expect(await keys()).to.have.length(before.length + 1);
    expect(named("key-three")).to.include({ protect: true, retainOnDelete: true });
    // As the tests after this one expect it.
    const state = read();
    const { latest } = state.checkpoint;
    latest.resources = latest.resources.filter(({ urn }) => !urn.endsWith("::key-three"));
    writeFileSync(file, JSON.stringify(state));
  });

  describe("and a state that cannot be read", () => {
    let good: string;
    beforeEach(() => (good = readFileSync(file, "utf8")));
    afterEach(() => writeFileSync(file, good));

    it("has its last good version put back, with its pending creations finished, and nothing created again", async () => {
      const before = await keys();
      forget(["key-one"]);
      writeFileSync(`${file}.bak`, readFileSync(file));
      const torn = good.slice(0, Math.floor(good.length / 2));
      writeFileSync(file, torn);
      const outcome = await up(LATER);
      expect(outcome.error, JSON.stringify(outcome.error)).to.equal(undefined);
      expect(outcome.counts).to.deep.include({ create: 0, replace: 0, delete: 0 });
      expect(said()).to.contain(`${file}.bak`).and.to.contain("key-one is there");
      expect(outcome.resources).to.equal(6);
      expect(await keys()).to.have.members(before);
      const kept = readdirSync(backups).map((name) =>
        readFileSync(path.join(backups, name), "utf8"),
      );
      expect(kept).to.include(torn);
    });

    it("has what was made since that version looked at by a person before anything is created", async () => {
      // An older version, in which the key is not yet.
      const state = read();
      const { latest } = state.checkpoint;
      latest.resources = latest.resources.filter(({ urn }) => !urn.endsWith("::key-one"));
      writeFileSync(`${file}.bak`, JSON.stringify(state));
      writeFileSync(file, "");
      const before = await keys();
      const outcome = await up(LATER);
      expect(outcome.error?.code).to.equal("STATE_DAMAGED");
      const problems = outcome.error?.problems?.map(({ message }) => message);
      expect(problems).to.deep.equal(["create aws:kms/key:Key key-one"]);
      expect(await keys()).to.have.members(before);
    });

    it("is left as it is by everything but an up, and by an up where no earlier version can be read", async () => {
      writeFileSync(file, "");
      expect((await run("preview")).error?.code).to.equal("STATE_DAMAGED");
      expect((await run("retire")).error?.code).to.equal("STATE_DAMAGED");
      writeFileSync(`${file}.bak`, "{");
      for (const folder of [path.join(stateDir, "pulumi/.pulumi/backups"), backups]) {
        renameSync(folder, `${folder}-away`);
      }
      const outcome = await up(LATER);
      expect(outcome.error?.code).to.equal("STATE_DAMAGED");
      expect(outcome.error?.action).to.contain("pulumi stack import");
      expect(readFileSync(file, "utf8")).to.equal("");
    });
  });
});
