import { expect } from "chai";

import { FunctionError, type SecretValue } from "../../../../lambdas/ports";
import type { Rotator } from "../../../../lambdas/rotation/rotator";
import { goBack, settleRotation } from "../../../../lambdas/rotation/settle";
import { ROTATION_STEPS, rotationStep } from "../../../../lambdas/rotation/steps";
import { FakeRotationSecrets } from "../../../support/vault/fake-rotation-secrets";
import { text } from "../../../support/vault/scene";

const TOKEN = "11111111-1111-4111-8111-111111111111";
const log = { info: () => undefined, warn: () => undefined };
const textOf = (value: SecretValue | undefined): string =>
  value?.kind === "string" ? value.text : "";

/** A system that knows one credential at a time. */
class Scene {
  takes = "old";
  failure: FunctionError | undefined;
  readonly secrets = new FakeRotationSecrets(text("old"));

  private readonly rotator: Rotator = {
    name: "system",
    create: () => Promise.resolve(text("new")),
    set: async (pending) => {
      await Promise.resolve();
      if (this.failure !== undefined) throw this.failure;
      this.takes = textOf(pending);
    },
    test: async (pending) => {
      await Promise.resolve();
      if (this.takes !== textOf(pending)) throw new FunctionError("ROTATION_UNPROVEN", "no", false);
    },
  };

  get ports() {
    return { secrets: this.secrets, rotator: this.rotator, log };
  }
  get target() {
    return { arn: this.secrets.arn, token: TOKEN };
  }
  settle() {
    return settleRotation(this.target, this.ports);
  }
  async rotated(): Promise<this> {
    this.secrets.begin(TOKEN);
    for (const step of ROTATION_STEPS) await rotationStep(step, this.target, this.ports);
    return this;
  }
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: unknown) => (error instanceof FunctionError ? error.code : String(error)),
  );

describe("settling a rotation that stands still", () => {
  it("ends it, wherever it was cut off", async () => {
    for (const step of [undefined, ...ROTATION_STEPS]) {
      const scene = new Scene();
      scene.secrets.begin(TOKEN);
      const upTo = step === undefined ? 0 : ROTATION_STEPS.indexOf(step) + 1;
      for (const done of ROTATION_STEPS.slice(0, upTo)) {
        await rotationStep(done, scene.target, scene.ports);
      }
      expect(await scene.settle()).to.deep.equal({ outcome: "current" });
      expect(textOf(scene.secrets.current)).to.equal(scene.takes);
      expect(scene.secrets.holder("AWSPENDING")).to.equal(undefined);
    }
  });

  it("takes the pending label away where it fails for good and the current value works", async () => {
    const scene = new Scene();
    scene.secrets.begin(TOKEN);
    scene.failure = new FunctionError("DATABASE_REFUSED", "no", false);
    expect(await scene.settle()).to.deep.equal({ outcome: "dropped" });
    expect(scene.secrets.holder("AWSPENDING")).to.equal(undefined);
    expect(textOf(scene.secrets.current)).to.equal("old");
  });

  it("keeps it where trying again may help, and where the current value does not work", async () => {
    const busy = new Scene();
    busy.secrets.begin(TOKEN);
    busy.failure = new FunctionError("DATABASE_UNREACHABLE", "down", true);
    expect(await codeOf(busy.settle())).to.equal("DATABASE_UNREACHABLE");
    expect(busy.secrets.holder("AWSPENDING")?.[0]).to.equal(TOKEN);

    const lost = new Scene();
    lost.secrets.begin(TOKEN);
    lost.takes = "something else";
    lost.failure = new FunctionError("DATABASE_REFUSED", "no", false);
    expect(await codeOf(lost.settle())).to.equal("ROTATION_UNPROVEN");
    expect(lost.secrets.holder("AWSPENDING")?.[0]).to.equal(TOKEN);
  });

  it("does nothing where there is nothing to settle", async () => {
    expect(await new Scene().settle()).to.deep.equal({ outcome: "none" });
    expect(await (await new Scene().rotated()).settle()).to.deep.equal({ outcome: "current" });
  });
});

describe("going back from a version", () => {
  const back = (scene: Scene) => goBack(scene.target, scene.ports);

  it("makes the system take the value before, and only then makes it current", async () => {
    const scene = await new Scene().rotated();
    expect(await back(scene)).to.deep.equal({ outcome: "back", versionId: "v0" });
    expect(textOf(scene.secrets.current)).to.equal("old");
    expect(scene.takes).to.equal("old");
    expect(scene.secrets.holder("AWSPREVIOUS")?.[0]).to.equal(TOKEN);
    expect(await back(scene)).to.deep.equal({ outcome: "none" });
  });

  it("leaves the new value where the one before cannot be made to work, or is not there", async () => {
    const scene = await new Scene().rotated();
    scene.failure = new FunctionError("DATABASE_REFUSED", "no", false);
    expect(await codeOf(back(scene))).to.equal("DATABASE_REFUSED");
    expect(textOf(scene.secrets.current)).to.equal("new");

    const first = await new Scene().rotated();
    first.secrets.versions.delete("v0");
    expect(await codeOf(back(first))).to.equal("ROTATION_NO_WAY_BACK");
  });

  it("ends the same when it was cut off before or after any one of its calls", async () => {
    const whole = await new Scene().rotated();
    let moments = 0;
    whole.secrets.onCall = () => void (moments += 1);
    await back(whole);
    expect(moments).to.be.greaterThan(6);
    for (let cut = 1; cut <= moments; cut++) {
      const scene = await new Scene().rotated();
      let left = cut;
      scene.secrets.onCall = () => {
        left -= 1;
        if (left === 0) throw new Error("killed");
      };
      await codeOf(back(scene));
      scene.secrets.onCall = undefined;
      await back(scene);
      expect(textOf(scene.secrets.current), `cut at ${cut}`).to.equal("old");
      expect(scene.takes, `cut at ${cut}`).to.equal("old");
    }
  });
});

describe("a function that is only tried", () => {
  it("has nothing to prove of a pending version without a value, or with the current one", async () => {
    for (const value of [undefined, text("old")]) {
      const scene = new Scene();
      scene.takes = "nobody knows";
      scene.secrets.begin(TOKEN);
      if (value !== undefined) await scene.secrets.putPending("", TOKEN, value);
      await rotationStep("testSecret", scene.target, scene.ports);
    }
    const scene = new Scene();
    scene.secrets.begin(TOKEN);
    await scene.secrets.putPending("", TOKEN, text("another"));
    expect(await codeOf(rotationStep("testSecret", scene.target, scene.ports))).to.equal(
      "ROTATION_UNPROVEN",
    );
  });
});
