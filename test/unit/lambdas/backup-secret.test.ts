import { expect } from "chai";

import { placeOfArn } from "../../../lambdas/core/arn";
import { manifestPrefix, secretPrefix, valueKey } from "../../../lambdas/core/keys";
import { parseManifest, signedPart } from "../../../lambdas/core/manifest";
import type { Manifest, Member } from "../../../lambdas/model";
import { FunctionError, type SecretValue } from "../../../lambdas/ports";
import { backupSecret } from "../../../lambdas/work/backup-secret";
import {
  ACCOUNT,
  FakeVault,
  member,
  ORGANIZATION,
  RECOVERY_REGION,
  VAULT_ACCOUNT,
} from "../../support/vault/fake-vault";
import { binary, text } from "../../support/vault/scene";

const back = (vault: FakeVault, arn: string, of: Member = member(), secretId = arn) => {
  const { accountId, region, name } = placeOfArn(arn)!;
  return backupSecret(vault, of, { accountId, region, name, secretId });
};

const manifests = (vault: FakeVault, arn: string): Manifest[] =>
  vault.bucket
    .keys(manifestPrefix(placeOfArn(arn)!))
    .map((key) => parseManifest(key, vault.bucket.objects.get(key)!.body));

const keptValue = (vault: FakeVault, arn: string, versionId: string): Promise<SecretValue> => {
  const place = placeOfArn(arn)!;
  const { body } = vault.bucket.objects.get(valueKey(place, versionId))!;
  return vault.envelope.open(body, { organizationId: ORGANIZATION, place, versionId });
};

