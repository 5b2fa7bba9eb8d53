import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";

import type { RestoreItem } from "../../../../lambdas/model";
import type { RunRecord, StampResult } from "../../../../server/runs-ports";
import { sampleCoverage, sampleEntries, sampleSecret } from "../../../support/fake-vault-service";
import { listeningService, strongroom, type Service } from "./harness";

const ACCOUNT = "111122223333";
const STAMP = `member-${ACCOUNT}` as const;

const ITEM: RestoreItem = {
  from: { accountId: ACCOUNT, region: "eu-central-1", name: "shop/db", suffix: "AbCdEf" },
  to: { accountId: ACCOUNT, region: "eu-central-1", name: "shop/db" },
  versionId: "v-1",
  changedAt: "2026-01-01T00:00:00.000Z",
  action: "create",
  cancelsDeletion: false,
};

describe("The commands about what is kept", () => {
  let service: Service;
  beforeEach(async () => {
    service = await listeningService();
  });
  afterEach(() => service.close());

  /** Ends a run as soon as it was started, with what its only item says. */
  async function end(
    id: string,
    details: Partial<StampResult>,
    accounts?: RunRecord["accounts"],
  ): Promise<void> {
    while (!service.runs.runs.has(id)) await sleep(2);
    service.runs.push(id, "run.started");
    service.runs.push(id, "run.ended", { status: "succeeded" });
    service.runs.runs.set(id, {
      ...service.runs.runs.get(id)!,
      status: "succeeded",
      ...(accounts === undefined ? {} : { accounts }),
      stamps: [
        { stamp: STAMP, accountId: ACCOUNT, kind: "member", status: "succeeded", ...details },
      ],
    });
  }
  const plan = (items: readonly RestoreItem[] = [ITEM]) => ({
    restore: { planDigest: "a".repeat(64), items },
  });

  describe("coverage", () => {
    it("shows each account with its share and why something is missing, and the whole", async () => {
      service.vault.swept = [
        sampleCoverage(ACCOUNT, [
          sampleSecret(),
          sampleSecret({ name: "app/key", state: "missing", reason: "KMS refused the key" }),
        ]),
      ];
      const { exit, stdout } = await strongroom(service, ["coverage", "--secrets"]);
      expect(exit).to.equal(0);
      expect(stdout).to.match(/111122223333 +app +incomplete +1\/2/);
      expect(stdout).to.contain("KMS refused the key");
      expect(stdout).to.contain("50 %: 1 of 2 secrets kept, in 1 of 1 account.");
    });

    it("is one document with --json", async () => {
      service.vault.swept = [sampleCoverage(ACCOUNT, [sampleSecret()])];
      const { stdout } = await strongroom(service, ["coverage", "--json"]);
      expect(JSON.parse(stdout)).to.include({ percent: 100, secrets: 1, covered: 1 });
    });

    it("refuses what is no account", async () => {
      const { exit, stderr } = await strongroom(service, ["coverage", "--account", "12"]);
      expect(exit).to.equal(2);
      expect(stderr).to.contain("12 digits");
    });
  });

  it("backup starts a run over the target and shows what is kept of each account", async () => {
    const coverage = {
      secrets: 3,
      covered: 2,
      missing: 0,
      failed: 1,
      oldestMissingSeconds: 5,
      sweptAt: ITEM.changedAt,
      uncovered: [
        {
          name: "app/key",
          region: "eu-central-1",
          state: "failed" as const,
          reason: "key disabled",
        },
      ],
    };
    const [{ exit, stdout }] = await Promise.all([
      strongroom(service, ["backup", "--account", ACCOUNT]),
      end("run-1", { coverage }),
    ]);
    expect(exit).to.equal(0);
    expect(service.runs.started[0]!.request).to.deep.equal({
      operation: "backup",
      target: { accounts: [ACCOUNT] },
    });
    expect(stdout).to.contain("2 of 3 secrets kept");
    expect(stdout).to.contain("failed app/key (eu-central-1): key disabled");
  });

  it("counts the accounts that a run leaves out for one reason, and lists those with their own", async () => {
    const others = Array.from({ length: 40 }, (_, index) => ({
      accountId: String(200000000000 + index),
      name: `other-${index}`,
      status: "skipped" as const,
      reason: "The target leaves it out.",
    }));
    const closed = { ...others[0]!, accountId: "444455556666", reason: "It is suspended." };
    const [{ stdout }] = await Promise.all([
      strongroom(service, ["backup", "--account", ACCOUNT]),
      end("run-1", {}, [...others, closed]),
    ]);
    expect(stdout).to.match(/40 accounts +The target leaves it out\./);
    expect(stdout).to.contain("444455556666").and.not.to.contain("200000000007");
  });

  describe("restore", () => {
    const asked = ["restore", "--account", ACCOUNT, "--name", "shop/*"];

    it("only plans unless it is told to write", async () => {
      const [{ exit, stdout }] = await Promise.all([
        strongroom(service, [...asked, "--at", "2026-01-31T09:00:00Z", "--from-recovery"]),
        end("run-1", plan()),
      ]);
      expect(exit).to.equal(0);
      expect(service.runs.started.map(({ request }) => request)).to.deep.equal([
        {
          operation: "restore",
          target: { accounts: [ACCOUNT] },
          restore: {
            name: "shop/*",
            point: { at: "time", time: "2026-01-31T09:00:00.000Z" },
            fromRecoveryRegion: true,
          },
        },
      ]);
      expect(service.runs.started[0]!.key.subject).to.equal("token:operator");
      expect(stdout).to.contain("create 111122223333 eu-central-1 shop/db");
    });

    it("writes exactly what was planned, as an approver, with the reason", async () => {
      const [{ exit, stdout }] = await Promise.all([
        strongroom(service, [...asked, "--write", "--yes", "--reason", "OPS-812"]),
        end("run-1", plan()).then(() => end("run-2", plan([{ ...ITEM, verified: true }]))),
      ]);
      expect(exit).to.equal(0);
      const [, second] = service.runs.started;
      expect(second!.request).to.deep.equal({
        operation: "restore",
        target: { accounts: [ACCOUNT] },
        reason: "OPS-812",
        restore: { name: "shop/*", order: "write", planRun: "run-1" },
      });
      expect(second!.key.subject).to.equal("token:approver");
      expect(stdout).to.contain("verified");
    });

    it("asks on a terminal, and writes nothing when the answer is no", async () => {
      const questions: string[] = [];
      const [{ exit, stderr }] = await Promise.all([
        strongroom(service, [...asked, "--write", "--reason", "OPS-812"], {
          io: {
            interactive: true,
            ask: (question) => (questions.push(question), Promise.resolve("n")),
          },
        }),
        end("run-1", plan()),
      ]);
      expect(questions).to.deep.equal(["\nWrite 1 of these? [y/N] "]);
      expect(exit).to.equal(1);
      expect(stderr).to.contain("Nothing was written.");
      expect(service.runs.started).to.have.length(1);
    });

    it("shows all of a long plan before it asks", async () => {
      const names = Array.from({ length: 60 }, (_, index) => `shop/${index}`);
      let shown = "";
      await Promise.all([
        strongroom(service, [...asked, "--write", "--reason", "OPS-812"], {
          io: {
            interactive: true,
            out: (text) => (shown += text),
            ask: () => {
              for (const name of names) expect(shown).to.contain(`${name} (version`);
              return Promise.resolve("n");
            },
          },
        }),
        end("run-1", plan(names.map((name) => ({ ...ITEM, from: { ...ITEM.from, name } })))),
      ]);
      expect(shown).to.contain("shop/59");
    });

    it("writes where all there is to do is to cancel a deletion", async () => {
      const scheduled = { ...ITEM, action: "none", cancelsDeletion: true } as const;
      const [{ exit, stdout }] = await Promise.all([
        strongroom(service, [...asked, "--write", "--yes", "--reason", "OPS-812"]),
        end("run-1", plan([scheduled])).then(() =>
          end("run-2", plan([{ ...scheduled, verified: true }])),
        ),
      ]);
      expect(exit).to.equal(0);
      expect(stdout).to.contain("cancels its deletion; verified");
      expect(service.runs.started[1]!.request.restore).to.include({ order: "write" });
    });

    it("refuses --write --json on a terminal without --yes: nobody would see the plan", async () => {
      const { exit, stdout, stderr } = await strongroom(
        service,
        [...asked, "--write", "--json", "--reason", "OPS-812"],
        { io: { interactive: true, ask: () => expect.fail("asked") } },
      );
      expect(exit).to.equal(2);
      expect(stdout + stderr).to.contain("--write needs --yes with --json");
      expect(service.runs.started).to.deep.equal([]);
    });

    it("starts no writing where there is nothing to write", async () => {
      const [{ exit, stdout }] = await Promise.all([
        strongroom(service, [...asked, "--write", "--yes", "--reason", "OPS-812"]),
        end("run-1", plan([{ ...ITEM, action: "none" }])),
      ]);
      expect(exit).to.equal(0);
      expect(stdout).to.contain("There is nothing to write.");
      expect(service.runs.started).to.have.length(1);
    });

    for (const [what, options, says] of [
      ["a writing without a reason", ["--write", "--yes"], "--write needs --reason"],
      ["a writing that nobody confirms", ["--write", "--reason", "x"], "--write needs --yes"],
      ["two points at once", ["--at", "2026-01-01", "--stage", "AWSPREVIOUS"], "not several"],
      ["a time that is none", ["--at", "yesterday"], "is not a time"],
      ["a time without its zone", ["--at", "2026-01-31T09:00:00"], "is not a time with its zone"],
      ["an account that is none", ["--to-account", "12"], "is not an account id"],
    ] as const) {
      it(`refuses ${what}, before anything is started`, async () => {
        const { exit, stderr } = await strongroom(service, [...asked, ...options]);
        expect(exit).to.equal(2);
        expect(stderr).to.contain(says);
        expect(service.runs.started).to.deep.equal([]);
      });
    }
  });

  it("drill needs a reason and hands on how it is to be done", async () => {
    const without = await strongroom(service, ["drill"]);
    expect(without.exit).to.equal(2);
    expect(without.stderr).to.contain("--reason");
    const [{ exit }] = await Promise.all([
      strongroom(service, ["drill", "--reason", "monthly", "--sample", "3", "--rto", "600"]),
      end("run-1", {}),
    ]);
    expect(exit).to.equal(0);
    expect(service.runs.started[0]!.request).to.deep.equal({
      operation: "drill",
      target: {},
      reason: "monthly",
      drill: { samplePerAccount: 3, rtoSeconds: 600 },
    });
    expect(service.runs.started[0]!.key.subject).to.equal("token:approver");
  });

  it("report says what to do where there was no drill, and what is not there", async () => {
    const { exit, stdout } = await strongroom(service, ["report"]);
    expect(exit).to.equal(0);
    expect(stdout).to.contain("No drill yet");
    const missing = await strongroom(service, ["report", "nothing"]);
    expect(missing.exit).to.equal(2);
    expect(missing.stderr).to.contain("DRILL_NOT_FOUND");
  });

  describe("audit", () => {
    it("lists who did what and why, newest first", async () => {
      service.audit.log = sampleEntries("run.start", "run.end");
      const { exit, stdout } = await strongroom(service, ["audit"]);
      expect(exit).to.equal(0);
      expect(stdout.indexOf("run.end")).to.be.lessThan(stdout.indexOf("run.start"));
      expect(stdout).to.contain("because");
    });

    it("verify ends with 0 for a chain that holds and with 1 for one that was changed", async () => {
      service.audit.log = sampleEntries("run.start", "run.end");
      const intact = await strongroom(service, ["audit", "verify"]);
      expect(intact.exit).to.equal(0);
      expect(intact.stdout).to.contain("Intact: 2 entries");
      service.audit.log[0] = { ...service.audit.log[0]!, reason: "another" };
      const broken = await strongroom(service, ["audit", "verify", "--json"]);
      expect(broken.exit).to.equal(1);
      expect(JSON.parse(broken.stdout)).to.have.nested.property("problem.seq", 1);
    });

    it("verify keeps the end in a file, and ends with 1 when the log has lost it", async () => {
      const anchor = path.join(service.stateDir, "anchor.json");
      const verify = () => strongroom(service, ["audit", "verify", "--anchor", anchor]);
      service.audit.log = sampleEntries("run.start", "run.end");
      expect((await verify()).stdout).to.contain("nobody kept an earlier end");
      service.audit.log = sampleEntries("run.start", "run.end", "run.start");
      expect((await verify()).stdout).to.contain("with the first 2 as they were seen before");
      service.audit.log = sampleEntries("run.start", "run.end");
      const cut = await verify();
      expect(cut.exit).to.equal(1);
      expect(cut.stdout).to.contain("the end is missing: 3 entries were there before, now 2");
      await writeFile(anchor, "something else");
      const none = await verify();
      expect(none.exit).to.equal(2);
      expect(none.stderr).to.contain("does not hold the end of an audit log");
      expect(await readFile(anchor, "utf8")).to.equal("something else");
    });
  });
});
