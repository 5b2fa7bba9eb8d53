import { expect } from "chai";

import { placeOfArn } from "../../../lambdas/core/arn";
import { manifestPrefix, valueKey } from "../../../lambdas/core/keys";
import { signedPart } from "../../../lambdas/core/manifest";
import type { Manifest, RestoreItem } from "../../../lambdas/model";
import { FunctionError } from "../../../lambdas/ports";
import { ACCOUNT, REGION, RECOVERY_REGION } from "../../support/vault/fake-vault";
import { RestoringVault } from "../../support/vault/restoring";
import { text } from "../../support/vault/scene";

describe("restoring secrets when something is wrong", () => {
  /** Two secrets that are kept and gone: what goes wrong with one must not touch the other. */
  const scene = async () => {
    const vault = new RestoringVault();
    const arns: Record<"a" | "b", string> = { a: "", b: "" };
    for (const name of ["a", "b"] as const) {
      arns[name] = await vault.secrets().create(name, {
        value: text(`${name}1`),
        policy: '{"Version":"2012-10-17"}',
        rotation: { functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate` },
        replicas: [RECOVERY_REGION],
      });
      vault.clock.pass(1);
      await vault.secrets().put(arns[name], text(`${name}2`));
      await vault.keep(arns[name]);
    }
    await vault.secrets().destroy(arns.a);
    await vault.secrets().destroy(arns.b);
    vault.secrets(ACCOUNT, RECOVERY_REGION).secrets.clear();
    return { vault, arns };
  };

  const manifestOf = (vault: RestoringVault, arn: string) => {
    const [key] = vault.bucket.keys(manifestPrefix(placeOfArn(arn)!));
    return { key: key!, manifest: vault.bucket.json(key!) as Manifest };
  };
  const currentKey = (vault: RestoringVault, arn: string) => {
    const { manifest } = manifestOf(vault, arn);
    const current = manifest.versions.find(({ stages }) => stages.includes("AWSCURRENT"))!;
    return valueKey(placeOfArn(arn)!, current.versionId);
  };
  const stateOf = async (vault: RestoringVault, name: string) => {
    const there = await vault.secrets().describe(name);
    if (there === undefined) return undefined;
    const value = async (stage: string) => {
      const version = there.versions.find(({ stages }) => stages.includes(stage));
      const found = version && (await vault.secrets().value(there.arn, version.versionId));
      return found?.kind === "string" ? found.text : undefined;
    };
    return {
      current: await value("AWSCURRENT"),
      previous: await value("AWSPREVIOUS"),
      policy: there.resourcePolicy,
      rotation: there.rotation,
      replicas: there.replicas,
      versions: there.versions.length,
    };
  };
  const whole = (name: string) => ({
    current: `${name}2`,
    previous: `${name}1`,
    policy: '{"Version":"2012-10-17"}',
    rotation: { functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate` },
    replicas: [{ region: RECOVERY_REGION }],
    versions: 2,
  });

  const replace = (vault: RestoringVault, key: string, body: Uint8Array | string) => {
    const object = vault.bucket.objects.get(key)!;
    vault.bucket.objects.set(key, { ...object, body: Buffer.from(body) });
  };
  const signed = async (vault: RestoringVault, manifest: Manifest) =>
    JSON.stringify({
      ...manifest,
      mac: await vault.envelope.sign(signedPart(manifest)),
    });

  type Scene = Awaited<ReturnType<typeof scene>>;
  const lies: [string, (scene: Scene) => unknown, string][] = [
    [
      "a value that was changed",
      ({ vault, arns }) => {
        const key = currentKey(vault, arns.a);
        const body = Buffer.from(vault.bucket.objects.get(key)!.body);
        body[body.length - 1]! ^= 1;
        replace(vault, key, body);
      },
      "The backup was changed",
    ],
    [
      "a value in the place of another",
      ({ vault, arns }) => {
        const other = vault.bucket.objects.get(currentKey(vault, arns.b))!;
        replace(vault, currentKey(vault, arns.a), other.body);
      },
      "The backup was changed",
    ],
    [
      "a value that was sealed anew in its place",
      async ({ vault, arns }) => {
        const key = currentKey(vault, arns.a);
        const place = placeOfArn(arns.a)!;
        const versionId = key.split("/").at(-1)!;
        const context = { organizationId: vault.organizationId, place, versionId };
        replace(vault, key, await vault.envelope.seal(text("theirs"), context));
      },
      "is not the one that the manifest means",
    ],
    [
      "a value that is missing",
      ({ vault, arns }) => vault.bucket.objects.delete(currentKey(vault, arns.a)),
      "is not in the bucket",
    ],
    [
      "a manifest that was changed",
      ({ vault, arns }) => {
        const { key, manifest } = manifestOf(vault, arns.a);
        replace(vault, key, JSON.stringify({ ...manifest, tags: { owner: "them" } }));
      },
      "does not have the vault's signature",
    ],
    [
      "a manifest in the place of another",
      ({ vault, arns }) => {
        const other = manifestOf(vault, arns.b);
        replace(vault, manifestOf(vault, arns.a).key, JSON.stringify(other.manifest));
      },
      "belongs to another secret or moment",
    ],
    [
      "a signed manifest of another organization",
      async ({ vault, arns }) => {
        const { key, manifest } = manifestOf(vault, arns.a);
        replace(vault, key, await signed(vault, { ...manifest, organizationId: "o-stranger00" }));
      },
      "is of another organization",
    ],
    [
      "a manifest that is none",
      ({ vault, arns }) => replace(vault, manifestOf(vault, arns.a).key, "{}"),
      "does not have the shape",
    ],
  ];
  for (const [what, lie, reason] of lies) {
    it(`refuses ${what}, with the reason, and restores the rest`, async () => {
      const it = await scene();
      await lie(it);
      const [a, b] = (await it.vault.restore()) as [RestoreItem, RestoreItem];
      expect(a.action).to.equal("refuse");
      expect(a.reason).to.contain(reason);
      expect(a).not.to.have.property("verified");
      expect((await stateOf(it.vault, "a"))?.current).to.equal(undefined);
      expect(b).to.include({ action: "create", verified: true });
      expect(await stateOf(it.vault, "b")).to.deep.equal(whole("b"));
    });
  }

  it("takes no older manifest in silence for one that lies", async () => {
    const { vault, arns } = await scene();
    const again = await vault.secrets().create("a", { value: text("a3") });
    await vault.keep(again);
    const [newest] = vault.bucket.keys(manifestPrefix(placeOfArn(again)!));
    replace(vault, newest!, "{}");
    await vault.secrets().destroy(again);
    const { items } = await vault.plan({ selection: { accountIds: [ACCOUNT], name: "a" } });
    expect(items[0]).to.include({ action: "refuse" });
    const { manifest } = manifestOf(vault, arns.a);
    const time = { at: "time", time: manifest.changedAt } as const;
    expect((await vault.plan({ point: time })).items[0]).to.include({ action: "create" });
  });

  it("ends the same when it is killed before any one of its calls and runs again", async () => {
    const counted = await scene();
    const { planDigest } = await counted.vault.plan();
    const names: string[] = [];
    counted.vault.onCall((name) => names.push(name));
    await counted.vault.write(planDigest);
    expect(names.length).to.be.greaterThan(30);
    for (let at = 1; at <= names.length; at++) {
      const { vault } = await scene();
      const plan = await vault.plan();
      let call = 0;
      vault.onCall((name) => {
        call += 1;
        if (call >= at) throw new Error(`killed before ${name}`);
      });
      await vault.write(plan.planDigest).catch(() => undefined);
      vault.onCall(undefined);
      const where = `call ${at}, ${names[at - 1] ?? ""}`;
      for (const { to, action } of (await vault.plan()).items) {
        // A plan that has nothing to do for a secret has it as it was.
        if (action !== "none") continue;
        expect(await stateOf(vault, to.name), where).to.deep.equal(whole(to.name));
      }
      const { items } = await vault.write(plan.planDigest);
      expect(
        items.map(({ verified }) => verified),
        where,
      ).to.deep.equal([true, true]);
      for (const name of ["a", "b"]) {
        expect(await stateOf(vault, name), where).to.deep.equal(whole(name));
      }
    }
  });

  it("never shows a value that is not proven, killed before any call of moving a value back", async () => {
    const moving = async () => {
      const vault = new RestoringVault();
      const arn = await vault.secrets().create("a", { value: text("a1") });
      await vault.keep(arn);
      const time = vault.clock.now().toISOString();
      vault.clock.pass(60);
      await vault.secrets().put(arn, text("a2"));
      await vault.secrets().put(arn, text("a3"));
      // Secrets Manager drops versions without a label.
      const [gone] = [...vault.secrets().secrets.get("a")!.versions.keys()];
      vault.secrets().secrets.get("a")!.versions.delete(gone!);
      const changes = { point: { at: "time", time }, overwriteNewer: true } as const;
      return { vault, changes, plan: await vault.plan(changes) };
    };
    const counted = await moving();
    let calls = 0;
    counted.vault.onCall(() => (calls += 1));
    await counted.vault.write(counted.plan.planDigest, counted.changes);
    for (let at = 1; at <= calls; at++) {
      const { vault, changes, plan } = await moving();
      let call = 0;
      vault.onCall((name) => {
        call += 1;
        if (call >= at) throw new Error(`killed before ${name}`);
      });
      await vault.write(plan.planDigest, changes).catch(() => undefined);
      vault.onCall(undefined);
      expect((await stateOf(vault, "a"))?.current).to.be.oneOf(["a1", "a3"]);
      await vault.write(plan.planDigest, changes);
      expect(await stateOf(vault, "a"), `call ${at}`).to.include({ current: "a1", previous: "a3" });
    }
  });

  it("says that the key cannot be used while it is disabled, and restores when it can", async () => {
    const { vault } = await scene();
    const { planDigest } = await vault.plan();
    vault.envelope.failure = new FunctionError("KEY_DISABLED", "The key is disabled", false);
    const planning: unknown = await vault.plan().catch((error: unknown) => error);
    expect(planning).to.include({ code: "KEY_DISABLED" });
    expect(await stateOf(vault, "a")).to.equal(undefined);
    vault.envelope.failure = undefined;
    const { items } = await vault.write(planDigest);
    expect(items.every(({ verified }) => verified === true)).to.equal(true);
  });

  it("writes a value under another id where its own was taken by something else", async () => {
    const { vault, arns } = await scene();
    const { manifest } = manifestOf(vault, arns.a);
    const [first, second] = manifest.versions;
    const other = await vault.secrets().create("a", { value: text("theirs") });
    for (const version of [first, second]) {
      await vault.secrets().put(other, text("taken"), {
        versionId: version!.versionId,
        stages: ["taken"],
      });
    }
    const changes = { overwriteNewer: true, selection: { accountIds: [ACCOUNT], name: "a" } };
    const [item] = await vault.restore(changes);
    expect(item).to.include({ verified: true });
    expect((await stateOf(vault, "a"))?.current).to.equal("a2");
    const once = await vault.secrets().describe("a");
    await vault.restore(changes);
    expect(await vault.secrets().describe("a")).to.deep.equal(once);
  });

  it("refuses to write to a replica, and to put two secrets under one name", async () => {
    const vault = new RestoringVault();
    const a = await vault.secrets().create("a", { value: text("1"), replicas: [RECOVERY_REGION] });
    await vault.keep(a);
    const replica = await vault.plan({ destination: { region: RECOVERY_REGION } });
    expect(replica.items[0]!.reason).to.contain("is a replica of the secret in");
    const b = await vault.secrets("444455556666").create("a", { value: text("2") });
    await vault.keep(b);
    const accountIds = [ACCOUNT, "444455556666"];
    const clash = await vault.plan({
      selection: { accountIds },
      destination: { accountId: "777788889999" },
    });
    expect(clash.items.map(({ reason }) => reason?.slice(0, 37))).to.deep.equal([
      "2 secrets would get this name: restor",
      "2 secrets would get this name: restor",
    ]);
  });

  it("restores the other accounts when one cannot be reached", async () => {
    const { vault } = await scene();
    const other = await vault.secrets("444455556666").create("c", { value: text("c") });
    await vault.keep(other);
    vault.secrets("444455556666").failure = new FunctionError("MEMBER_UNREACHABLE", "No", false);
    const items = await vault.restore({ selection: { accountIds: [ACCOUNT, "444455556666"] } });
    expect(items.map(({ verified }) => verified)).to.deep.equal([true, true, undefined]);
    expect(items[2]!.error).to.include({ code: "MEMBER_UNREACHABLE" });
  });

  it("turns a policy or rotation that is not accepted into a word to the reader", async () => {
    const { vault } = await scene();
    const refuse = (call: string) => {
      if (/putPolicy|rotate/.test(call)) throw new FunctionError("AWS_REFUSED", "No", false);
    };
    vault.onCall(refuse);
    vault.secrets("444455556666").onCall = refuse;
    const [home] = await vault.restore();
    expect(home!.error).to.include({ code: "AWS_REFUSED" });
    expect((await stateOf(vault, "a"))?.current).to.equal(undefined);
    const [elsewhere] = await vault.restore({ destination: { accountId: "444455556666" } });
    expect(elsewhere).to.include({ verified: true });
    expect(elsewhere!.reason).to.contain("Its resource policy was not accepted here");
    expect(elsewhere!.reason).to.contain("Its rotation function");
  });
});
