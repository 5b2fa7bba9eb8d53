import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { createPulumiEngine, type PulumiEngineOptions } from "../../../server/engine/engine";
import type {
  EnginePort,
  StackOperation,
  StackEvent,
  StackJob,
  StackOutcome,
} from "../../../server/ports";
import { stampName } from "../../../stacks/naming";
import { changesDigest } from "../../../stacks/plan-digest";
import { engineContract } from "../../support/engine-contract";
import { engineTools } from "../../support/engine-tools";
import { fleetPlan, newAccount, scratchFolder } from "../../support/runs";

const childScript = path.join(__dirname, "../../support/engine-child.js");

function jobWith(
  operation: StackOperation,
  accountId: string,
  tags: Record<string, string>,
): StackJob {
  const { spec, connection } = fleetPlan([accountId]).stamps[0]!;
  return { stamp: stampName("member", accountId), operation, spec: { ...spec, tags }, connection };
}

const TWO = { "stash-a": "1", "stash-b": "2" };

describe("the real engine", () => {
  const scratch = scratchFolder("engine");
  let make: (options?: Partial<PulumiEngineOptions>) => EnginePort;
  let engine: EnginePort;
  const run = (
    operation: StackOperation,
    account: string,
    tags: Record<string, string>,
    events: StackEvent[] = [],
    by = engine,
  ): Promise<StackOutcome> =>
    by.execute(
      jobWith(operation, account, tags),
      (event) => events.push(event),
      new AbortController().signal,
    );

  before(async () => {
    const toolchain = await engineTools();
    make = (options = {}) =>
      createPulumiEngine({
        toolchain,
        stateDir: path.join(scratch.path, "state"),
        policyPacks: [],
        environment: process.env,
        childScript,
        report: () => undefined,
        ...options,
      });
    engine = make();
  });
  after(() => scratch.remove());

  engineContract("the real engine", () => ({
    engine,
    job: (operation, account) => jobWith(operation, account, TWO),
    inTheMiddle: 2500,
    slow: (job) => ({ ...job, spec: { ...job.spec, tags: { ...TWO, hang: "yes" } } }),
  }));

  it("names the properties that change and never their values", async () => {
    const account = newAccount();
    const canary = "canary-3f9c1d7e55aa";
    const hidden = Array.from(canary).reverse().join("");
    await run("up", account, { "stash-a": "old", secret: hidden });
    const events: StackEvent[] = [];
    const tags = { "stash-a": hidden, output: "new", secret: hidden };
    const outcome = await run("up", account, tags, events);
    expect(outcome.error).to.equal(undefined);
    expect(outcome.changes).to.have.length(1);
    expect(outcome.changes[0]).to.deep.include({ operation: "update", properties: ["input"] });
    expect(outcome.outputs).to.deep.equal({ count: 1, output: "new" });
    expect(JSON.stringify([outcome, events])).to.not.contain(canary);
    // Nor is it in clear anywhere in the state folder.
    for (const file of filesBelow(scratch.path)) {
      expect(readFileSync(file, "utf8"), file).to.not.contain(canary);
    }
  });

  it("learns of outputs that change where no resource does", async () => {
    const account = newAccount();
    await run("up", account, TWO);
    const outcome = await run("up", account, { ...TWO, output: "later" });
    expect(outcome.counts).to.include({ create: 0, update: 0, same: 2 });
    expect(outcome.outputs).to.deep.equal({ count: 2, output: "later" });
  });

  it("reports a program that fails, hangs or ends its process, each by its own code, and keeps nothing", async () => {
    const failed = await run("up", newAccount(), { fail: "the boundary is not known" });
    expect(failed.status).to.equal("failed");
    expect(failed.error?.code).to.equal("ENGINE_FAILED");
    expect(failed.error?.message).to.contain("the boundary is not known");
    const crashed = await run("up", newAccount(), { crash: "now" });
    expect(crashed.error?.code).to.equal("ENGINE_FAILED");
    const impatient = make({ timeLimitSeconds: 3, graceSeconds: 5 });
    const hung = await run("up", newAccount(), { hang: "yes" }, [], impatient);
    expect(hung.error?.code).to.equal("ENGINE_TIMEOUT");
    expect(readdirSync(path.join(scratch.path, "state/engine")).sort()).to.deep.equal(["running"]);
    expect(readdirSync(path.join(scratch.path, "state/engine/running"))).to.deep.equal([]);
  });

  it("keeps to the plan that was previewed, and changes nothing where it would do something else", async () => {
    const account = newAccount();
    await run("up", account, TWO);
    const tags = { ...TWO, "stash-a": "another" };
    const previewed = await run("preview", account, tags);
    const job = jobWith("up", account, tags);
    const [identity] = await engine.identify([job]);
    const right = { inputs: identity!.inputs, changes: changesDigest(previewed.changes) };
    const wrong = [
      { ...right, inputs: "0".repeat(64) },
      { ...right, changes: changesDigest([]) },
    ];
    for (const plan of wrong) {
      const outcome = await engine.execute(
        { ...job, expect: plan },
        () => undefined,
        new AbortController().signal,
      );
      expect(outcome.error?.code).to.equal("PLAN_CHANGED");
      expect(outcome.counts.update).to.equal(0);
    }
    const outcome = await engine.execute(
      { ...job, expect: right },
      () => undefined,
      new AbortController().signal,
    );
    expect(outcome.error).to.equal(undefined);
    expect(outcome.counts.update).to.equal(previewed.counts.update);
    expect(outcome.counts.update).to.equal(1);
  });

  it("keeps retained resources out of harm and says what stays behind", async () => {
    const account = newAccount();
    await run("up", account, { ...TWO, protect: "stash-a" });
    const outcome = await run("retire", account, {});
    expect(outcome.error).to.equal(undefined);
    expect(outcome.retained?.map(({ name }) => name)).to.deep.equal(["a"]);
    expect(await engine.resources(stampName("member", account))).to.equal(undefined);
    const drift = await run("drift", account, {});
    expect(drift.error?.code).to.equal("STACK_NOT_FOUND");
  });

  it("stops at a policy before anything is changed, and shows what else the packs advise", async () => {
    const account = newAccount();
    const guarded = make({ policyPacks: [packFolder(scratch.path)] });
    const bad = await run("up", account, { "stash-a": "bad" }, [], guarded);
    expect(bad.error?.code).to.equal("POLICY_VIOLATION");
    expect(bad.counts).to.include({ create: 0, update: 0 });
    expect(bad.violations).to.deep.include({
      pack: "test-pack",
      rule: "stash-is-not-bad",
      level: "mandatory",
      urn: bad.violations.find(({ level }) => level === "mandatory")?.urn,
      message: "The input is bad: set another one.",
    });
    expect(await engine.resources(stampName("member", account))).to.equal(undefined);
    const good = await run("up", account, { "stash-a": "good" }, [], guarded);
    expect(good.error).to.equal(undefined);
    expect(good.violations.map(({ level, urn }) => [level, urn])).to.deep.equal([["advisory", ""]]);
    const worse = await run("up", account, { "stash-a": "bad" }, [], guarded);
    expect(worse.error?.code).to.equal("POLICY_VIOLATION");
    expect((await run("up", account, { "stash-a": "good" }, [], guarded)).counts.update).to.equal(
      0,
    );
  });

  it("hands the exemptions of a stack to the packs, and keeps their digest with the result", async () => {
    const account = newAccount();
    const exemption = {
      rule: "kms-key-rotation-enabled",
      stack: stampName("member", account),
      reason: "There is no such key here.",
      owner: "platform",
      expires: "2999-12-31",
    };
    const pack = path.join(__dirname, "../../../../policies/secrets-encryption");
    const exempting = make({ policyPacks: [pack], exemptions: () => [exemption] });
    const outcome = await run("preview", account, TWO, [], exempting);
    expect(outcome.violations.map(({ rule, message }) => `${rule}: ${message}`)).to.deep.equal([
      "kms-key-rotation-enabled: The exemption of platform excuses nothing. Remove it.",
    ]);
    expect(outcome.error?.code).to.equal("POLICY_VIOLATION");
    expect(outcome.exemptions).to.match(/^[0-9a-f]{64}$/);
  });
});

/** A pack as the engine wants it: a folder with a manifest, here around the built pack of the tests. */
function packFolder(below: string): string {
  const folder = path.join(below, "pack");
  mkdirSync(folder, { recursive: true });
  const pack = path.join(__dirname, "../../support/test-pack.js");
  writeFileSync(path.join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
  writeFileSync(path.join(folder, "package.json"), '{"name":"test-pack","version":"1.0.0"}');
  writeFileSync(path.join(folder, "index.js"), `require(${JSON.stringify(pack)});\n`);
  return folder;
}

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) yield* filesBelow(file);
    else yield file;
  }
}
