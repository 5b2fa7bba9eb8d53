import { expect } from "chai";

import { placeOfArn } from "../../../../lambdas/core/arn";
import { rotationsKey, valueKey } from "../../../../lambdas/core/keys";
import type { Member } from "../../../../lambdas/model";
import { FunctionError, type VaultBucket } from "../../../../lambdas/ports";
import type { Enroller, RotatePorts, SeenSecret } from "../../../../lambdas/rotate/ports";
import { rotateFunction } from "../../../../lambdas/rotate/rotate-function";
import { isOpen } from "../../../../lambdas/rotate/schedule";
import type { AccountRotations } from "../../../../lambdas/rotation-model";
import type { RotationWindow } from "../../../../stacks/rotation";
import { FakeClock } from "../../../support/vault/fake-clock";

const ACCOUNTS = 20;
const SECRETS = 25;
const EVERY_DAYS = 7;
const WINDOW: RotationWindow = { days: ["tue", "sat"], startHour: 22, hours: 4 };
const LOOK_SECONDS = 15 * 60;
/** Nothing can begin while no window is open: looked at less often, so that the test is short, but when one opens. */
const CLOSED_LOOK_SECONDS = 2 * 3600;
const PERIODS = 2;
/** Calls that change something which Secrets Manager takes of an account in a second before it refuses the next. */
const MOST_A_SECOND = 10;

/** The vault's bucket, as far as rotations use it; thousands of objects, so that nothing is sorted. */
class Bucket implements VaultBucket {
  private readonly objects = new Map<string, Uint8Array>();

  writeOnce(key: string, body: Uint8Array): Promise<boolean> {
    return this.write(key, body).then(() => true);
  }
  write(key: string, body: Uint8Array): Promise<void> {
    this.objects.set(key, body);
    return Promise.resolve();
  }
  read(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.objects.get(key));
  }
  async *list(prefix: string) {
    await Promise.resolve();
    if (this.objects.has(prefix)) yield { key: prefix, bytes: 0, storedAt: "" };
    if (!prefix.endsWith("/")) return;
    for (const key of this.objects.keys()) {
      if (key.startsWith(prefix)) yield { key, bytes: 0, storedAt: "" };
    }
  }
}

/** Secrets Manager of one account: refuses what is too much at once, and rotates at once. */
class Account implements Enroller {
  readonly secrets = new Map<string, SeenSecret>();
  readonly starts: Date[] = [];
  throttled = 0;
  private second = 0;
  private changes = 0;

  constructor(
    id: string,
    private readonly clock: FakeClock,
  ) {
    for (let index = 0; index < SECRETS; index++) {
      const name = `app/${index}`;
      const arn = `arn:aws:secretsmanager:eu-central-1:${id}:secret:${name}-AbCdEf`;
      const stages = { v0: ["AWSCURRENT"] };
      const tags = { "strongroom:rotator": "password" };
      this.secrets.set(arn, {
        arn,
        name,
        tags,
        deleted: false,
        rotation: { enabled: false },
        stages,
      });
    }
  }

  async *list() {
    await Promise.resolve();
    yield* [...this.secrets.values()];
  }
  describe(arn: string) {
    return Promise.resolve(this.secrets.get(arn));
  }
  mark(arn: string, tags: Readonly<Record<string, string>>) {
    return this.change(arn, (secret) => ({ ...secret, tags: { ...secret.tags, ...tags } }));
  }
  unmark() {
    return Promise.resolve();
  }
  setUp(arn: string, functionArn: string, everyDays: number) {
    return this.change(arn, (secret) => ({
      ...secret,
      rotation: { ...secret.rotation, enabled: true, functionArn, everyDays },
    }));
  }
  cancel() {
    return Promise.resolve();
  }
  start(arn: string, token: string) {
    return this.change(arn, (secret) => {
      const now = this.clock.now();
      this.starts.push(now);
      const [current = ""] = Object.keys(secret.stages).slice(-1);
      const stages = { [current]: ["AWSPREVIOUS"], [token]: ["AWSCURRENT"] };
      return { ...secret, stages, rotation: { ...secret.rotation, lastAt: now } };
    });
  }
  call() {
    return Promise.resolve(undefined);
  }
  tellVersion() {
    return Promise.resolve();
  }
  tellOutcome() {
    return Promise.resolve();
  }

  private async change(arn: string, to: (secret: SeenSecret) => SeenSecret): Promise<void> {
    await Promise.resolve();
    const second = Math.floor(this.clock.now().getTime() / 1000);
    this.changes = second === this.second ? this.changes + 1 : 1;
    this.second = second;
    if (this.changes > MOST_A_SECOND) {
      this.throttled += 1;
      throw new FunctionError("AWS_BUSY", "ThrottlingException", true);
    }
    const secret = this.secrets.get(arn);
    if (secret !== undefined) this.secrets.set(arn, to(secret));
  }
}

