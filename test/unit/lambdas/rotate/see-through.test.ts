import { expect } from "chai";

import { placeOfArn } from "../../../../lambdas/core/arn";
import { rotationNoteKey, valueKey } from "../../../../lambdas/core/keys";
import type { Member } from "../../../../lambdas/model";
import { FunctionError, type SecretValue } from "../../../../lambdas/ports";
import type { RotatePorts } from "../../../../lambdas/rotate/ports";
import { seeThrough } from "../../../../lambdas/rotate/see-through";
import type { Rotator } from "../../../../lambdas/rotation/rotator";
import type { RotateOrder, RotationNote } from "../../../../lambdas/rotation-model";
import { ANY_TIME } from "../../../../stacks/rotation";
import { FakeBucket } from "../../../support/vault/fake-bucket";
import { FakeClock } from "../../../support/vault/fake-clock";
import { FakeEnroller } from "../../../support/vault/fake-enroller";
import { FakeRotationSecrets } from "../../../support/vault/fake-rotation-secrets";
import { text } from "../../../support/vault/scene";

const TOKEN = "11111111-1111-4111-8111-111111111111";
const OURS = "arn:aws:lambda:eu-central-1:111122223333:function:strongroom-rotation-steps";
const MEMBER: Member = {
  accountId: "111122223333",
  regions: ["eu-central-1"],
  environment: "prod",
  scope: { namePrefixes: [], tags: {} },
  retentionDays: 30,
  lockMode: "GOVERNANCE",
  rotation: { everyDays: 30, window: ANY_TIME, enroll: [], hosts: ["app.example.com"] },
};

const textOf = (value: SecretValue | undefined): string =>
  value?.kind === "string" ? value.text : "";

/** A system that knows one credential at a time, as a database's user does: the new one makes the old one void. */
class System {
  takes = "old";
  failing = false;
  private made = 0;

  readonly rotator: Rotator = {
    name: "system",
    create: () => Promise.resolve(text(`new-${(this.made += 1)}`)),
    set: async (pending) => {
      await Promise.resolve();
      if (this.failing) throw new FunctionError("DATABASE_REFUSED", "no", false);
      this.takes = textOf(pending);
    },
    test: async (pending) => {
      await Promise.resolve();
      if (this.takes !== textOf(pending)) {
        throw new FunctionError("ROTATION_UNPROVEN", "not taken", false);
      }
    },
  };
}

class Scene {
  readonly clock = new FakeClock();
  readonly system = new System();
  readonly secrets = new FakeRotationSecrets(text("old"));
  readonly enroller = new FakeEnroller(this.secrets, this.system.rotator, () => this.clock.now());
  readonly bucket = new FakeBucket(this.clock);
  readonly metrics: string[] = [];
  readonly posted: { url: string; body: object }[] = [];
  status = 200;
  /** Whether the backup function does what it is told. */
  keeping = true;
  orders = 0;

  constructor() {
    this.secrets.rotationEnabled = true;
    this.enroller.functionArn = OURS;
  }

  get place() {
    const place = placeOfArn(this.secrets.arn);
    if (place === undefined) throw new Error("no place");
    return place;
  }

  private get ports(): RotatePorts {
    return {
      vaultAccountId: "999988887777",
      enroller: () => this.enroller,
      bucket: this.bucket,
      work: {
        send: async (orders) => {
          this.orders += orders.length;
          if (!this.keeping) return;
          for (const [id, { value, stages }] of this.secrets.versions) {
            if (value === undefined || stages.length === 0) continue;
            await this.bucket.write(valueKey(this.place, id), Buffer.from("kept"));
          }
        },
      },
      rotations: { send: () => Promise.resolve(), retryIn: () => Promise.resolve() },
      post: (url, _, body) => {
        this.posted.push({ url, body });
        return Promise.resolve({ status: this.status });
      },
      metrics: { rotation: ({ outcome }) => this.metrics.push(outcome), overdue: () => undefined },
      log: { info: () => undefined, warn: () => undefined },
      clock: this.clock,
      random: () => 0,
      wait: (milliseconds) => {
        this.clock.pass(milliseconds / 1000);
        return Promise.resolve();
      },
    };
  }

