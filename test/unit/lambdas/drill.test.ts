import { expect } from "chai";

import { placeOfArn } from "../../../lambdas/core/arn";
import { drillKey, manifestPrefix, parseKey } from "../../../lambdas/core/keys";
import { without } from "../../../lambdas/core/without";
import { drill } from "../../../lambdas/drill/drill";
import { sample } from "../../../lambdas/drill/sample";
import type { DrillReport, Manifest } from "../../../lambdas/model";
import { FunctionError } from "../../../lambdas/ports";
import { DrillingVault, drillRequest, refusing } from "../../support/vault/drilling";
import {
  ACCOUNT,
  member,
  RECOVERY_REGION,
  REGION,
  VAULT_ACCOUNT,
} from "../../support/vault/fake-vault";
import { text } from "../../support/vault/scene";

describe("a drill", () => {
  let vault: DrillingVault;
  let arns: string[];
  beforeEach(async () => {
    vault = new DrillingVault();
    arns = [];
    for (let index = 0; index < 5; index++) {
      const name = `app/${index}`;
      const arn = await vault.secrets().create(name, {
        value: text(`${name} 1`),
        policy: '{"Version":"2012-10-17"}',
        tags: { owner: "me" },
        replicas: [RECOVERY_REGION],
      });
      await vault.secrets().put(arn, text(`${name} 2`));
      await vault.keep(arn);
      arns.push(arn);
    }
    vault.replicate();
  });

  const changedAt = (key: string) => {
    const object = parseKey(key);
    return object?.kind === "manifest" ? object.changedAt : "";
  };
  const left = (region: string) => [...vault.secrets(VAULT_ACCOUNT, region).secrets.keys()];

  it("restores a sample and one whole account, compares, and takes everything away", async () => {
    const made: string[] = [];
    for (const region of [REGION, RECOVERY_REGION]) {
      vault.secrets(VAULT_ACCOUNT, region).onCall = (call) => {
        if (call.startsWith("create ")) made.push(`${region} ${call.slice("create ".length)}`);
      };
    }
    const report = await vault.drill();
    expect(report).to.deep.include({ passed: true, restored: 7, problems: [] });
    expect(report.accounts.map((it) => [it.from, it.restored, it.equal])).to.deep.equal([
      ["primary", 2, 2],
      ["recovery", 5, 5],
    ]);
    expect(made).to.have.length(7);
    for (const name of made) expect(name).to.match(/ strongroom-drill\/d1\/111122223333\//);
    expect(made.filter((name) => name.startsWith(RECOVERY_REGION))).to.have.length(5);
    expect([...left(REGION), ...left(RECOVERY_REGION)]).to.deep.equal([]);
  });

  it("brings values alone into its name space: no policy, tag or replica of the member", async () => {
    const seen: unknown[] = [];
    const space = vault.space(REGION);
    vault.space = () => ({
      ...space,
      reader: {
        list: (options) => space.reader.list(options),
        value: (arn, id) => space.reader.value(arn, id),
        describe: async (id) => {
          const there = await space.reader.describe(id);
          seen.push(there);
          return there;
        },
      },
    });
    await vault.drill({ samplePerAccount: 1 });
    expect(seen[0]).to.deep.include({ tags: { "strongroom:drill": "d1" }, replicas: [] });
    expect(seen[0]).not.to.have.any.keys("resourcePolicy", "rotation", "kmsKeyId");
  });

  it("writes a report that nobody can change unseen, and the metrics", async () => {
    const report = await vault.drill();
    const stored = vault.bucket.json(drillKey("d1")) as DrillReport;
    expect(stored).to.deep.equal(report);
    expect(await vault.envelope.verify(without(stored, "mac"), stored.mac)).to.equal(true);
    const better = { ...without(stored, "mac"), rtoSeconds: 0, passed: true, restored: 1000 };
    expect(await vault.envelope.verify(better, stored.mac)).to.equal(false);
    expect(vault.metrics.drills).to.deep.equal([report]);
  });

  it("measures the time to a proven value, and the time from a change to its backup", async () => {
    vault.secrets(VAULT_ACCOUNT, REGION).onCall = (call) => {
      if (call.startsWith("value ")) vault.clock.pass(3);
    };
    await vault.secrets().put(arns[0]!, text("later"));
    vault.clock.pass(40);
    await vault.keep(arns[0]!);
    const report = await vault.drill({ samplePerAccount: 5, drillId: "d2" });
    expect(report.rtoSeconds).to.be.within(3, 15);
    expect(report.rpoSeconds).to.equal(41);
    expect(report.passed).to.equal(true);
  });

  it("does not count as late what was changed before anything of the account was kept", async () => {
    const account = "444455556666";
    const arn = await vault.secrets(account).create("old", { value: text("old") });
    vault.clock.pass(365 * 86_400);
    await vault.keep(arn);
    const members = [member({ accountId: account })];
    const report = await vault.drill({ members, drillId: "d3" });
    expect(report.rpoSeconds).to.be.below(10);
  });

  it("fails when a target is missed, and says by how much", async () => {
    vault.secrets(VAULT_ACCOUNT, REGION).onCall = () => vault.clock.pass(1);
    const report = await vault.drill({ targets: { rtoSeconds: 1, rpoSeconds: 0.5 } });
    expect(report.passed).to.equal(false);
    expect(report.problems[0]).to.match(/^It took [\d.]+ s to recover; the target is 1 s$/);
    expect(report.problems[1]).to.match(/^A change was kept after 1 s; the target is 0.5 s$/);
  });

  const troubles: [string, () => unknown, RegExp][] = [
    [
      "a manifest lies",
      () => {
        const [key] = vault.bucket.keys(manifestPrefix(placeOfArn(arns[0]!)!));
        const manifest = vault.bucket.json(key!) as Manifest;
        const body = Buffer.from(JSON.stringify({ ...manifest, tags: {} }));
        vault.bucket.objects.set(key!, { ...vault.bucket.objects.get(key!)!, body });
      },
      /app\/0: .*does not have the vault's signature/,
    ],
    [
      "another value comes back",
      () => {
        const own = vault.secrets(VAULT_ACCOUNT, REGION);
        own.value = () => Promise.resolve(text("another"));
      },
      /What was restored is not what was kept \(DRILL_DIFFERS\)/,
    ],
    [
      "the key cannot be used",
      () => {
        vault.envelope.open = () =>
          Promise.reject(new FunctionError("ENVELOPE_KEY", "The key is disabled", false));
      },
      /The key is disabled \(ENVELOPE_KEY\)/,
    ],
    [
      "there is no time",
      () => (vault.remainingMs = () => 1000),
      /The drill had no time left for it/,
    ],
  ];
  for (const [what, trouble, problem] of troubles) {
    it(`fails when ${what}, says so, and still takes everything away`, async () => {
      trouble();
      const report = await vault.drill({ samplePerAccount: 5 });
      expect(report.passed).to.equal(false);
      expect(report.accounts[0]!.problems.join("\n")).to.match(problem);
      expect(report.accounts[0]!.equal).to.be.below(5);
      expect([...left(REGION), ...left(RECOVERY_REGION)]).to.deep.equal([]);
    });
  }

  it("fails when a call that must be refused is not, or when nobody can say", async () => {
    const unsure = {
      ...refusing("assume a reader"),
      refused: () => Promise.reject(new FunctionError("AWS_BUSY", "Busy", true)),
    };
    vault.probes = [refusing("read"), refusing("delete a backup", false), unsure];
    const report = await vault.drill();
    expect(report.passed).to.equal(false);
    expect(report.refusals.map(({ refused }) => refused)).to.deep.equal([true, false]);
    expect(report.problems).to.deep.equal([
      "strongroom-drill: whether assume a reader is refused cannot be said: Busy (AWS_BUSY)",
      "strongroom-drill may delete a backup, and must not: stamp the vault account again",
    ]);
  });

  it("takes away what a drill left that died, and leaves one alone that may be running", async () => {
    const own = vault.secrets(VAULT_ACCOUNT, REGION);
    await own.create("strongroom-drill/dead/a", { value: text("1") });
    await own.create("not-a-drill", { value: text("2") });
    vault.clock.pass(1800);
    await own.create("strongroom-drill/running/a", { value: text("3") });
    await vault.drill();
    expect(left(REGION)).to.deep.equal(["not-a-drill", "strongroom-drill/running/a"]);
  });

  it("fails when a backup has not come to the recovery Region in a quarter of an hour", async () => {
    const [lost] = vault.recoveryBucket.keys(manifestPrefix(placeOfArn(arns[2]!)!));
    vault.recoveryBucket.objects.delete(lost!);
    expect(await vault.drill()).to.include({ passed: true });
    vault.clock.pass(3600);
    const report = await vault.drill({ drillId: "d2" });
    expect(report.passed).to.equal(false);
    expect(report.accounts[1]!.problems).to.deep.equal([
      `app/2: Its backup of ${changedAt(lost!)} is not in the recovery Region`,
    ]);
  });

  it("says what it could not take away", async () => {
    const space = vault.space(REGION);
    vault.space = () => ({
      ...space,
      remove: () => Promise.reject(new FunctionError("ACCESS_DENIED", "No", false)),
    });
    const report = await vault.drill();
    expect(report.passed).to.equal(false);
    expect(report.problems[0]).to.match(/stays behind: No$/);
  });

  it("fails when nothing was restored: that shows nothing", async () => {
    vault.bucket.objects.clear();
    vault.recoveryBucket.objects.clear();
    const report = await vault.drill();
    expect(report).to.deep.include({ passed: false, problems: ["Nothing was restored"] });
  });

  it("is held by a schedule over the known fleet, another account whole each time", async () => {
    vault.fleet = [member(), member({ accountId: "444455556666" })];
    const order = {
      order: "drill-scheduled",
      samplePerAccount: 1,
      targets: { rtoSeconds: 900, rpoSeconds: 3600 },
    };
    const wholes = new Set<string>();
    for (let hour = 0; hour < 12; hour++) {
      const report = await drill(order, vault.drillPorts(), vault.remainingMs);
      expect(report.drillId).to.match(/^scheduled-\d{4}-\d\d-\d\dT\d\d-\d\d$/);
      expect(report.accounts).to.have.length(3);
      wholes.add(report.accounts[2]!.accountId);
      vault.clock.pass(3600);
    }
    expect([...wholes].sort()).to.deep.equal([ACCOUNT, "444455556666"]);
  });

  it("draws the same for the same drill, others for another, and everything in time", () => {
    const things = Array.from({ length: 20 }, (_, index) => String(index));
    const draw = (seed: string) => sample(things, 3, seed, (thing) => thing);
    expect(draw("a")).to.deep.equal(draw("a")).and.have.length(3);
    expect(draw("a")).not.to.deep.equal(draw("b"));
    const drawn = new Set(Array.from({ length: 60 }, (_, index) => draw(`d${index}`)).flat());
    expect(drawn).to.have.property("size", 20);
  });

  for (const [what, changes] of [
    ["an id that would leave its name space", { drillId: "../x" }],
    ["an account that is none", { wholeAccountId: "1" }],
    ["a target of nothing", { targets: { rtoSeconds: 0, rpoSeconds: 1 } }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const error: unknown = await drill(
        drillRequest(changes),
        vault.drillPorts(),
        vault.remainingMs,
      ).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: "REQUEST_INVALID" });
    });
  }
});