describe("a fleet of 20 accounts with 500 secrets", () => {
  it("rotates within its windows and its period, and what is throttled comes through", async function () {
    this.timeout(60_000);
    const clock = new FakeClock(Date.parse("2026-03-02T10:00:00.000Z"));
    const bucket = new Bucket();
    const ids = Array.from({ length: ACCOUNTS }, (_, index) => `6000000000${10 + index}`);
    const accounts = new Map(ids.map((id) => [id, new Account(id, clock)]));
    const members = ids.map((accountId): Member => ({
      accountId,
      regions: ["eu-central-1"],
      environment: "dev",
      scope: { namePrefixes: [], tags: {} },
      retentionDays: 30,
      lockMode: "GOVERNANCE",
      rotation: { everyDays: EVERY_DAYS, window: WINDOW, enroll: [], hosts: [] },
    }));
    await bucket.write(
      "coverage/fleet.json",
      Buffer.from(JSON.stringify({ schema: 1, organizationId: "o", storedAt: "", members })),
    );
    const queue: { body: string; at: number; receives: number }[] = [];
    const outcomes: string[] = [];
    const ports: RotatePorts = {
      vaultAccountId: "999988887777",
      enroller: (accountId) => accounts.get(accountId)!,
      bucket,
      work: {
        send: async (orders) => {
          for (const { arn } of orders) {
            const place = placeOfArn(arn)!;
            const { stages } = accounts.get(place.accountId)!.secrets.get(arn)!;
            for (const id of Object.keys(stages)) {
              await bucket.write(valueKey(place, id), Buffer.from("kept"));
            }
          }
        },
      },
      rotations: {
        send: (orders) => {
          const at = clock.now().getTime();
          queue.push(...orders.map((order) => ({ body: JSON.stringify(order), at, receives: 0 })));
          return Promise.resolve();
        },
        retryIn: () => Promise.resolve(),
      },
      post: () => Promise.resolve({ status: 200 }),
      metrics: { rotation: ({ outcome }) => outcomes.push(outcome), overdue: () => undefined },
      log: { info: () => undefined, warn: () => undefined },
      clock,
      random: () => 0.5,
      wait: () => Promise.resolve(),
    };
    const work = rotateFunction(ports);
    const receive = async (): Promise<void> => {
      while (queue.some(({ at }) => at <= clock.now().getTime())) {
        // As many at once as the queue's mapping lets through.
        const due = queue.filter(({ at }) => at <= clock.now().getTime()).slice(0, 10);
        for (const message of due) queue.splice(queue.indexOf(message), 1);
        await Promise.all(
          due.map(async (message) => {
            const receives = message.receives + 1;
            const answer = await work(
              {
                Records: [
                  {
                    messageId: "m",
                    body: message.body,
                    receiptHandle: "r",
                    attributes: { ApproximateReceiveCount: String(receives) },
                  },
                ],
              },
              () => 900_000,
            );
            const failed = (answer as { batchItemFailures: readonly unknown[] }).batchItemFailures;
            if (failed.length === 0) return;
            expect(receives, `${message.body} came to the dead letters`).to.be.below(5);
            queue.push({ ...message, receives, at: clock.now().getTime() + 10_000 * receives });
          }),
        );
        clock.pass(1);
      }
    };
    const end = clock.now().getTime() + PERIODS * EVERY_DAYS * 86_400_000;
    while (clock.now().getTime() < end) {
      await work({ order: "rotations-all" }, () => 900_000);
      await receive();
      const pause = isOpen(clock.now(), WINDOW) ? LOOK_SECONDS : CLOSED_LOOK_SECONDS;
      clock.pass(pause - ((clock.now().getTime() / 1000) % pause));
    }
    const starts = [...accounts.values()].flatMap((account) => account.starts);
    expect(starts.filter((at) => !isOpen(at, WINDOW))).to.deep.equal([]);
    // The first rotation comes in the first period, and then one each, or two where a window comes early.
    const perSecret = starts.length / (ACCOUNTS * SECRETS);
    expect(perSecret).to.be.within(PERIODS - 1, 2 * PERIODS);
    expect(new Set(outcomes)).to.deep.equal(new Set(["rotated"]));
    const notWell: string[] = [];
    for (const id of ids) {
      const body = await bucket.read(rotationsKey(id));
      const { items } = JSON.parse(Buffer.from(body!).toString()) as AccountRotations;
      expect(items).to.have.length(SECRETS);
      notWell.push(...items.filter(({ state }) => state !== "scheduled").map(({ arn }) => arn));
    }
    expect(notWell).to.deep.equal([]);
    const busiest = new Map<number, number>();
    for (const at of starts) {
      const look = Math.floor(at.getTime() / 1000 / LOOK_SECONDS);
      busiest.set(look, (busiest.get(look) ?? 0) + 1);
    }
    // Spread over the looks of a window: far below all of them at once.
    expect(Math.max(...busiest.values())).to.be.lessThan((ACCOUNTS * SECRETS) / 3);
    // The first look enrols everything at once: some of it is refused, and comes through at the next.
    expect(
      [...accounts.values()].reduce((sum, { throttled }) => sum + throttled, 0),
    ).to.be.greaterThan(0);
  });
});