  rotate(token = TOKEN, member = MEMBER) {
    const { arn } = this.secrets;
    const order: RotateOrder = {
      order: "rotate",
      member,
      region: "eu-central-1",
      arn,
      token,
      cause: "order",
    };
    return seeThrough(this.ports, order);
  }

  get note(): RotationNote {
    return this.bucket.json(rotationNoteKey(this.place)) as RotationNote;
  }

  /** What somebody who reads the secret now gets must open the system. */
  expectValid(): void {
    expect(textOf(this.secrets.current)).to.equal(this.system.takes);
  }
}

describe("a rotation that is seen through", () => {
  it("keeps the value before, rotates, keeps the new one, tells its version and the outcome", async () => {
    const scene = new Scene();
    const { note } = await scene.rotate();
    expect(note).to.include({ outcome: "rotated", versionId: TOKEN, failures: 0 });
    expect(scene.note).to.deep.equal(note);
    scene.expectValid();
    expect(textOf(scene.secrets.current)).to.equal("new-1");
    const kept = scene.bucket.keys(`${MEMBER.accountId}/`).map((key) => key.split("/").at(-1));
    expect(kept.sort()).to.deep.equal([TOKEN, "v0"].sort());
    expect(scene.enroller.parameters.get("/strongroom/versions/app/key")).to.equal(TOKEN);
    expect(scene.enroller.outcomes.map(({ kind }) => kind)).to.deep.equal(["Secret rotated"]);
    expect(scene.metrics).to.deep.equal(["rotated"]);
  });

  it("does nothing when it is asked again", async () => {
    const scene = new Scene();
    await scene.rotate();
    const { length } = scene.enroller.calls;
    await scene.rotate();
    expect(scene.enroller.calls.length).to.equal(length);
  });

  it("does not begin before the value that is there is kept", async () => {
    const scene = new Scene();
    scene.keeping = false;
    const { note, retry } = await scene.rotate();
    expect(retry?.code).to.equal("ROTATION_NO_BACKUP");
    expect(note.outcome).to.equal("failed");
    expect(scene.enroller.calls).not.to.include("start");
    expect(scene.metrics).to.deep.equal([]);
    scene.keeping = true;
    expect((await scene.rotate()).note.outcome).to.equal("rotated");
  });

  it("leaves the current value where the system refuses the new one, and can begin again", async () => {
    const scene = new Scene();
    scene.system.failing = true;
    const { note } = await scene.rotate();
    expect(note).to.include({ outcome: "failed", code: "ROTATION_FAILED", failures: 1 });
    scene.expectValid();
    expect(scene.secrets.holder("AWSPENDING")).to.equal(undefined);
    scene.system.failing = false;
    const again = await scene.rotate("22222222-2222-4222-8222-222222222222");
    expect(again.note).to.include({ outcome: "rotated", failures: 0 });
    scene.expectValid();
  });

  it("finishes itself where Secrets Manager does not go on", async () => {
    const scene = new Scene();
    scene.enroller.calling = false;
    expect((await scene.rotate()).note.outcome).to.equal("rotated");
    scene.expectValid();
  });

  it("brings a rotation to its end that was left after the system learnt the new value", async () => {
    const scene = new Scene();
    const left = "33333333-3333-4333-8333-333333333333";
    scene.secrets.begin(left);
    await scene.secrets.putPending("", left, text("left"));
    scene.system.takes = "left";
    const { note } = await scene.rotate();
    expect(note).to.include({ outcome: "rotated", versionId: left });
    scene.expectValid();
  });

  it("never drops a pending value where the current one does not work", async () => {
    const scene = new Scene();
    const left = "33333333-3333-4333-8333-333333333333";
    scene.secrets.begin(left);
    await scene.secrets.putPending("", left, text("left"));
    scene.system.takes = "neither";
    scene.system.failing = true;
    const { note } = await scene.rotate();
    expect(note).to.include({ outcome: "failed", code: "ROTATION_UNPROVEN" });
    expect(scene.secrets.holder("AWSPENDING")?.[0]).to.equal(left);
  });

  it("goes back to the value before, and makes the system take it, where the consumer does not work", async () => {
    const scene = new Scene();
    scene.secrets.tags = { "strongroom:check": "https://app.example.com/health" };
    scene.status = 503;
    const { note } = await scene.rotate();
    expect(note).to.include({
      outcome: "rolled-back",
      code: "ROTATION_UNHEALTHY",
      versionId: "v0",
    });
    expect(textOf(scene.secrets.current)).to.equal("old");
    scene.expectValid();
    expect(scene.posted.length).to.be.greaterThan(1);
    expect(JSON.stringify(scene.posted)).not.to.match(/new-1|old/);
    expect(scene.enroller.outcomes.map(({ kind }) => kind)).to.deep.equal([
      "Secret rotation failed",
    ]);
    expect(scene.metrics).to.deep.equal(["rolled-back"]);
  });

  it("says that it is stuck where the value before cannot be made to work either", async () => {
    const scene = new Scene();
    scene.secrets.tags = { "strongroom:check": "strongroom-check-app" };
    scene.enroller.check = () => {
      scene.system.failing = true;
      throw new FunctionError("Error", "does not work", false);
    };
    const { note } = await scene.rotate();
    expect(note).to.include({ outcome: "failed", code: "ROTATION_STUCK" });
    scene.expectValid();
  });

  it("asks no host that the fleet file does not name, and rotates nothing then", async () => {
    const scene = new Scene();
    scene.secrets.tags = { "strongroom:check": "https://elsewhere.example.com/" };
    expect((await scene.rotate()).note.code).to.equal("ROTATION_CHECK");
    expect(scene.enroller.calls).to.deep.equal(["describe", "tellOutcome"]);
  });

  it("starts no rotation that is not Strongroom's", async () => {
    const scene = new Scene();
    scene.enroller.functionArn = "arn:aws:lambda:eu-central-1:111122223333:function:theirs";
    expect((await scene.rotate()).note.code).to.equal("ROTATION_NOT_ENABLED");
    expect(scene.enroller.calls).not.to.include("start");
  });

  for (const health of ["works", "does not work"]) {
    it(`ends the same when it was cut off before or after any one of its calls, with a consumer that ${health}`, async () => {
      const play = async (cut: number | undefined): Promise<{ scene: Scene; moments: number }> => {
        const scene = new Scene();
        scene.secrets.tags = { "strongroom:check": "strongroom-check-app" };
        scene.enroller.check = () => {
          if (health === "works") return;
          throw new FunctionError("Error", "does not work", false);
        };
        let moments = 0;
        scene.enroller.onCall = () => {
          moments += 1;
          if (moments === cut) throw new Error("killed");
        };
        await scene.rotate();
        scene.enroller.onCall = undefined;
        // The queue brings the order again; for a failure that stays, the schedule a new one.
        await scene.rotate();
        return { scene, moments };
      };
      const { moments } = await play(undefined);
      expect(moments).to.be.greaterThan(8);
      for (let cut = 1; cut <= moments; cut++) {
        const { scene } = await play(cut);
        scene.expectValid();
        const outcome = health === "works" ? "rotated" : "rolled-back";
        expect(scene.note.outcome, `cut at ${cut}: ${scene.note.message ?? ""}`).to.equal(outcome);
        expect(textOf(scene.secrets.current)).to.equal(health === "works" ? "new-1" : "old");
      }
    });
  }
});