describe("backing one secret up", () => {
  let vault: FakeVault;
  beforeEach(() => (vault = new FakeVault()));

  const values: [string, SecretValue][] = [
    ["a text", text('{"password":"p ä 🔑"}')],
    ["bytes", binary(0, 255, 10, 13)],
    ["an empty text", text("")],
    ["no bytes", binary()],
    ["64 KiB", text("x".repeat(65_536))],
  ];
  for (const [what, value] of values) {
    it(`keeps ${what}, byte for byte`, async () => {
      const arn = await vault.secrets().create("prod/db+main@eu=1", { value });
      expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 1 });
      const [manifest] = manifests(vault, arn);
      const [version] = manifest!.versions;
      expect(await keptValue(vault, arn, version!.versionId)).to.deep.equal(value);
      expect(version).to.include({
        kind: value.kind,
        bytes: value.kind === "string" ? Buffer.byteLength(value.text) : value.data.length,
        digest: await vault.envelope.digest(value),
      });
    });
  }

  it("keeps every version with a label, and signs a manifest of all that the secret is", async () => {
    const arn = await vault.secrets().create("a", {
      value: text("1"),
      description: "A",
      tags: { owner: "me" },
      policy: '{"Version":"2012-10-17"}',
      rotation: { functionArn: "f", rules: { AutomaticallyAfterDays: 30 } },
      replicas: [RECOVERY_REGION],
    });
    await vault.secrets().put(arn, text("2"));
    await vault.secrets().put(arn, text("3"), { stages: ["AWSPENDING", "blue"] });
    expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 3 });
    const [manifest] = manifests(vault, arn);
    expect(manifest).to.deep.include({
      organizationId: ORGANIZATION,
      arn,
      description: "A",
      tags: { owner: "me" },
      resourcePolicy: '{"Version":"2012-10-17"}',
      rotation: { functionArn: "f", rules: { AutomaticallyAfterDays: 30 } },
      replicas: [{ region: RECOVERY_REGION }],
    });
    expect(manifest!.versions.flatMap(({ stages }) => stages)).to.have.members([
      "AWSCURRENT",
      "AWSPREVIOUS",
      "AWSPENDING",
      "blue",
    ]);
    expect(await vault.envelope.verify(signedPart(manifest!), manifest!.mac)).to.equal(true);
  });

  it("locks each object as the member's settings say", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await back(vault, arn, member({ retentionDays: 7, lockMode: "GOVERNANCE" }));
    const until = new Date(vault.clock.now().getTime() + 7 * 86_400_000);
    expect([...vault.bucket.objects.values()].map(({ lock }) => lock)).to.deep.equal([
      { mode: "GOVERNANCE", until },
      { mode: "GOVERNANCE", until },
    ]);
  });

  it("reads no value and writes nothing where everything is kept", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await back(vault, arn);
    const calls: string[] = [];
    vault.onCall((call) => calls.push(call));
    expect(await back(vault, arn)).to.deep.include({ outcome: "already-kept", written: 0 });
    expect(calls).to.deep.equal([`describe ${arn}`, `list ${secretPrefix(placeOfArn(arn)!)}`]);
  });

  it("writes a new manifest and no value where only labels, tags or a policy changed", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await back(vault, arn);
    await vault.secrets().tag(arn, { owner: "you" });
    expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 0 });
    await vault.secrets().putPolicy(arn, "{}");
    expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 0 });
    expect(manifests(vault, arn)).to.have.length(3);
  });

  it("keeps a secret that has no value yet, and the value when it comes", async () => {
    const arn = await vault.secrets().create("a");
    expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 0 });
    vault.clock.pass(1);
    await vault.secrets().put(arn, text("1"));
    expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 1 });
  });

  it("leaves out a version that a rotation has only begun", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await vault.secrets().put(arn, undefined, { versionId: "begun", stages: ["AWSPENDING"] });
    expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 1 });
    const [manifest] = manifests(vault, arn);
    expect(manifest!.versions.map(({ versionId }) => versionId)).not.to.include("begun");
    expect(await back(vault, arn)).to.deep.include({ outcome: "already-kept" });
  });

  it("takes a secret that is made again under its name for another one", async () => {
    const first = await vault.secrets().create("a", { value: text("1") });
    await back(vault, first);
    await vault.secrets().destroy(first);
    const second = await vault.secrets().create("a", { value: text("2") });
    expect(await back(vault, second)).to.deep.include({ outcome: "written", written: 1 });
    expect(manifests(vault, first)).to.have.length(1);
    expect(manifests(vault, second)).to.have.length(1);
  });

  it("finds a secret by its name", async () => {
    const arn = await vault.secrets().create("prod/a", { value: text("1") });
    const result = await back(vault, arn, member(), "prod/a");
    expect(result.place).to.deep.equal(placeOfArn(arn));
  });

  it("takes nothing away when the secret is deleted or on its way there", async () => {
    const arn = await vault.secrets().create("a", { value: text("1") });
    await back(vault, arn);
    const kept = vault.bucket.keys();
    await vault.secrets().scheduleDeletion(arn);
    expect(await back(vault, arn)).to.deep.include({ outcome: "gone", written: 0 });
    await vault.secrets().destroy(arn);
    expect(await back(vault, arn)).to.deep.include({ outcome: "gone", written: 0 });
    expect(vault.bucket.keys()).to.deep.equal(kept);
  });

  it("keeps a replica through its primary alone", async () => {
    const arn = await vault
      .secrets()
      .create("a", { value: text("1"), replicas: [RECOVERY_REGION] });
    const replica = arn.replace("eu-central-1", RECOVERY_REGION);
    expect(await back(vault, replica)).to.deep.include({ outcome: "replica", written: 0 });
  });

  it("keeps a replica itself where nobody looks at the Region of its primary", async () => {
    const arn = await vault
      .secrets()
      .create("a", { value: text("1"), replicas: [RECOVERY_REGION] });
    const replica = arn.replace("eu-central-1", RECOVERY_REGION);
    const result = await back(vault, replica, member({ regions: [RECOVERY_REGION] }));
    expect(result).to.deep.include({ outcome: "written", written: 1 });
    expect(manifests(vault, replica)[0]).to.include({ primaryRegion: "eu-central-1" });
  });

  describe("that is out of scope", () => {
    const scope = { namePrefixes: ["prod/"], tags: { backup: "yes" } };

    it("asks nothing where the name or the Region says so", async () => {
      const arn = await vault.secrets().create("test/a", { value: text("1") });
      vault.onCall((call) => expect.fail(`asked for ${call}`));
      expect(await back(vault, arn, member({ scope }))).to.include({ outcome: "out-of-scope" });
      const elsewhere = member({ regions: [RECOVERY_REGION] });
      expect(await back(vault, arn, elsewhere)).to.include({ outcome: "out-of-scope" });
    });

    it("asks nothing about what a drill made in the vault account", async () => {
      const copy = vault.secrets(VAULT_ACCOUNT);
      const arn = await copy.create("strongroom-drill/d1/app", { value: text("1") });
      copy.onCall = (call) => expect.fail(`asked for ${call}`);
      const own = member({ accountId: VAULT_ACCOUNT });
      expect(await back(vault, arn, own)).to.include({ outcome: "out-of-scope" });
      expect(vault.bucket.keys()).to.deep.equal([]);
    });

    it("keeps nothing where the tags say so", async () => {
      const arn = await vault
        .secrets()
        .create("prod/a", { value: text("1"), tags: { backup: "no" } });
      expect(await back(vault, arn, member({ scope }))).to.include({ outcome: "out-of-scope" });
      expect(vault.bucket.keys()).to.deep.equal([]);
    });

    const refuse = (only: string) =>
      vault.onCall((call) => {
        if (call.startsWith(only)) throw new FunctionError("ACCESS_DENIED", "no", false);
      });

    it("is told by the list of names where the role may not look at it", async () => {
      const arn = await vault.secrets().create("prod/a", { value: text("1") });
      refuse("describe");
      expect(await back(vault, arn, member({ scope }))).to.include({ outcome: "out-of-scope" });
      await vault.secrets().destroy(arn);
      expect(await back(vault, arn, member({ scope }))).to.include({ outcome: "gone" });
    });

    it("is not where the tags are right: then the refusal is a failure", async () => {
      const arn = await vault.secrets().create("prod/a", {
        value: text("1"),
        tags: { backup: "yes" },
      });
      refuse("describe");
      const failure = await back(vault, arn, member({ scope })).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(FunctionError).with.property("code", "ACCESS_DENIED");
    });
  });
});

