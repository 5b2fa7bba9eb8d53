import { AddPermissionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";

import { keepDecisions, keptDecisions, type Decisions } from "../../../emulator/decisions";
import type { Credentials } from "../../../emulator/identity";
import type { DrillReport } from "../../../lambdas/model";
import { UNUSED } from "../../../programs/iam/unused";
import { NAMES } from "../../../stacks/naming";
import { compare } from "../../support/used-permissions";
import { faults } from "./faults";
import { callersOf, type Callers } from "./forbidden/callers";
import type { Scene } from "./forbidden/model";
import { sceneOf } from "./forbidden/scene";
import { FORBIDDEN } from "./forbidden/table";
import { wrongWith } from "./forbidden/try";
import { rotations } from "./rotations";
import { stampedRoles } from "./stamped-roles";
import { until, Work } from "./work";
import { World } from "./world";

const MEMBER = "600000000001";

/**
 * One world for all that the functions do: it is stamped, works, is troubled, is attacked and is retired, in this
 * order, and at the end the record of IAM's decisions says what the roles really needed.
 */
describe("the deployed functions, with exactly the stamped roles", function () {
  this.timeout(600_000);
  let world: World;
  let operator: Credentials;
  let work: Work;
  /** What IAM decided while the roles did their work; the attacks are left out. */
  const records: Decisions[] = [];

  const all = async (operation: "up" | "retire", ...specs: Parameters<World["run"]>[1][]) => {
    for (const outcome of await Promise.all(specs.map((spec) => world.run(operation, spec)))) {
      expect(outcome.error ?? outcome.status, JSON.stringify(outcome.error)).to.equal("succeeded");
    }
  };

  before(async () => {
    world = await World.start(MEMBER);
    await keepDecisions(world.emulator.endpoint, true);
    await all("up", world.access(world.vaultId), world.access(MEMBER));
    await all("up", world.vault(), world.member());
    operator = await world.operator();
    work = new Work(world, operator);
  });
  after(() => world.stop());

  const at = (credentials: Credentials) => ({
    region: world.region,
    endpoint: world.emulator.endpoint,
    credentials,
    maxAttempts: 1,
  });

  const invoke = async <T>(who: Credentials, name: string, order: object): Promise<T> => {
    const answer = await new LambdaClient(at(who)).send(
      new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(order)) }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    expect(answer.FunctionError, text).to.equal(undefined);
    return JSON.parse(text) as T;
  };

  const refusalOf = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => "ok",
      (error: unknown) => (error instanceof Error ? error.name : String(error)),
    );

  const valueOf = async (name: string): Promise<unknown> => {
    const { SecretString } = await work.mustAsMember("GetSecretValue", { SecretId: name });
    return SecretString;
  };
  const actions = (items: Awaited<ReturnType<Work["restore"]>>) =>
    items.map(({ action, verified, error }) => error?.code ?? `${action} ${verified}`);

  it("keep every secret of a member after one sweep that the service asks for", async () => {
    await work.vault.sweepAll([work.member]);
    const { SecretList } = await work.mustAsMember("ListSecrets", {});
    const names = (SecretList as { Name: string }[]).map(({ Name }) => Name);
    expect(names).not.to.deep.equal([]);
    await until("the backup of every secret", async () => {
      const found = new Set((await work.kept()).map(({ name }) => name));
      return names.every((name) => found.has(name)) ? true : undefined;
    });
  });

  it("keep a new secret when its event comes, by the queue", async () => {
    await work.mustAsMember("CreateSecret", { Name: "event/new", SecretString: "x" });
    await until("the backup of the new secret", async () =>
      (await work.kept("event/new")).length > 0 ? true : undefined,
    );
  });

  it("bring back a secret that was destroyed, with its policy, rotation and replica", async () => {
    const root = `arn:aws:iam::${MEMBER}:root`;
    const rotation = `arn:aws:lambda:${world.region}:${MEMBER}:function:strongroom-rotation-x`;
    const SecretId = "full/secret";
    await work.mustAsMember("CreateSecret", {
      Name: SecretId,
      Description: "with everything that a secret can have",
      SecretString: "first",
      KmsKeyId: NAMES.memberKeyAlias,
      Tags: [{ Key: "owner", Value: "payroll" }],
      AddReplicaRegions: [{ Region: world.emulator.organization.recoveryRegion }],
    });
    await work.mustAsMember("PutResourcePolicy", {
      SecretId,
      ResourcePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: root },
            Action: "secretsmanager:GetSecretValue",
            Resource: "*",
          },
        ],
      }),
    });
    await work.mustAsMember("RotateSecret", {
      SecretId,
      RotationLambdaARN: rotation,
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    });
    await work.mustAsMember("PutSecretValue", { SecretId, SecretString: "second" });
    await work.sweep();
    await work.mustAsMember("DeleteSecret", { SecretId, ForceDeleteWithoutRecovery: true });
    const items = await work.restore({ name: SecretId });
    expect(actions(items)).to.deep.equal(["create true"]);
    expect(items[0]?.reason).to.equal(undefined);
    expect(await valueOf(SecretId)).to.equal("second");
    const previous = await work.mustAsMember("GetSecretValue", {
      SecretId,
      VersionStage: "AWSPREVIOUS",
    });
    expect(previous.SecretString).to.equal("first");
    const secret = await work.mustAsMember("DescribeSecret", { SecretId });
    expect(secret).to.deep.include({
      RotationEnabled: true,
      RotationLambdaARN: rotation,
      Tags: [{ Key: "owner", Value: "payroll" }],
    });
    expect(secret.ReplicationStatus).to.have.length(1);
    const policy = await work.mustAsMember("GetResourcePolicy", { SecretId });
    expect(policy.ResourcePolicy).to.contain(root);
  });

  it("bring back an earlier value, from its version that is there and from the backup alone", async () => {
    const SecretId = "event/new";
    const put = async (SecretString: string) =>
      String((await work.mustAsMember("PutSecretValue", { SecretId, SecretString })).VersionId);
    const one = await put("one");
    await work.sweep();
    await put("two");
    await work.sweep();
    const to = (versionId: string) =>
      work.restore({ name: SecretId, point: { at: "version", versionId }, overwriteNewer: true });
    expect(actions(await to(one))).to.deep.equal(["move-stage true"]);
    expect(await valueOf(SecretId)).to.equal("one");
    await put("three");
    await put("four");
    await put("five");
    expect(actions(await to(one))).to.deep.equal(["put-version true"]);
    expect(await valueOf(SecretId)).to.equal("one");
  });

  it("cancel the deletion of a secret and bring it back from the recovery Region's copy", async () => {
    const SecretId = "event/new";
    await work.sweep();
    await work.mustAsMember("DeleteSecret", { SecretId, RecoveryWindowInDays: 30 });
    const items = await work.restore({ name: SecretId, fromRecoveryRegion: true });
    expect(items.map(({ cancelsDeletion }) => cancelsDeletion)).to.deep.equal([true]);
    expect(await valueOf(SecretId)).to.equal("one");
  });

  it("can be changed with the stamper's rights", async () => {
    const tags = { owner: "another-team" };
    await all("up", { ...world.vault(), tags, sweepMinutes: 30 }, { ...world.member(), tags });
  });

  it("hold a drill that passes, and leave nothing of it but its report", async () => {
    const SecretId = "drill/labelled";
    const { VersionId } = await work.mustAsMember("CreateSecret", {
      Name: SecretId,
      SecretString: "x",
    });
    await work.mustAsMember("UpdateSecretVersionStage", {
      SecretId,
      VersionStage: "a-label-of-its-own",
      MoveToVersionId: VersionId,
    });
    await work.sweep();
    const report = await invoke<DrillReport>(operator, NAMES.functionRoles.drill, {
      order: "drill-scheduled",
      samplePerAccount: 2,
      targets: world.vault().drillTargets,
    });
    expect(report.problems).to.deep.equal([]);
    expect(report.accounts.flatMap(({ problems }) => problems)).to.deep.equal([]);
    expect(report.refusals.filter(({ refused }) => !refused)).to.deep.equal([]);
    expect(report.passed).to.equal(true);
    expect(await work.vault.drillIds()).to.deep.equal([report.drillId]);
    expect(await work.vault.drillReport(report.drillId)).to.deep.equal(report);
  });

  it("show the operator coverage and no backup", async () => {
    await work.sweep();
    const [coverage] = await work.vault.coverage();
    expect(coverage?.accountId).to.equal(MEMBER);
    expect(coverage?.covered).to.equal(coverage?.secrets);
    const [value] = await work.kept();
    const read = new S3Client({ ...at(operator), forcePathStyle: true }).send(
      new GetObjectCommand({ Bucket: work.bucket, Key: value?.key ?? "" }),
    );
    expect(await refusalOf(read)).to.match(/AccessDenied/);
  });

  describe("rotate the member's secrets:", () => {
    rotations(() => ({ world, work, operator }));
  });

  describe("when something goes wrong", () => {
    faults(
      () => ({ world, work }),
      async () => {
        records.push(await keptDecisions(world.emulator.endpoint));
        await world.restart();
        await keepDecisions(world.emulator.endpoint, true);
        operator = await world.operator();
        work = new Work(world, operator);
      },
    );
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

  describe("refuse what would lose or reveal a secret", () => {
    let scene: Scene;
    let callers: Callers;

    before(async () => {
      records.push(await keptDecisions(world.emulator.endpoint));
      const [value] = await work.kept();
      scene = await sceneOf(world, { key: value?.key ?? "", versionId: value?.versionId ?? "" });
      callers = callersOf(world);
    });

    for (const row of FORBIDDEN) {
      it(`${row.who} cannot ${row.cannot}: ${row.because}`, async () => {
        expect(await wrongWith(world.emulator.endpoint, row, scene, callers)).to.equal(undefined);
      });
    }
  });

  // A describe of its own: Mocha takes the tests of a describe before what is nested in it.
  describe("at the end", () => {
    it("can be taken down with the stamper's rights", async () => {
      await keepDecisions(world.emulator.endpoint, true);
      try {
        await all("retire", world.vault(), world.member());
      } finally {
        records.push(await keptDecisions(world.emulator.endpoint));
      }
    });

    it("are allowed nothing that their work does not use, but for what is written down with a reason", () => {
      const { unused, reasonsForNothing } = compare(stampedRoles(world), records, UNUSED);
      expect(unused, unused.join("\n")).to.deep.equal([]);
      expect(reasonsForNothing, reasonsForNothing.join("\n")).to.deep.equal([]);
    });
  });
});
