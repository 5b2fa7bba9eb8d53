import { rmSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { execa } from "execa";
import { Webhook as Verifier } from "standardwebhooks";

import { mustCallAsRoot } from "../../../emulator/calls";
import { isOver } from "../../../server/onboarding-ports";
import type { RunRecord } from "../../../server/runs-ports";
import { hookReceiver } from "../../support/hook-receiver";
import { until } from "../../support/killable";
import { failuresOf, Product } from "../../support/product";
import { Secrecy } from "./secrecy";
import { UnderReview } from "./under-review";

const MEMBER = "600000000021";
const OTHER = "600000000022";
const SUSPENDED = "700000000001";
const UNREACHABLE = "700000000002";
const CARELESS_CHILD = path.resolve(__dirname, "../../support/careless-child.js");

describe("stamping an organization, on the real engine and with IAM enforced", function () {
  this.timeout(600_000);
  let product: Product;
  let vault: string;
  let secrecy: Secrecy;

  before(async () => {
    product = await Product.start({ everythingStays: true, childScript: CARELESS_CHILD });
    vault = product.emulator.organization.vaultAccountId;
    secrecy = new Secrecy(product, MEMBER);
  });
  after(async () => {
    // `pulumi stack init` writes its settings into the project's folder, wherever the others are.
    rmSync(path.join(product.projectFolder, `Pulumi.access-${OTHER}.yaml`), { force: true });
    await product.close();
  });

  /** A stock `pulumi` command in the project's folder, as on a laptop. */
  async function pulumi(stamp: string, ...args: string[]) {
    const config = path.join(product.folder, `Pulumi.${stamp}.yaml`);
    // `stack` and its sub-commands take no file of settings.
    const settings = args[0] === "stack" ? [] : ["--config-file", config];
    const result = await execa(
      "pulumi",
      [...args, "--stack", stamp, ...settings, "--non-interactive"],
      {
        cwd: product.projectFolder,
        env: await product.laptop(),
        extendEnv: false,
        reject: false,
        all: true,
      },
    );
    return { code: result.exitCode, text: result.all };
  }

  it("stamps the vault and a member, leaves the suspended account out and names the unreachable one", async () => {
    const run = await product.run({
      operation: "up",
      target: { accounts: [vault, MEMBER, SUSPENDED, UNREACHABLE] },
    });
    const result = (accountId: string) =>
      run.accounts.find((account) => account.accountId === accountId);
    expect(failuresOf(run).filter((line) => !line.includes(UNREACHABLE))).to.deep.equal([]);
    expect(result(vault)?.status).to.equal("succeeded");
    expect(result(MEMBER)?.status).to.equal("succeeded");
    expect(result(SUSPENDED)?.status).to.equal("skipped");
    expect(result(SUSPENDED)?.reason).to.match(/suspended/i);
    expect(result(UNREACHABLE)?.status).to.equal("failed");
    expect(result(UNREACHABLE)?.reason).to.match(/cannot be assumed/);
    expect(run.summary).to.include({ stamped: 2, failed: 1, changed: 5 });
  });

  it("changes nothing the second time", async () => {
    const run = await product.run({ operation: "up", target: { accounts: [vault, MEMBER] } });
    expect(failuresOf(run)).to.deep.equal([]);
    expect(run.stamps.flatMap(({ changes }) => changes ?? [])).to.deep.equal([]);
    expect(run.summary?.changed).to.equal(0);
  });

  it("finds no drift in what was just stamped", async () => {
    const run = await product.run({ operation: "drift", target: { accounts: [vault, MEMBER] } });
    expect(failuresOf(run)).to.deep.equal([]);
    expect(run.stamps.flatMap(({ changes }) => changes ?? [])).to.deep.equal([]);
  });

  it("tells drift that breaks a mandatory rule from other drift, and brings both back", async () => {
    const { endpoint, organization } = product.emulator;
    const viewer = await product.client("viewer");
    const stamp = `member-${MEMBER}` as const;
    const { resources } = await viewer.stamp(stamp);
    const KeyId = resources.find(({ type }) => type === "aws:kms/key:Key")?.id;
    const byHand = (operation: string, parameters: Readonly<Record<string, unknown>>) =>
      mustCallAsRoot(endpoint, {
        accountId: MEMBER,
        region: organization.region,
        service: "kms",
        operation,
        parameters: { KeyId, ...parameters },
      });
    const weakened = async (): Promise<readonly string[]> => {
      const run = await product.run({ operation: "drift", target: { stamps: [stamp] } });
      expect(failuresOf(run)).to.deep.equal([]);
      const [result] = run.stamps;
      expect(result?.changes).to.have.length(1);
      return (result?.violations ?? []).map(({ rule }) => rule);
    };
    await byHand("UpdateKeyDescription", { Description: "by hand" });
    expect(await weakened()).to.deep.equal([]);
    await byHand("DisableKeyRotation", {});
    expect(await weakened()).to.deep.equal(["kms-key-rotation-enabled"]);
    expect(await viewer.stamp(stamp)).to.deep.include({
      drifted: true,
      weakens: ["kms-key-rotation-enabled"],
    });
    const back = await product.run({
      operation: "up",
      target: { stamps: [stamp] },
      refresh: true,
    });
    expect(failuresOf(back)).to.deep.equal([]);
    const after = await viewer.stamp(stamp);
    expect(after.drifted).to.equal(false);
    expect(after).not.to.have.property("weakens");
  });

  it("onboards an account: stamped, kept by the vault's own functions, and told of with its outputs", async () => {
    const receiver = await hookReceiver();
    const { url } = receiver;
    const events = ["strongroom.account.ready"] as const;
    const hook = await (await product.client("admin")).addWebhook({ url, events });
    const client = await product.client("operator");
    const { id } = await client.onboard({ accountId: MEMBER });
    await until("it has ended", async () => isOver(await client.onboarding(id)));
    const done = await client.onboarding(id);
    expect(done, JSON.stringify(done.note)).to.include({ state: "ready" });
    await until("it is told", () => receiver.received.length === 1);
    const [{ body, headers, event }] = receiver.received as [(typeof receiver.received)[number]];
    new Verifier(hook.secret).verify(body, headers);
    expect(event).to.deep.include({ subject: MEMBER, data: { ...event.data, ...done.result } });
    const member = done.result?.stamps.find(({ stamp }) => stamp === `member-${MEMBER}`);
    expect(member?.outputs).to.include({ kind: "member", accountId: MEMBER });
    const { accounts } = await client.coverage(MEMBER);
    const [{ state, secrets } = { state: "", secrets: -1 }] = accounts;
    expect(state).to.equal("covered");
    expect(done.result?.coverage).to.deep.equal({ secrets, covered: secrets });
    await (await product.client("admin")).removeWebhook(hook.id);
    await receiver.close();
  });

  it("keeps to the rules in what it deployed, as its states say it", async () => {
    const run = await product.run({ operation: "check", target: { accounts: [vault, MEMBER] } });
    expect(failuresOf(run)).to.deep.equal([]);
    for (const { stamp, verdicts, resources } of run.stamps) {
      expect(verdicts?.pass, stamp).to.be.above(10);
      expect(resources, stamp).to.be.above(2);
    }
  });

  it("shows the outputs and the resources of a stamp", async () => {
    const stamp = await (await product.client("viewer")).stamp(`member-${MEMBER}`);
    expect(stamp.outputs).to.include({ kind: "member", accountId: MEMBER, environment: "dev" });
    expect(stamp.resources.filter(({ protect }) => protect).map(({ type }) => type)).to.include(
      "aws:kms/key:Key",
    );
  });

  it("agrees with the stock CLI on a laptop: its preview of a stamp shows no change", async () => {
    const stamp = `member-${MEMBER}`;
    const written = await product.cli("config", stamp, "--fleet", product.fleetFile);
    expect(written).to.include({ code: 0 });
    const pack = path.join(product.projectFolder, "policies/strongroom");
    const { code, text } = await pulumi(
      stamp,
      "preview",
      "--expect-no-changes",
      "--policy-pack",
      pack,
    );
    expect(code, text).to.equal(0);
  });

  it("agrees the other way round: what a laptop stamped, the service leaves as it is", async () => {
    const stamp = `access-${OTHER}`;
    await product.cli("config", stamp, "--fleet", product.fleetFile);
    const init = await pulumi(stamp, "stack", "init", "--no-select");
    expect(init.code, init.text).to.equal(0);
    const up = await pulumi(stamp, "up", "--yes");
    expect(up.code, up.text).to.equal(0);
    const run = await product.run({ operation: "preview", target: { stamps: [stamp] } });
    expect(failuresOf(run)).to.deep.equal([]);
    expect(run.summary?.changed).to.equal(0);
    const destroyed = await pulumi(stamp, "destroy", "--yes");
    expect(destroyed.code, destroyed.text).to.equal(0);
  });

  describe("with a change of the fleet file under review", () => {
    const stamp = `member-${MEMBER}`;
    let review: UnderReview;
    before(async () => {
      review = await UnderReview.start(product);
    });
    after(() => review.close());

    it("previews nothing and says nothing where the change affects no stamp", async () => {
      const { code, report, err } = await review.preview();
      expect(code, err).to.equal(0);
      expect(report.outcome).to.equal("no-change");
      expect(review.github.comments).to.deep.equal([]);
    });

    it("says what would change, in files and in one comment, however often it runs", async () => {
      review.change([["environments", "dev", "keyDeletionDays"], 14]);
      for (const time of ["first", "second"]) {
        const { code, report, markdown, err } = await review.preview(stamp);
        expect(code, err).to.equal(0);
        expect(err, time).to.contain("the fleet file gives it other settings");
        expect(report, time).to.include({ outcome: "changes" });
        expect(report.totals).to.include({ stamps: 1, changedAccounts: 1, mandatory: 0 });
        const [{ changes } = { changes: [] }] = report.groups;
        const key = changes.find(({ type }) => type === "aws:kms/key:Key");
        expect(key).to.deep.include({ operation: "update", properties: ["deletionWindowInDays"] });
        expect(review.github.comments.map(({ body }) => body)).to.have.length(1);
        expect(review.github.comments[0]?.body).to.contain("1 account of 1 would change");
        expect(markdown).to.contain(MEMBER);
      }
      // One for each commit that was looked at, that without a change among them.
      expect(review.github.checks.map(({ conclusion }) => conclusion)).to.deep.equal([
        ...["success", "success", "success"],
      ]);
    });

    it("says what more it would cost, and who would gain what, where a Region is added", async () => {
      const { region, recoveryRegion } = product.emulator.organization;
      review.change([
        ["environments", "dev", "regions"],
        [region, recoveryRegion],
      ]);
      const { code, report, markdown, err } = await review.preview(stamp);
      expect(code, err).to.equal(0);
      expect(report.cost).to.deep.include({ monthly: 1 });
      expect(
        report.cost.lines.map(({ what, before, after }) => [what, before, after]),
      ).to.deep.equal([["replicas of KMS keys", 0, 1]]);
      expect(markdown).to.contain("**+1.00 USD a month**");
      const gained = report.access.filter(({ change }) => change === "gains");
      expect(gained.map(({ sentence }) => sentence).join("\n")).to.match(/may now .*key/);
    });

    it("puts a key that would be replaced on top, in the same comment, and stops it", async () => {
      review.change([["tags", "careless"], "key"]);
      const { code, report, sarif, err } = await review.preview(stamp);
      expect(code, err).to.equal(1);
      expect(report.outcome).to.equal("stopped");
      expect(report.precious).to.have.length(1);
      expect(report.precious[0]).to.deep.include({
        ...{ operation: "replace", kind: "key", accountIds: [MEMBER] },
      });
      expect(report.precious[0]?.properties).to.include("multiRegion");
      expect(report.findings.map(({ rule }) => rule)).to.include("kms-key-protected");
      expect(review.github.comments).to.have.length(1);
      const body = review.github.comments[0]?.body ?? "";
      expect(body).to.match(
        /\n#### ⚠️ Keys, secrets and buckets that would be deleted or replaced\n/,
      );
      expect(body.indexOf("#### ⚠️")).to.equal(body.indexOf("#### "));
      expect(review.github.checks.at(-1)?.conclusion).to.equal("failure");
      expect(sarif).to.contain("precious-resource-kept");
      const client = await product.client("viewer");
      expect(await client.report(report.run.id)).to.deep.equal(report);
    });
  });

  describe("with values that would be known again in every place where a secret can be", () => {
    const target = { accounts: [MEMBER] };
    const restore = (name: string, more: object = {}) => ({
      operation: "restore" as const,
      target,
      reason: "a test",
      restore: { name, ...more },
    });
    const codes = ({ stamps }: RunRecord) => stamps.map(({ error }) => error?.code);
    const write = async (name: string, more: object = {}) => {
      const plan = await product.run(restore(name, more));
      expect(failuresOf(plan)).to.deep.equal([]);
      return product.run(restore(name, { ...more, order: "write", planRun: plan.id }), "approver");
    };

    it("backs them up, restores them and rehearses it", async () => {
      await secrecy.plant();
      const backup = await product.run({ operation: "backup", target });
      expect(failuresOf(backup)).to.deep.equal([]);
      await secrecy.change("canary/text");
      await secrecy.destroy("canary/versions");
      for (const name of ["canary/text", "canary/versions"]) {
        const run = await write(name, { overwriteNewer: true });
        expect(failuresOf(run)).to.deep.equal([]);
        expect(run.stamps[0]?.restore?.items.map(({ verified }) => verified)).to.deep.equal([true]);
      }
      const drill = await product.run({ operation: "drill", target, reason: "a test" }, "approver");
      expect(failuresOf(drill)).to.deep.equal([]);
      expect(drill.stamps[0]?.drill?.passed).to.equal(true);
    });

    it("fails with them: a key that is disabled, a backup that was tampered with, a newer value", async () => {
      await secrecy.change("canary/json");
      expect((await write("canary/text")).status).to.equal("succeeded");
      await secrecy.useKey(false);
      await product.run({ operation: "backup", target });
      await write("canary/json", { overwriteNewer: true });
      await secrecy.useKey(true);
      expect(await secrecy.tamper("canary/bytes")).to.equal(1);
      await secrecy.destroy("canary/bytes");
      const tampered = await write("canary/bytes");
      expect(tampered.status).to.equal("failed");
      expect(codes(tampered)).to.deep.equal(["RESTORE_INCOMPLETE"]);
      expect(await secrecy.tamper("canary/long")).to.be.above(0);
      const drill = await product.run(
        { operation: "drill", target, reason: "a test", drill: { samplePerAccount: 1000 } },
        "approver",
      );
      expect(codes(drill)).to.deep.equal(["DRILL_FAILED"]);
      expect(drill.stamps[0]?.drill?.passed).to.equal(false);
    });

    it("shows nothing of them to anybody who asks", async () => {
      for (const command of ["coverage --secrets", "report", "runs", "accounts"]) {
        for (const json of [[], ["--json"]]) {
          const { code, out, err } = await product.cli(...command.split(" "), ...json);
          expect(code, err).to.be.below(2);
          secrecy.keep(`cli-${command.replace(/\W+/g, "-")}${json.join("")}`, out + err);
        }
      }
      const client = await product.client("viewer");
      const { items } = await client.runs(50);
      const runs = items.map(({ id }) => `/v1/runs/${id}`);
      await secrecy.ask([
        ...["/v1/coverage", "/v1/secrets?limit=100", "/v1/drills", "/v1/audit", "/v1/fleet"],
        ...runs.flatMap((run) => [run, `${run}/events`]),
      ]);
      await secrecy.ask(["/metrics"], "text/plain");
      await secrecy.ask(
        runs.map((run) => `${run}/events`),
        "text/event-stream",
      );
    });
  });

  describe("at the end", () => {
    it("retires a member only when its stamps are named, and leaves its keys in the account", async () => {
      const target = { stamps: [`member-${MEMBER}` as const] };
      const unnamed = await product.cli("retire", `member-${MEMBER}`);
      expect(unnamed.code).to.equal(2);
      expect(unnamed.err).to.contain(`member-${MEMBER}`);
      const run = await product.run(
        { operation: "retire", target, confirm: [`member-${MEMBER}`] },
        "approver",
      );
      expect(failuresOf(run)).to.deep.equal([]);
      expect(run.stamps[0]?.retained?.map(({ type }) => type)).to.include("aws:kms/key:Key");
    });

    it("has written no secret's value anywhere: not into a log, an event, the database, a state or a file", async () => {
      await product.stop();
      expect(await secrecy.dumpDatabase()).to.be.above(100);
      const { files, hits } = secrecy.search();
      expect(hits).to.deep.equal([]);
      expect(files).to.be.above(100);
      expect(secrecy.searchStore()).not.to.deep.equal([]);
    });
  });
});
