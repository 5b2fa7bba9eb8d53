import { InvokeCommand, LambdaClient, AddPermissionCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";

import { callAs, callAsRoot, elementOf } from "../../../emulator/calls";
import type { Credentials } from "../../../emulator/identity";
import { coverageKey, parseKey } from "../../../lambdas/core/keys";
import type {
  AccountCoverage,
  DrillReport,
  Member,
  RestoreAnswer,
  SweepAllAnswer,
} from "../../../lambdas/model";
import { bucketName, NAMES, roleArn } from "../../../stacks/naming";
import { World } from "./world";

const MEMBER = "600000000001";
const WAIT_MS = 60_000;

/** Asks again until the answer is there. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${WAIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe("the deployed functions, with exactly the stamped roles", function () {
  this.timeout(600_000);
  let world: World;
  let operator: Credentials;

  before(async () => {
    world = await World.start(MEMBER);
    for (const wave of [
      [world.access(world.vaultId), world.access(MEMBER)],
      [world.vault(), world.member()],
    ]) {
      for (const outcome of await Promise.all(wave.map((spec) => world.run("up", spec)))) {
        expect(outcome.error ?? outcome.status).to.equal("succeeded");
      }
    }
    operator = await operatorOf(world);
  });
  after(() => world.stop());

  const at = (credentials: Credentials) => ({
    region: world.region,
    endpoint: world.emulator.endpoint,
    credentials,
    maxAttempts: 1,
  });
  const s3 = (credentials: Credentials) =>
    new S3Client({ ...at(credentials), forcePathStyle: true });
  const bucket = () =>
    bucketName("backup", world.vaultId, world.region, world.emulator.organization.id);

  const invoke = async <T>(who: Credentials, name: string, order: object): Promise<T> => {
    const answer = await new LambdaClient(at(who)).send(
      new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(order)) }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    expect(answer.FunctionError, text).to.equal(undefined);
    return JSON.parse(text) as T;
  };

  /** Names of the member's secrets of which a value is kept. */
  const kept = async (): Promise<Set<string>> => {
    const client = s3(world.emulator.credentialsOf(world.vaultId));
    const names = new Set<string>();
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket() })) {
      for (const { Key = "" } of page.Contents ?? []) {
        const object = parseKey(Key);
        if (object?.kind === "value") names.add(object.place.name);
      }
    }
    return names;
  };

  const asMember = (operation: string, parameters: Record<string, unknown>) =>
    callAsRoot(world.emulator.endpoint, {
      accountId: MEMBER,
      service: "secretsmanager",
      region: world.region,
      operation,
      parameters,
    });

  const member = (): Member => {
    const { regions, environment, retentionDays, lockMode } = world.member();
    const scope = { namePrefixes: [], tags: {} };
    return { accountId: MEMBER, regions, environment, scope, retentionDays, lockMode };
  };

  const refusalOf = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => "ok",
      (error: unknown) => (error instanceof Error ? error.name : String(error)),
    );

  it("keep every secret of a member after one sweep that the service asks for", async () => {
    const answer = await invoke<SweepAllAnswer>(operator, NAMES.functionRoles.sweep, {
      order: "sweep-all",
      members: [member()],
    });
    expect(answer).to.deep.include({ order: "sweep-all", ordered: 1 });
    const { json } = await asMember("ListSecrets", {});
    const names = (json.SecretList as { Name: string }[]).map(({ Name }) => Name);
    expect(names).not.to.deep.equal([]);
    await until("the backup of every secret", async () => {
      const found = await kept();
      return names.every((name) => found.has(name)) ? true : undefined;
    });
  });

  it("keep a new secret when its event comes, by the queue", async () => {
    const { errorCode } = await asMember("CreateSecret", { Name: "event/new", SecretString: "x" });
    expect(errorCode).to.equal(undefined);
    await until("the backup of the new secret", async () =>
      (await kept()).has("event/new") ? true : undefined,
    );
  });

  it("bring back a secret that was destroyed, byte for byte", async () => {
    const before = await asMember("GetSecretValue", { SecretId: "event/new" });
    await asMember("DeleteSecret", { SecretId: "event/new", ForceDeleteWithoutRecovery: true });
    const order = {
      selection: { accountIds: [MEMBER], name: "event/new" },
      point: { at: "newest" },
      destination: {},
      fromRecoveryRegion: false,
      overwriteNewer: false,
    };
    const { restore } = NAMES.functionRoles;
    const plan = await invoke<RestoreAnswer>(operator, restore, { order: "plan", ...order });
    expect(plan.items.map(({ action }) => action)).to.deep.equal(["create"]);
    const { planDigest } = plan;
    const answer = await invoke<RestoreAnswer>(operator, restore, {
      order: "write",
      ...order,
      planDigest,
    });
    expect(answer.items[0]).to.deep.include({ verified: true });
    const after = await asMember("GetSecretValue", { SecretId: "event/new" });
    expect(after.json.SecretString).to.equal(before.json.SecretString);
  });

  it("hold a drill that passes, and leave nothing of it but its report", async () => {
    const report = await invoke<DrillReport>(operator, NAMES.functionRoles.drill, {
      order: "drill-scheduled",
      samplePerAccount: 2,
      targets: world.vault().drillTargets,
    });
    expect(report.problems).to.deep.equal([]);
    expect(report.accounts.flatMap(({ problems }) => problems)).to.deep.equal([]);
    expect(report.refusals.filter(({ refused }) => !refused)).to.deep.equal([]);
    expect(report.passed).to.equal(true);
  });

  it("show the operator coverage and no backup, and nothing of a function but its answer", async () => {
    await invoke<AccountCoverage>(operator, NAMES.functionRoles.sweep, {
      order: "sweep-account",
      member: member(),
      backup: false,
    });
    const read = (Key: string) =>
      s3(operator).send(new GetObjectCommand({ Bucket: bucket(), Key }));
    const { Body } = await read(coverageKey(MEMBER));
    const coverage = JSON.parse((await Body?.transformToString()) ?? "") as AccountCoverage;
    expect(coverage.accountId).to.equal(MEMBER);
    expect(coverage.covered).to.equal(coverage.secrets);

    const client = s3(world.emulator.credentialsOf(world.vaultId));
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket(), Prefix: `${MEMBER}/` });
    const first = (await pages.next()).value?.Contents?.[0]?.Key ?? "";
    expect(first).not.to.equal("");
    expect(await refusalOf(read(first))).to.match(/AccessDenied/);
  });

  it("let the stamper deploy them and neither call them nor let an account in", async () => {
    const stamper = await world.stamper(world.vaultId);
    const name = NAMES.functionRoles.sweep;
    expect(await refusalOf(invoke(stamper, name, { order: "sweep-all" }))).to.match(/AccessDenied/);
    const permit = (Principal: string, StatementId: string) =>
      refusalOf(
        new LambdaClient(at(stamper)).send(
          new AddPermissionCommand({
            FunctionName: name,
            Action: "lambda:InvokeFunction",
            StatementId,
            Principal,
          }),
        ),
      );
    expect(await permit(MEMBER, "account")).to.match(/AccessDenied/);
    expect(await permit("events.amazonaws.com", "schedule")).to.equal("ok");
  });
});

/** A session of the operator role, taken by the service. */
async function operatorOf(world: World): Promise<Credentials> {
  const answer = await callAs(world.emulator.endpoint, world.service, {
    service: "sts",
    region: world.region,
    operation: "AssumeRole",
    parameters: {
      RoleArn: roleArn(world.vaultId, NAMES.operatorRole),
      RoleSessionName: "proof",
      ExternalId: world.vault().operatorExternalId,
    },
  });
  return {
    accessKeyId: elementOf(answer, "AccessKeyId"),
    secretAccessKey: elementOf(answer, "SecretAccessKey"),
    sessionToken: elementOf(answer, "SessionToken"),
  };
}
