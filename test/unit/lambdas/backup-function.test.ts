import { expect } from "chai";

import { placeOfArn } from "../../../lambdas/core/arn";
import { failureKey, FLEET_KEY } from "../../../lambdas/core/keys";
import type { BackupOrder } from "../../../lambdas/model";
import { FunctionError } from "../../../lambdas/ports";
import { backupFunction } from "../../../lambdas/work/backup-function";
import { ACCOUNT, batchOf, FakeVault, member, ORGANIZATION } from "../../support/vault/fake-vault";
import { text } from "../../support/vault/scene";

const orderFor = (arn: string): BackupOrder => ({
  order: "backup",
  place: placeOfArn(arn)!,
  arn,
  member: member(),
});

const eventFor = (arn: string, account = ACCOUNT) => ({
  source: "aws.secretsmanager",
  account,
  region: "eu-central-1",
  detail: { eventName: "PutSecretValue", requestParameters: { secretId: arn } },
});

describe("the backup function", () => {
  let vault: FakeVault;
  let handler: ReturnType<typeof backupFunction>;
  let arn: string;
  const none = { batchItemFailures: [] };
  const putFleet = (members = [member()]) =>
    vault.bucket.write(
      FLEET_KEY,
      Buffer.from(
        JSON.stringify({ schema: 1, organizationId: ORGANIZATION, storedAt: "now", members }),
      ),
    );

  beforeEach(async () => {
    vault = new FakeVault();
    handler = backupFunction(vault);
    arn = await vault.secrets().create("prod/a", { value: text("1") });
  });

  it("answers an order that is given by hand", async () => {
    expect(await handler(orderFor(arn))).to.deep.equal({
      place: placeOfArn(arn),
      outcome: "written",
      written: 1,
    });
  });

  it("works on orders and events, with the settings of the last sweep for events", async () => {
    await putFleet([member({ retentionDays: 99 })]);
    const other = await vault.secrets().create("prod/b", { value: text("2") });
    expect(await handler(batchOf([orderFor(arn), eventFor(other)]))).to.deep.equal(none);
    const [key] = vault.bucket.keys(`${ACCOUNT}/eu-central-1/prod%2Fb/`);
    const days =
      (vault.bucket.objects.get(key!)!.lock!.until.getTime() - vault.clock.now().getTime()) /
      86_400_000;
    expect(days).to.equal(99);
  });

  it("does the work of several messages about one secret once", async () => {
    await putFleet();
    const calls: string[] = [];
    vault.onCall((call) => calls.push(call));
    expect(await handler(batchOf([eventFor(arn), orderFor(arn), eventFor(arn)]))).to.deep.equal(
      none,
    );
    expect(calls.filter((call) => call.startsWith("describe"))).to.have.length(1);
  });

  it("gives back only the messages that failed, sooner than the queue would", async () => {
    const bad = await vault.secrets(ACCOUNT, "eu-west-1").create("b", { value: text("2") });
    vault.secrets(ACCOUNT, "eu-west-1").failure = new FunctionError("AWS_BUSY", "slow", true);
    expect(await handler(batchOf([orderFor(arn), orderFor(bad)], 2))).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "m1" }],
    });
    expect(vault.work.givenBack).to.deep.equal([{ receipt: "r1", seconds: 8 }]);
    expect(vault.metrics.backups).to.deep.include.members([{ written: 0, failed: 1 }]);
  });

  it("gives every message of a secret back when it failed", async () => {
    vault.secrets().failure = new FunctionError("AWS_BUSY", "slow", true);
    const answer = await handler(batchOf([orderFor(arn), orderFor(arn)]));
    expect(answer).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "m0" }, { itemIdentifier: "m1" }],
    });
  });

  it("leaves a note about a failure where coverage is looked up", async () => {
    vault.envelope.failure = new FunctionError("KEY_DISABLED", "Enable the key", false);
    await handler(batchOf([orderFor(arn)]));
    expect(vault.bucket.json(failureKey(placeOfArn(arn)!))).to.deep.equal({
      schema: 1,
      accountId: ACCOUNT,
      region: "eu-central-1",
      name: "prod/a",
      failedAt: vault.clock.now().toISOString(),
      code: "KEY_DISABLED",
      message: "Enable the key",
    });
  });

  it("still gives the message back where the note cannot be left either", async () => {
    vault.bucket.failure = new FunctionError("AWS_BUSY", "500", true);
    vault.work.failure = new FunctionError("AWS_BUSY", "500", true);
    expect(await handler(batchOf([orderFor(arn)]))).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "m0" }],
    });
  });

  it("gives a message back that nobody can read, and works on the others", async () => {
    const answer = await handler(batchOf(["{", { hello: 1 }, orderFor(arn)]));
    expect(answer).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "m0" }, { itemIdentifier: "m1" }],
    });
    expect(vault.bucket.keys()).to.have.length(2);
  });

  it("does nothing about a call that was refused, nor an account that is no member", async () => {
    await putFleet([]);
    const refused = { ...eventFor(arn), detail: { errorCode: "AccessDenied" } };
    expect(await handler(batchOf([refused, eventFor(arn)]))).to.deep.equal(none);
    expect(vault.bucket.keys(ACCOUNT)).to.deep.equal([]);
  });

  it("heeds an account that becomes a member just now, and changed settings after a minute", async () => {
    await putFleet([]);
    await handler(batchOf([eventFor(arn)]));
    await putFleet([member({ retentionDays: 1 })]);
    await handler(batchOf([eventFor(arn)]));
    expect(vault.bucket.keys(ACCOUNT)).to.have.length(2);

    await putFleet([member({ retentionDays: 2 })]);
    let reads = 0;
    vault.onCall((call) => {
      if (call === `read ${FLEET_KEY}`) reads += 1;
    });
    await handler(batchOf([eventFor(arn)]));
    expect(reads).to.equal(0);
    vault.clock.pass(61);
    await handler(batchOf([eventFor(arn)]));
    expect(reads).to.equal(1);
  });

  it("refuses a call that is neither a batch nor an order", async () => {
    const failure = await handler({ hello: 1 }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(FunctionError).with.property("code", "REQUEST_INVALID");
  });

  it("logs no value, whatever happens", async () => {
    const canary = "canary-5c1f0a";
    const secret = await vault.secrets().create("c", { value: text(canary) });
    await handler(orderFor(secret));
    vault.envelope.failure = new FunctionError("KEY_DISABLED", "off", false);
    vault.clock.pass(1);
    await vault.secrets().put(secret, text(canary + "2"));
    await handler(batchOf([orderFor(secret)]));
    const seen = JSON.stringify([
      vault.log.lines,
      vault.metrics.backups,
      [...vault.bucket.objects].map(([key, { body }]) => [
        key,
        Buffer.from(body).toString("latin1"),
      ]),
    ]);
    expect(seen).not.to.include(canary);
    expect(seen).not.to.include(Buffer.from(canary).toString("base64").slice(0, 12));
  });
});
