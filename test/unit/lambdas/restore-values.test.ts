import { expect } from "chai";

import type { RestoreRequest } from "../../../lambdas/model";
import type { SecretValue } from "../../../lambdas/ports";
import { ACCOUNT, RECOVERY_REGION, REGION } from "../../support/vault/fake-vault";
import { RestoringVault } from "../../support/vault/restoring";
import { binary, text } from "../../support/vault/scene";

const OTHER = "444455556666";

describe("restoring secrets", () => {
  let vault: RestoringVault;
  beforeEach(() => (vault = new RestoringVault()));

  const labelled = async (
    stage: string,
    name: string,
    { accountId = ACCOUNT, region = REGION } = {},
  ): Promise<SecretValue | undefined> => {
    const there = await vault.secrets(accountId, region).describe(name);
    const version = there?.versions.find(({ stages }) => stages.includes(stage));
    return version && vault.secrets(accountId, region).value(there!.arn, version.versionId);
  };

  const values: [string, SecretValue][] = [
    ["a text", text('{"password":"p ä 🔑"}')],
    ["bytes", binary(0, 255, 10, 13)],
    ["an empty text", text("")],
    ["no bytes", binary()],
    ["64 KiB", text("x".repeat(65_536))],
  ];
  for (const [what, value] of values) {
    it(`brings back ${what} of a secret that was deleted for good, byte for byte`, async () => {
      const arn = await vault.secrets().create("prod/db+main@eu=1", { value });
      await vault.keep(arn);
      await vault.secrets().destroy(arn);
      const [item] = await vault.restore();
      expect(item).to.include({ action: "create", verified: true });
      expect(await labelled("AWSCURRENT", "prod/db+main@eu=1")).to.deep.equal(value);
    });
  }

  const tenVersions = async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    const ids = [Object.keys((await listed())!)[0]!];
    const times: string[] = [];
    for (let version = 2; version <= 11; version++) {
      await vault.keep(arn);
      times.push(vault.clock.now().toISOString());
      vault.clock.pass(60);
      ids.push(await vault.secrets().put(arn, text(String(version))));
    }
    return { arn, ids, times };
  };
  const listed = async () => {
    for await (const { versions } of vault.secrets().list()) return versions;
    return undefined;
  };

  for (const [what, at, value] of [
    ["at a time among ten versions", 3, "4"],
    ["at the first of ten times", 0, "1"],
    ["at the last of ten times", 9, "10"],
  ] as const) {
    it(`brings back the value ${what}, when newer values may be overwritten`, async () => {
      const { times } = await tenVersions();
      const point = { at: "time", time: times[at]! } as const;
      const refused = await vault.restore({ point });
      expect(refused[0]).to.include({ action: "refuse" });
      expect(refused[0]!.reason).to.contain("is newer than the backup's");
      expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("11"));

      const [item] = await vault.restore({ point, overwriteNewer: true });
      expect(item).to.include({ verified: true });
      expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text(value));
      expect(await labelled("AWSPREVIOUS", "a")).to.deep.equal(text("11"));
    });
  }

  it("brings back the previous value by its label and any value by its id", async () => {
    const { arn, ids } = await tenVersions();
    await vault.keep(arn);
    const previous = { at: "stage", stage: "AWSPREVIOUS" } as const;
    const [moved] = await vault.restore({ point: previous, overwriteNewer: true });
    expect(moved).to.include({ action: "move-stage", versionId: ids[9], verified: true });
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("10"));
    const point = { at: "version", versionId: ids[2]! } as const;
    await vault.restore({ point, overwriteNewer: true });
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("3"));
  });

  it("writes under the version's own id, so that whoever knows the version finds it", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    const ids = Object.keys((await listed())!);
    await vault.secrets().destroy(arn);
    await vault.restore();
    expect(Object.keys((await listed())!)).to.deep.equal(ids);
  });

  it("makes a secret again with all that it was, and its policy before its value", async () => {
    const arn = await vault.secrets().create("a", {
      value: text("1"),
      description: "A",
      tags: { owner: "me", "aws:cloudformation:stack-name": "s" },
      policy: '{"Version":"2012-10-17"}',
      rotation: {
        functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate`,
        rules: { AutomaticallyAfterDays: 30 },
      },
      replicas: [RECOVERY_REGION],
    });
    await vault.secrets().put(arn, text("2"));
    await vault.secrets().put(arn, text("blue"), { stages: ["blue"] });
    await vault.secrets().put(arn, text("never ended"), { stages: ["AWSPENDING"] });
    await vault.keep(arn);
    const before = (await vault.secrets().describe(arn))!;
    await vault.secrets().destroy(arn);
    vault.secrets(ACCOUNT, RECOVERY_REGION).secrets.clear();

    const calls: string[] = [];
    vault.secrets().onCall = (call) => calls.push(call.split(" ")[0]!);
    const [item] = await vault.restore();
    expect(item).to.include({ action: "create", verified: true });
    expect(item).not.to.have.property("reason");
    expect(calls.indexOf("putPolicy")).to.be.within(0, calls.indexOf("put") - 1);

    vault.secrets().onCall = undefined;
    const after = (await vault.secrets().describe("a"))!;
    for (const part of ["description", "resourcePolicy", "rotation", "replicas"] as const) {
      expect(after[part], part).to.deep.equal(before[part]);
    }
    expect(after.tags).to.deep.equal({ owner: "me" });
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("2"));
    expect(await labelled("AWSPREVIOUS", "a")).to.deep.equal(text("1"));
    expect(await labelled("blue", "a")).to.deep.equal(text("blue"));
    expect(await labelled("AWSPENDING", "a")).to.equal(undefined);
    expect(await labelled("AWSCURRENT", "a", { region: RECOVERY_REGION })).to.deep.equal(text("2"));
  });

  it("looks at a destination no more than once before it writes where there is only the value", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    await vault.secrets().destroy(arn);
    const { planDigest } = await vault.plan();
    const calls: string[] = [];
    vault.secrets().onCall = (call) => calls.push(call.split(" ")[0]!);
    await vault.write(planDigest);
    // Once to make the plan that is carried out, once before the writing; each value is put twice, which proves it.
    expect(calls).to.deep.equal(["describe", "describe", "create", "put", "put"]);
  });

  it("cancels a scheduled deletion, and changes nothing else of a secret that is as it was", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    await vault.secrets().scheduleDeletion(arn);
    const { items } = await vault.plan();
    expect(items[0]).to.include({ action: "none", cancelsDeletion: true });
    expect(await vault.restore()).to.have.nested.property("[0].verified", true);
    const there = (await vault.secrets().describe(arn))!;
    expect(there).not.to.have.property("deletedAt");
    expect(there.versions).to.have.length(1);
  });

  it("changes nothing when it is done again", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    await vault.secrets().destroy(arn);
    const { planDigest } = await vault.plan();
    await vault.write(planDigest);
    const once = await vault.secrets().describe("a");
    const again = await vault.write(planDigest);
    expect(again.items[0]).to.include({ action: "none", verified: true });
    expect(await vault.secrets().describe("a")).to.deep.equal(once);
  });

  it("holds to its plan while what it restored is backed up again", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    await vault.secrets().destroy(arn);
    const { planDigest } = await vault.plan();
    await vault.write(planDigest);
    await vault.keep((await vault.secrets().describe("a"))!.arn);
    const again = await vault.write(planDigest);
    expect(again.items[0]).to.include({ action: "none", verified: true });
  });

  it("refuses another plan than the one that was seen", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    const { planDigest } = await vault.plan();
    const changed: [string, () => Promise<unknown>][] = [
      ["another request", () => vault.write(planDigest, { overwriteNewer: true })],
      ["no plan", () => vault.write("f".repeat(64))],
    ];
    for (const [what, write] of changed) {
      const error: unknown = await write().catch((thrown: unknown) => thrown);
      expect(error, what).to.include({ code: "RESTORE_PLAN_CHANGED" });
    }
    vault.clock.pass(1);
    await vault.secrets().put(arn, text("newer"));
    const newer: unknown = await vault.write(planDigest).catch((thrown: unknown) => thrown);
    expect(newer).to.include({ code: "RESTORE_PLAN_CHANGED" });
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("newer"));
    vault.clock.pass(25 * 3600);
    const old: unknown = await vault.write(planDigest).catch((thrown: unknown) => thrown);
    expect(old).to.include({ code: "RESTORE_PLAN_CHANGED" });
  });

  it("does not overwrite a value that somebody writes while it writes", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    const time = vault.clock.now().toISOString();
    await vault.secrets().put(arn, text("2"));
    const changes = { point: { at: "time", time }, overwriteNewer: true } as const;
    const { planDigest } = await vault.plan(changes);
    let raced = false;
    vault.secrets().onCall = (call) => {
      if (raced || !call.startsWith("moveStage")) return;
      raced = true;
      void vault.secrets().put(arn, text("3"));
    };
    const { items } = await vault.write(planDigest, changes);
    vault.secrets().onCall = undefined;
    expect(items[0]!.error).to.include({ code: "AWS_REFUSED" });
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("3"));
  });

  const elsewhere: [
    string,
    RestoreRequest["destination"],
    { accountId?: string; region?: string },
  ][] = [
    ["another account", { accountId: OTHER }, { accountId: OTHER }],
    ["another Region", { region: RECOVERY_REGION }, { region: RECOVERY_REGION }],
    ["other names", { namePrefix: "again/" }, {}],
  ];
  for (const [what, destination, place] of elsewhere) {
    it(`restores all secrets of an account to ${what}`, async () => {
      for (let index = 0; index < 30; index++) {
        const name = `app/${index}`;
        await vault.keep(await vault.secrets().create(name, { value: text(name) }));
      }
      const items = await vault.restore({ destination });
      expect(items).to.have.length(30);
      for (const { from, to, verified } of items) {
        expect(verified).to.equal(true);
        expect(await labelled("AWSCURRENT", to.name, place)).to.deep.equal(text(from.name));
      }
    });
  }

  it("restores all from the copy in the recovery Region, with nothing of the primary one", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.keep(arn);
    vault.replicate();
    vault.onCall((call) => {
      throw new Error(`The primary Region was asked: ${call}`);
    });
    vault.secrets(ACCOUNT, RECOVERY_REGION).onCall = undefined;
    const items = await vault.restore({
      fromRecoveryRegion: true,
      destination: { region: RECOVERY_REGION },
    });
    expect(items[0]).to.include({ action: "create", verified: true });
    const place = { region: RECOVERY_REGION };
    expect(await labelled("AWSCURRENT", "a", place)).to.deep.equal(text("1"));
  });

  it("goes on over several calls when one has no time for all", async () => {
    for (let index = 0; index < 40; index++) {
      await vault.keep(await vault.secrets().create(`s${index}`, { value: text(String(index)) }));
    }
    let left = 0;
    vault.remainingMs = () => (left = left === 0 ? 900_000 : left - 150_000);
    const destination = { accountId: OTHER };
    const { planDigest } = await vault.plan({ destination });
    const first = await vault.write(planDigest, { destination });
    expect(first.next).to.be.a("string");
    const items = await vault.restore({ destination });
    expect(new Set(items.map(({ to }) => to.name))).to.have.property("size", 40);
    expect(items.every(({ verified }) => verified === true)).to.equal(true);
  });

  it("takes patterns for names, and says so where nothing fits", async () => {
    for (const name of ["app/one", "app/two", "db/one"]) {
      await vault.keep(await vault.secrets().create(name, { value: text(name) }));
    }
    const names = async (name: string, region?: string) => {
      const selection = {
        accountIds: [ACCOUNT],
        name,
        ...(region === undefined ? {} : { region }),
      };
      return (await vault.plan({ selection })).items.map(({ from }) => from.name);
    };
    expect(await names("app/*")).to.deep.equal(["app/one", "app/two"]);
    expect(await names("*/one", REGION)).to.deep.equal(["app/one", "db/one"]);
    expect(await names("app/t?o", REGION)).to.deep.equal(["app/two"]);
    const nothing: unknown = await names("other*").catch((thrown: unknown) => thrown);
    expect(nothing).to.include({ code: "RESTORE_NOTHING" });
  });

  it("takes the newest self of a secret that was made again under its name", async () => {
    const first = await vault.secrets().create("a", { value: text("old") });
    await vault.keep(first);
    const time = vault.clock.now().toISOString();
    await vault.secrets().destroy(first);
    vault.clock.pass(60);
    const second = await vault.secrets().create("a", { value: text("new") });
    await vault.keep(second);
    await vault.secrets().destroy(second);
    await vault.restore();
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("new"));
    const point = { at: "time", time } as const;
    await vault.restore({ point, overwriteNewer: true });
    expect(await labelled("AWSCURRENT", "a")).to.deep.equal(text("old"));
  });
});