describe("backing one secret up, whatever happens meanwhile", () => {
  const scene = async () => {
    const vault = new FakeVault();
    const arn = await vault.secrets().create("prod/a", { value: text("1") });
    await vault.secrets().put(arn, binary(2));
    return { vault, arn };
  };

  /** Every manifest names only what is kept, and verifies. */
  const consistent = async (vault: FakeVault, arn: string) => {
    for (const manifest of manifests(vault, arn)) {
      expect(await vault.envelope.verify(signedPart(manifest), manifest.mac)).to.equal(true);
      for (const { versionId, digest } of manifest.versions) {
        const value = await keptValue(vault, arn, versionId);
        expect(await vault.envelope.digest(value)).to.equal(digest);
      }
    }
  };

  it("ends the same when it was killed before any one of its calls and runs again", async () => {
    const whole = await scene();
    let calls = 0;
    whole.vault.onCall(() => (calls += 1));
    await back(whole.vault, whole.arn);
    expect(calls).to.be.greaterThan(8);
    for (let at = 1; at <= calls; at++) {
      const { vault, arn } = await scene();
      let call = 0;
      vault.onCall((name) => {
        call += 1;
        if (call === at) throw new Error(`killed before ${name}`);
      });
      const killed = await back(vault, arn).catch((error: unknown) => error);
      expect(killed, `call ${at}`).to.be.instanceOf(Error);
      vault.onCall(undefined);
      await consistent(vault, arn);
      await back(vault, arn);
      expect(vault.bucket.keys()).to.have.length(3);
      await consistent(vault, arn);
      expect(await back(vault, arn)).to.include({ outcome: "already-kept" });
    }
  });

  it("writes each object once when the same event comes many times at once", async () => {
    const { vault, arn } = await scene();
    const results = await Promise.all(Array.from({ length: 10 }, () => back(vault, arn)));
    expect(results.reduce((sum, { written }) => sum + written, 0)).to.equal(2);
    expect(vault.bucket.keys()).to.have.length(3);
    await consistent(vault, arn);
  });

  it("keeps what is, not what an old event was about", async () => {
    const { vault, arn } = await scene();
    const third = await vault.secrets().put(arn, text("3"));
    await back(vault, arn);
    const late = await back(vault, arn);
    expect(late).to.include({ outcome: "already-kept" });
    const newest = manifests(vault, arn).at(-1)!;
    const current = newest.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
    expect(current?.versionId).to.equal(third);
  });

  it("starts again where a version goes and another one comes under its hands", async () => {
    const { vault, arn } = await scene();
    let moved = false;
    vault.onCall((call) => {
      if (moved || !call.startsWith("value")) return;
      moved = true;
      const secret = vault.secrets().secrets.get("prod/a")!;
      const [previous] = [...secret.versions.keys()];
      secret.versions.delete(previous!);
      vault.clock.pass(1);
      void vault.secrets().put(arn, text("3"));
    });
    expect(await back(vault, arn)).to.include({ outcome: "written" });
    await consistent(vault, arn);
    vault.onCall(undefined);
    expect(await back(vault, arn)).to.include({ outcome: "already-kept" });
  });

  it("gives up, to be tried again, on a secret that changes each time", async () => {
    const { vault, arn } = await scene();
    vault.onCall((call) => {
      if (!call.startsWith("value")) return;
      for (const id of vault.secrets().secrets.get("prod/a")!.versions.keys()) {
        vault.secrets().secrets.get("prod/a")!.versions.get(id)!.value = undefined;
      }
    });
    const failure = await back(vault, arn).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(FunctionError);
    expect(failure).to.include({ code: "SECRET_UNSTEADY", retry: true });
    expect(vault.bucket.keys()).to.deep.equal([]);
  });

  it("calls a secret gone that is deleted while it is read", async () => {
    const { vault, arn } = await scene();
    vault.onCall((call) => {
      if (call.startsWith("value")) void vault.secrets().scheduleDeletion(arn);
    });
    expect(await back(vault, arn)).to.include({ outcome: "gone" });
  });

  const failures: [
    string,
    FunctionError,
    (vault: FakeVault) => { failure: FunctionError | undefined },
  ][] = [
    [
      "Secrets Manager is throttled",
      new FunctionError("AWS_BUSY", "slow", true),
      (v) => v.secrets(),
    ],
    ["S3 fails", new FunctionError("AWS_BUSY", "500", true), (v) => v.bucket],
    ["KMS is throttled", new FunctionError("AWS_BUSY", "slow", true), (v) => v.envelope],
    ["the key is disabled", new FunctionError("KEY_DISABLED", "off", false), (v) => v.envelope],
    [
      "the key is to be deleted",
      new FunctionError("KEY_NOT_USABLE", "off", false),
      (v) => v.envelope,
    ],
    [
      "the account cannot be reached",
      new FunctionError("MEMBER_UNREACHABLE", "no", false),
      (v) => v.secrets(),
    ],
  ];
  for (const [what, error, port] of failures) {
    it(`says so when ${what}, and keeps everything when it has passed`, async () => {
      const { vault, arn } = await scene();
      port(vault).failure = error;
      expect(await back(vault, arn).catch((it: unknown) => it)).to.equal(error);
      port(vault).failure = undefined;
      expect(await back(vault, arn)).to.deep.include({ outcome: "written", written: 2 });
      await consistent(vault, arn);
    });
  }

  it("does not mix accounts up", async () => {
    const { vault, arn } = await scene();
    const other = await vault.secrets("999900001111").create("prod/a", { value: text("other") });
    await back(vault, arn);
    await back(vault, other, member({ accountId: "999900001111" }));
    expect(vault.bucket.keys(`${ACCOUNT}/`)).to.have.length(3);
    expect(vault.bucket.keys("999900001111/")).to.have.length(2);
  });
});
