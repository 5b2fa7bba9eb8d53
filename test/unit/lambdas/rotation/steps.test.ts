import { expect } from "chai";

import { FunctionError, type Log, type SecretValue } from "../../../../lambdas/ports";
import type { Rotator } from "../../../../lambdas/rotation/rotator";
import {
  ROTATION_STEPS,
  rotationStep,
  type RotationStep,
} from "../../../../lambdas/rotation/steps";
import { FakeRotationSecrets } from "../../../support/vault/fake-rotation-secrets";
import { text } from "../../../support/vault/scene";

const TOKEN = "11111111-1111-4111-8111-111111111111";
const NEXT = "22222222-2222-4222-8222-222222222222";
const log: Log = { info: () => undefined, warn: () => undefined };

const textOf = (value: SecretValue | undefined): string =>
  value?.kind === "string" ? value.text : "";

/** A system that takes the credentials that it was told, and a rotator for it. */
class System {
  readonly takes = new Set(["old"]);
  failing: "create" | "set" | "test" | undefined;
  private made = 0;

  readonly rotator: Rotator = {
    name: "system",
    create: async () => {
      await this.asked("create");
      this.made += 1;
      return text(`new-${this.made}`);
    },
    set: async (pending) => {
      await this.asked("set");
      this.takes.add(textOf(pending));
    },
    test: async (pending) => {
      await this.asked("test");
      if (!this.takes.has(textOf(pending))) {
        throw new FunctionError("ROTATION_UNPROVEN", "not taken", false);
      }
    },
  };

  private async asked(what: "create" | "set" | "test"): Promise<void> {
    await Promise.resolve();
    if (this.failing === what) throw new FunctionError("DATABASE_UNREACHABLE", "down", true);
  }
}

class Scene {
  readonly system = new System();
  readonly secrets = new FakeRotationSecrets(text("old"));

  constructor() {
    this.secrets.begin(TOKEN);
  }

  step(step: RotationStep, token = TOKEN): Promise<void> {
    const { secrets, system } = this;
    return rotationStep(
      step,
      { arn: secrets.arn, token },
      { secrets, rotator: system.rotator, log },
    );
  }

  async rotate(token = TOKEN): Promise<void> {
    for (const step of ROTATION_STEPS) await this.step(step, token);
  }

  /** What somebody who reads the secret at this moment gets must be taken. */
  expectValid(): void {
    expect(
      this.system.takes.has(textOf(this.secrets.current)),
      "the current value is valid",
    ).to.equal(true);
  }
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: unknown) => (error instanceof FunctionError ? error.code : String(error)),
  );

describe("the steps of a rotation", () => {
  it("make, set, prove and only then publish a new value, and keep the one before", async () => {
    const scene = new Scene();
    for (const step of ["createSecret", "setSecret", "testSecret"] as const) {
      await scene.step(step);
      expect(textOf(scene.secrets.current)).to.equal("old");
    }
    await scene.step("finishSecret");
    expect(textOf(scene.secrets.current)).to.equal("new-1");
    expect(scene.secrets.holder("AWSPREVIOUS")?.[0]).to.equal("v0");
    expect(scene.secrets.holder("AWSPENDING")).to.equal(undefined);
  });

  it("change nothing when each is done again, also after the end", async () => {
    const scene = new Scene();
    for (const step of ROTATION_STEPS) {
      await scene.step(step);
      await scene.step(step);
    }
    await scene.rotate();
    expect(textOf(scene.secrets.current)).to.equal("new-1");
    expect(scene.secrets.versions.size).to.equal(2);
  });

  it("agree on one value when all are done twice at the same time", async () => {
    const scene = new Scene();
    for (const step of ROTATION_STEPS) await Promise.all([scene.step(step), scene.step(step)]);
    const current = textOf(scene.secrets.current);
    expect(current).to.match(/^new-/);
    scene.expectValid();
    expect(scene.secrets.holder("AWSCURRENT")?.[0]).to.equal(TOKEN);
  });

  it("leave the current value in place when one is left out", async () => {
    const scene = new Scene();
    expect(await codeOf(scene.step("setSecret"))).to.equal("ROTATION_STEP_ORDER");
    await scene.step("createSecret");
    expect(await codeOf(scene.step("finishSecret"))).to.equal("ROTATION_UNPROVEN");
    expect(textOf(scene.secrets.current)).to.equal("old");
  });

  for (const failing of ["create", "set", "test"] as const) {
    it(`leave the current value in place when the system fails in ${failing}, and finish later`, async () => {
      const scene = new Scene();
      scene.system.failing = failing;
      expect(await codeOf(scene.rotate())).to.equal("DATABASE_UNREACHABLE");
      expect(textOf(scene.secrets.current)).to.equal("old");
      scene.system.failing = undefined;
      await scene.rotate();
      expect(textOf(scene.secrets.current)).to.equal("new-1");
    });
  }

  it("finish after being cut off before and after each of their calls, and every reader has a valid value all along", async () => {
    // Count the moments of a whole rotation first.
    const whole = new Scene();
    let moments = 0;
    whole.secrets.onCall = () => void (moments += 1);
    await whole.rotate();
    expect(moments).to.be.greaterThan(20);

    for (let cut = 1; cut <= moments; cut++) {
      const scene = new Scene();
      let left = cut;
      scene.secrets.onCall = () => {
        scene.expectValid();
        left -= 1;
        if (left === 0) throw new Error("killed");
      };
      const ended = await scene.rotate().catch((error: unknown) => error);
      expect(ended, `cut at moment ${cut}`).to.be.an("error");
      scene.expectValid();
      await scene.rotate();
      scene.expectValid();
      expect(scene.secrets.holder("AWSCURRENT")?.[0], `cut at moment ${cut}`).to.equal(TOKEN);
      expect(scene.secrets.holder("AWSPENDING"), `cut at moment ${cut}`).to.equal(undefined);
    }
  });

  it("refuse a version that is not being rotated to", async () => {
    const scene = new Scene();
    expect(await codeOf(scene.step("createSecret", NEXT))).to.equal("ROTATION_TOKEN");
    scene.secrets.begin(NEXT);
    expect(await codeOf(scene.step("createSecret", TOKEN))).to.equal("ROTATION_TOKEN");
  });

  it("refuse a secret without rotation, without a current value, and one that is gone", async () => {
    const scene = new Scene();
    scene.secrets.rotationEnabled = false;
    expect(await codeOf(scene.step("createSecret"))).to.equal("ROTATION_NOT_ENABLED");
    scene.secrets.rotationEnabled = true;
    scene.secrets.versions.delete("v0");
    expect(await codeOf(scene.step("createSecret"))).to.equal("ROTATION_NO_CURRENT");
    scene.secrets.gone = true;
    expect(await codeOf(scene.step("createSecret"))).to.equal("SECRET_GONE");
  });
});
