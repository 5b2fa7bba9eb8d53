import {
  CopyObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import { elementOf, mustCallAsRoot, type ApiCall } from "../../../emulator/calls";
import { readOrganizationFile } from "../../../emulator/organization-file";
import { seedOrganization } from "../../../emulator/seed";
import { parseKey } from "../../../lambdas/core/keys";
import { NAMES } from "../../../stacks/naming";
import { until, type Work } from "./work";
import type { World } from "./world";

/** What goes wrong around the functions, and what is left of it afterwards: nothing, or what is written down. */
export function faults(
  at: () => { readonly world: World; readonly work: Work },
  restart: () => Promise<void>,
): void {
  const root = async (
    accountId: string,
    service: ApiCall["service"],
    operation: string,
    parameters: Readonly<Record<string, unknown>>,
    region = at().world.region,
  ) => {
    const { world } = at();
    const call = { accountId, region, service, operation, parameters };
    return mustCallAsRoot(world.emulator.endpoint, call);
  };
  const inVault = (
    service: ApiCall["service"],
    operation: string,
    parameters: Readonly<Record<string, unknown>>,
  ) => root(at().world.vaultId, service, operation, parameters);
  const backupKey = async () => {
    const { json } = await inVault("kms", "DescribeKey", { KeyId: NAMES.backupKeyAlias });
    return (json["KeyMetadata"] as { KeyId: string }).KeyId;
  };
  const queueUrl = (name: string) => `http://sqs/${at().world.vaultId}/${name}`;
  const attributes = async (name: string) => {
    const { json } = await inVault("sqs", "GetQueueAttributes", {
      QueueUrl: queueUrl(name),
      AttributeNames: ["All"],
    });
    return json["Attributes"] as Readonly<Record<string, string>>;
  };
  const waiting = async (name: string) =>
    Number((await attributes(name))["ApproximateNumberOfMessages"]);
  /** Sets after how many tries a queue's messages are given up; without a number, as it was. */
  const redriveOf = async (name: string) => {
    const { RedrivePolicy = "{}" } = await attributes(name);
    const before = JSON.parse(RedrivePolicy) as { readonly maxReceiveCount: number };
    return (maxReceiveCount = before.maxReceiveCount) =>
      inVault("sqs", "SetQueueAttributes", {
        QueueUrl: queueUrl(name),
        Attributes: { RedrivePolicy: JSON.stringify({ ...before, maxReceiveCount }) },
      });
  };
  const coverageOf = async (name: string) => {
    const { world, work } = at();
    const { items } = await work.vault.sweepAccount({ member: work.member, backup: false });
    return items.find((item) => item.name === name && item.region === world.region);
  };

  it("tell of a backup that fails for good: in the dead-letter queue, by an alarm and in the coverage", async () => {
    const { work } = at();
    await work.mustAsMember("CreateSecret", { Name: "fault/key", SecretString: "one" });
    await until("its backup", async () =>
      (await work.kept("fault/key")).length === 1 ? true : undefined,
    );
    const KeyId = await backupKey();
    const redrive = await redriveOf(NAMES.workQueue);
    // Five tries with their pauses are minutes; that there is an end to them is what matters here.
    await redrive(1);
    await inVault("kms", "DisableKey", { KeyId });
    await work.mustAsMember("PutSecretValue", { SecretId: "fault/key", SecretString: "two" });
    await until("the message in the dead-letter queue", async () =>
      (await waiting(NAMES.failureQueue)) > 0 ? true : undefined,
    );
    await inVault("kms", "EnableKey", { KeyId });
    await redrive();

    expect(await coverageOf("fault/key")).to.include({ state: "failed" });
    expect((await coverageOf("fault/key"))?.reason).to.match(/KEY_DISABLED|disabled/i);
    // CloudWatch counts queues by itself, which the emulator leaves to others.
    await inVault("monitoring", "PutMetricData", {
      Namespace: "AWS/SQS",
      MetricData: [
        {
          MetricName: "ApproximateNumberOfMessagesVisible",
          Dimensions: [{ Name: "QueueName", Value: NAMES.failureQueue }],
          Value: await waiting(NAMES.failureQueue),
        },
      ],
    });
    const alarm = await inVault("monitoring", "DescribeAlarms", {
      AlarmNames: ["strongroom-failures"],
    });
    expect(elementOf(alarm, "StateValue")).to.equal("ALARM");

    await work.sweep();
    expect(await coverageOf("fault/key")).to.include({ state: "covered" });
    expect(await work.kept("fault/key")).to.have.length(2);
  });

  for (const queue of [NAMES.sweepQueue, NAMES.rotationQueue]) {
    it(`put a message of ${queue} that nobody can read where people look`, async () => {
      const before = await waiting(NAMES.failureQueue);
      const redrive = await redriveOf(queue);
      await redrive(1);
      await inVault("sqs", "SendMessage", {
        QueueUrl: queueUrl(queue),
        MessageBody: "not an order",
      });
      await until("the message in the dead-letter queue", async () =>
        (await waiting(NAMES.failureQueue)) > before ? true : undefined,
      );
      await redrive();
    });
  }

  it("say that the copy's key is pending deletion, restore nothing, and restore when it is not", async () => {
    const { world, work } = at();
    const { recoveryRegion } = world.emulator.organization;
    const inRecovery = (operation: string, more: object = {}) =>
      root(world.vaultId, "kms", operation, { KeyId, ...more }, recoveryRegion);
    const KeyId = await backupKey();
    await inRecovery("ScheduleKeyDeletion", { PendingWindowInDays: 30 });
    await work.mustAsMember("DeleteSecret", {
      SecretId: "fault/key",
      ForceDeleteWithoutRecovery: true,
    });
    const fromCopy = () => work.restore({ name: "fault/key", fromRecoveryRegion: true });
    const [refused] = await fromCopy();
    expect(refused?.error?.code).to.equal("ENVELOPE_KEY");
    expect((await work.asMember("DescribeSecret", { SecretId: "fault/key" })).errorCode).to.equal(
      "ResourceNotFoundException",
    );
    await inRecovery("CancelKeyDeletion");
    await inRecovery("EnableKey");
    const [restored] = await fromCopy();
    expect(restored).to.include({ action: "create", verified: true });
  });

  describe("with backups that somebody laid hands on", () => {
    let client: S3Client;
    before(() => {
      const { world } = at();
      client = new S3Client({
        region: world.region,
        endpoint: world.emulator.endpoint,
        credentials: world.emulator.credentialsOf(world.vaultId),
        forcePathStyle: true,
      });
    });
    after(() => client.destroy());

    /** Makes a secret that is kept, does something to what is kept of it, destroys it and restores it. */
    const restoredAfter = async (name: string, harm: (key: string) => Promise<unknown>) => {
      const { work } = at();
      await work.mustAsMember("CreateSecret", { Name: name, SecretString: `value of ${name}` });
      const [kept] = await until("its backup", async () => {
        const found = await work.kept(name);
        return found.length > 0 && (await coverageOf(name))?.state === "covered"
          ? found
          : undefined;
      });
      await harm(kept?.key ?? "");
      await work.mustAsMember("DeleteSecret", { SecretId: name, ForceDeleteWithoutRecovery: true });
      const items = await work.restore({ name });
      const { errorCode } = await work.asMember("DescribeSecret", { SecretId: name });
      return { item: items[0], errorCode };
    };
    const read = async (Key: string) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: at().work.bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    const write = (Key: string, Body: Buffer) =>
      client.send(new PutObjectCommand({ Bucket: at().work.bucket, Key, Body }));

    it("refuse an object that was changed, and write nothing", async () => {
      const { item, errorCode } = await restoredAfter("fault/tampered", async (key) => {
        const bytes = await read(key);
        bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
        await write(key, bytes);
      });
      expect(item?.error?.code ?? item?.reason).to.match(/TAMPERED/);
      expect(errorCode).to.equal("ResourceNotFoundException");
    });

    it("refuse an object in the place of another, and write nothing", async () => {
      const { item, errorCode } = await restoredAfter("fault/swapped", async (key) => {
        const { work } = at();
        const [other] = await work.kept("fault/key");
        const CopySource = `${work.bucket}/${encodeURIComponent(other?.key ?? "")}`;
        await client.send(new CopyObjectCommand({ Bucket: work.bucket, Key: key, CopySource }));
      });
      expect(item?.error?.code ?? item?.reason).to.match(/TAMPERED/);
      expect(errorCode).to.equal("ResourceNotFoundException");
    });

    it("refuse a manifest that lies, and write nothing", async () => {
      const { item, errorCode } = await restoredAfter("fault/lying", async (key) => {
        const { work } = at();
        const manifests = (await work.objects()).filter(({ key: name }) => {
          const object = parseKey(name);
          return object?.kind === "manifest" && object.place.name === parseKey(key)?.place.name;
        });
        expect(manifests).not.to.deep.equal([]);
        for (const { key: name } of manifests) {
          const manifest = JSON.parse((await read(name)).toString()) as object;
          await write(name, Buffer.from(JSON.stringify({ ...manifest, description: "a lie" })));
        }
      });
      expect(item?.action).to.equal("refuse");
      expect(item?.reason).to.match(/manifest|proven|signature/i);
      expect(errorCode).to.equal("ResourceNotFoundException");
    });
  });

  it("are started by their schedules", async () => {
    const { world, work } = at();
    const before = await work.vault.drillIds();
    const [coverage] = await work.vault.coverage();
    // The rules are older than a minute, so they are due at once.
    for (const Name of Object.values(NAMES.scheduleRules)) {
      await inVault("events", "PutRule", { Name, ScheduleExpression: "rate(1 minute)" });
    }
    await until("a sweep by its schedule", async () => {
      const [now] = await work.vault.coverage();
      return now?.sweptAt === coverage?.sweptAt ? undefined : true;
    });
    await until("a drill by its schedule", async () =>
      (await work.vault.drillIds()).length > before.length ? true : undefined,
    );
    for (const [what, Name] of Object.entries(NAMES.scheduleRules)) {
      const { sweepMinutes, drillHours } = world.vault();
      const ScheduleExpression =
        what === "sweep" ? `rate(${sweepMinutes} minutes)` : `rate(${drillHours} hours)`;
      await inVault("events", "PutRule", { Name, ScheduleExpression });
    }
  });

  it("keep what was kept of a member that leaves the organization, and reach it again when it is back", async () => {
    const { world, work } = at();
    const covered = await work.vault.sweepAccount({ member: work.member, backup: true });
    const { managementAccountId } = world.emulator.organization;
    await root(managementAccountId, "organizations", "RemoveAccountFromOrganization", {
      AccountId: world.memberId,
    });
    // A warm function has a session of the member for an hour at most; one that starts anew has none.
    await restart();
    const gone = await at().work.vault.sweepAccount({ member: work.member, backup: true });
    expect(gone.error?.code).to.equal("MEMBER_UNREACHABLE");
    expect(gone.items).to.have.length(covered.items.length);
    await seedOrganization(world.emulator.endpoint, {
      file: await readOrganizationFile(),
      valueSeed: "unused",
      report: () => undefined,
    });
    const back = await at().work.vault.sweepAccount({ member: work.member, backup: true });
    expect(back.error).to.equal(undefined);
  });
}
