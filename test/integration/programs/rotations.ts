import { execFileSync } from "node:child_process";

import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";

import { callDoor } from "../../../emulator/calls";
import type { Credentials } from "../../../emulator/identity";
import type { Member } from "../../../lambdas/model";
import type { AccountRotations } from "../../../lambdas/rotation-model";
import { NAMES } from "../../../stacks/naming";
import { findCanaries } from "../../support/canary";
import { until, type Work } from "./work";
import type { World } from "./world";

export interface RotationScene {
  readonly world: World;
  readonly work: Work;
  readonly operator: Credentials;
}

const ZIP = [
  "import io, sys, zipfile",
  "archive = io.BytesIO()",
  "with zipfile.ZipFile(archive, 'w') as made: made.writestr('index.js', sys.argv[1])",
  "sys.stdout.buffer.write(archive.getvalue())",
].join("\n");

/** Secrets of the member that are rotated by the stamped functions alone, with IAM enforced. */
export function rotations(scene: () => RotationScene): void {
  const client = (credentials: Credentials) => {
    const { world } = scene();
    const { region, emulator } = world;
    return new LambdaClient({ region, endpoint: emulator.endpoint, credentials, maxAttempts: 1 });
  };
  const ask = async <T>(order: object): Promise<T> => {
    const answer = await client(scene().operator).send(
      new InvokeCommand({
        FunctionName: NAMES.functionRoles.rotate,
        Payload: Buffer.from(JSON.stringify(order)),
      }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    expect(answer.FunctionError, text).to.equal(undefined);
    return JSON.parse(text) as T;
  };
  const look = (member: Member = scene().work.member) =>
    ask<AccountRotations>({ order: "rotations-account", member });
  /** As the service asks for it, over its own door. */
  const rotate = async (name: string, requestId: string) => {
    const { vault, member } = scene().work;
    const request = { order: "rotate-now", member, name, requestId } as const;
    return (await vault.rotate(request, () => undefined)).items;
  };
  const create = async (Name: string, more: Record<string, unknown>): Promise<string> =>
    String((await scene().work.mustAsMember("CreateSecret", { Name, ...more })).ARN);
  /** Every value that was ever current, to be looked for where no value may be. */
  const values = new Set<string>();
  const current = async (SecretId: string) => {
    const value = await scene().work.mustAsMember("GetSecretValue", { SecretId });
    values.add(String(value.SecretString));
    return value;
  };
  const tags = (values: Record<string, string>) =>
    Object.entries(values).map(([Key, Value]) => ({ Key, Value }));

  it("enrol secrets by their tag and by their name, and rotate none before its time", async () => {
    await create("rotated/by-tag", {
      SecretString: "first",
      KmsKeyId: NAMES.memberKeyAlias,
      Tags: tags({ "strongroom:rotator": "password", "strongroom:rotator:length": "20" }),
    });
    await create("rotated/by-name", { SecretString: '{"user":"app","apiKey":"first"}' });
    await create("rotated/not", { SecretString: "first" });
    const { items } = await look();
    const names = items.map(({ name, rotator, enrolledBy }) => `${name} ${rotator} ${enrolledBy}`);
    expect(names.filter((it) => it.startsWith("rotated/")).sort()).to.deep.equal([
      "rotated/by-name api-key fleet-file",
      "rotated/by-tag password tag",
    ]);
    const secret = await scene().work.mustAsMember("DescribeSecret", {
      SecretId: "rotated/by-name",
    });
    expect(secret.RotationEnabled).to.equal(true);
    expect(secret.RotationRules).to.deep.equal({ AutomaticallyAfterDays: 30 });
    expect((await current("rotated/by-tag")).SecretString).to.equal("first");
  });

  it("rotate on demand: kept before and after, its version told, and each reader has a value all along", async () => {
    const { work } = scene();
    // No event tells the vault of the new version: the rotation itself sees to it that it is kept.
    await work.mustAsMemberAt("events", "DisableRule", { Name: NAMES.eventRule });
    const first = await current("rotated/by-tag");
    const seen = new Set<unknown>();
    const state = { isDone: false };
    const reader = (async () => {
      while (!state.isDone) seen.add((await current("rotated/by-tag")).SecretString);
    })();
    const items = await rotate("rotated/by-*", "one").finally(() => (state.isDone = true));
    await reader;
    await work.mustAsMemberAt("events", "EnableRule", { Name: NAMES.eventRule });
    expect(items.map(({ name, outcome, message }) => [name, message ?? outcome])).to.deep.equal([
      ["rotated/by-name", "rotated"],
      ["rotated/by-tag", "rotated"],
    ]);
    const value = await current("rotated/by-tag");
    expect(value.SecretString).to.match(/^.{20}$/);
    expect(seen.size).to.be.within(1, 2);
    expect([...seen].every((it) => it === "first" || it === value.SecretString)).to.equal(true);
    const fields = JSON.parse(String((await current("rotated/by-name")).SecretString)) as object;
    expect(fields).to.include({ user: "app" });
    expect(fields).to.have.property("apiKey").that.has.length(24);
    const told = await work.mustAsMemberAt("ssm", "GetParameter", {
      Name: "/strongroom/versions/rotated/by-tag",
    });
    expect(told.Parameter).to.deep.include({ Value: value.VersionId });
    const kept = (await work.kept("rotated/by-tag")).map(({ key }) => key.split("/").at(-1));
    expect(kept).to.include(value.VersionId).and.to.include(first.VersionId);
  });

  it("rotate once for one request, however often it is asked", async () => {
    const { VersionId } = await current("rotated/by-tag");
    const items = await rotate("rotated/by-tag", "one");
    expect(items.map(({ versionId }) => versionId)).to.deep.equal([VersionId]);
    expect((await current("rotated/by-tag")).VersionId).to.equal(VersionId);
  });

  it("rotate once where two ask for the same at once", async () => {
    const before = (await current("rotated/by-tag")).SecretString;
    const [one, other] = await Promise.all([
      rotate("rotated/by-tag", "twice"),
      rotate("rotated/by-tag", "twice"),
    ]);
    const { VersionId, SecretString } = await current("rotated/by-tag");
    expect(SecretString).not.to.equal(before);
    const versions = [...one, ...other].map(({ versionId }) => versionId);
    expect(versions.filter((it) => it !== undefined && it !== VersionId)).to.deep.equal([]);
    expect((await look()).items.find(({ name }) => name === "rotated/by-tag")?.state).to.equal(
      "scheduled",
    );
  });

  it("go back to the value before where the consumer does not work with the new one", async () => {
    const { world } = scene();
    await client(world.emulator.credentialsOf(world.memberId)).send(
      new CreateFunctionCommand({
        FunctionName: "strongroom-check-app",
        Role: `arn:aws:iam::${world.memberId}:role/${NAMES.rotationFunction}`,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: {
          ZipFile: execFileSync("python3", [
            "-c",
            ZIP,
            "exports.handler = async () => { throw new Error('it does not work'); };",
          ]),
        },
      }),
    );
    await create("rotated/checked", {
      SecretString: "works",
      Tags: tags({
        "strongroom:rotator": "password",
        "strongroom:rotator:length": "16",
        "strongroom:check": "strongroom-check-app",
      }),
    });
    // The value before has the length that its settings ask for: else it could not be shown to be good.
    await scene().work.mustAsMember("PutSecretValue", {
      SecretId: "rotated/checked",
      SecretString: "works-sixteen-ch",
    });
    const [item] = await rotate("rotated/checked", "checked");
    expect(item?.code, item?.message).to.equal("ROTATION_UNHEALTHY");
    expect(item?.outcome).to.equal("rolled-back");
    expect((await current("rotated/checked")).SecretString).to.equal("works-sixteen-ch");
    await look();
    const [shown] = (await scene().work.vault.rotations()).flatMap(({ items }) =>
      items.filter(({ name }) => name === "rotated/checked"),
    );
    expect(shown).to.include({ state: "failed", failures: 1 });
    expect(shown?.reason).to.contain("ROTATION_UNHEALTHY");
  });

  it("end a rotation that somebody left, instead of writing over it", async () => {
    const SecretId = "rotated/by-tag";
    await scene().work.mustAsMember("PutSecretValue", {
      SecretId,
      SecretString: "twenty-characters-xx",
      VersionStages: ["AWSPENDING"],
    });
    const [item] = await rotate(SecretId, "left");
    expect(item?.message ?? item?.outcome).to.equal("rotated");
    expect((await current(SecretId)).SecretString).to.equal("twenty-characters-xx");
  });

  it("start what is due by the schedule, through the queue", async () => {
    const { work } = scene();
    // A secret whose mark says that it was enrolled long ago is overdue.
    await create("rotated/due", {
      SecretString: "first",
      Tags: tags({
        "strongroom:rotator": "password",
        "strongroom:enrolled": "tag 2020-01-01T00:00:00.000Z",
      }),
    });
    await work.vault.sweepAll([work.member]);
    await ask({ order: "rotations-all" });
    await until("the rotation of what is due", async () =>
      (await current("rotated/due")).SecretString === "first" ? undefined : true,
    );
  });

  it("cancel the rotation of what is not enrolled any more, and keep its value", async () => {
    const { work } = scene();
    const before = (await current("rotated/by-name")).SecretString;
    const { rotation, ...rest } = work.member;
    const member = { ...rest, rotation: { ...rotation!, enroll: [] } };
    const { items } = await look(member);
    expect(items.map(({ name }) => name)).not.to.include("rotated/by-name");
    const secret = await work.mustAsMember("DescribeSecret", { SecretId: "rotated/by-name" });
    expect(secret.RotationEnabled).to.equal(false);
    expect(secret.Tags).to.deep.equal([]);
    expect((await current("rotated/by-name")).SecretString).to.equal(before);
  });

  it("leave no value anywhere but in the store of secrets", async () => {
    const { world } = scene();
    await callDoor(world.emulator.endpoint, "POST", "/_strongroom/save");
    // Short ones, which the test itself gave, would be found in anything.
    const drawn = [...values].filter((value) => value.length >= 16);
    expect(drawn.length).to.be.greaterThan(4);
    const isStore = (file: string) => file.endsWith("services/secretsmanager.json");
    const { files, hits } = findCanaries(world.folder, drawn, isStore);
    expect(hits).to.deep.equal([]);
    expect(files).to.be.greaterThan(5);
    const store = findCanaries(world.folder, drawn, (file) => !isStore(file));
    expect(store.hits).not.to.deep.equal([]);
  });
}
