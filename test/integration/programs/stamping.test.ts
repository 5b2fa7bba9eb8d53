import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { execa } from "execa";
import { stringify } from "yaml";

import { callAs, callAsRoot, type ApiCall } from "../../../emulator/calls";
import type { Credentials } from "../../../emulator/identity";
import type { StackOutcome } from "../../../server/ports";
import { bucketName, NAMES, stampName } from "../../../stacks/naming";
import type { StackSpec } from "../../../stacks/spec";
import { s3As, type S3Call } from "../../support/s3";

import { forbiddenInMember, OTHER, type Pair } from "./forbidden";
import { World } from "./world";

const MEMBER = "600000000001";

const REFUSED =
  /^(AccessDenied|AccessDeniedException|AuthorizationError|KMS.AccessDeniedException)$/;

const succeeded = (outcome: StackOutcome) =>
  expect(outcome.error ?? outcome.status, JSON.stringify(outcome.error)).to.equal("succeeded");

/** One organization for all of it: stamping it takes a minute and a half, most of it the provider's own waits. */
describe("stamping through the stamper role, with IAM enforced", function () {
  this.timeout(600_000);
  let world: World;
  let credentials: { vault: Credentials; member: Credentials };

  before(async () => {
    world = await World.start(MEMBER);
    for (const outcome of await Promise.all([
      world.run("up", world.access(world.vaultId)),
      world.run("up", world.access(MEMBER)),
    ])) {
      succeeded(outcome);
    }
    for (const outcome of await Promise.all([
      world.run("up", world.vault()),
      world.run("up", world.member()),
    ])) {
      succeeded(outcome);
    }
    credentials = {
      vault: await world.stamper(world.vaultId),
      member: await world.stamper(MEMBER),
    };
  });
  after(() => world.stop());

  const specs = (): StackSpec[] => [world.access(MEMBER), world.vault(), world.member()];

  it("changes nothing when it is done again, and finds no drift", async () => {
    for (const operation of ["preview", "drift"] as const) {
      for (const outcome of await Promise.all(specs().map((spec) => world.run(operation, spec)))) {
        succeeded(outcome);
        expect(outcome.changes, operation).to.deep.equal([]);
      }
    }
  });

  it("agrees with the stock command line on a laptop", async () => {
    const project = path.join(world.folder, "laptop");
    const root = path.resolve(__dirname, "../../../..");
    mkdirSync(path.join(project, "home"), { recursive: true });
    cpSync(path.join(root, "Pulumi.yaml"), path.join(project, "Pulumi.yaml"));
    cpSync(path.join(root, "package.json"), path.join(project, "package.json"));
    symlinkSync(path.join(root, "dist"), path.join(project, "dist"));
    symlinkSync(path.join(root, "node_modules"), path.join(project, "node_modules"));
    const spec = world.member();
    const stack = stampName(spec.kind, spec.accountId);
    const state = JSON.parse(
      readFileSync(
        path.join(world.folder, "pulumi/.pulumi/stacks/strongroom", `${stack}.json`),
        "utf8",
      ),
    ) as { checkpoint: { latest: { secrets_providers: { state: { salt: string } } } } };
    writeFileSync(
      path.join(project, `Pulumi.${stack}.yaml`),
      stringify({
        encryptionsalt: state.checkpoint.latest.secrets_providers.state.salt,
        config: {
          "strongroom:spec": spec,
          "strongroom:connection": world.connection(spec),
        },
      }),
    );
    const pulumi = (...args: string[]) =>
      execa(
        world.toolchain.pulumiCommandPath,
        [...args, "--stack", stack, "--non-interactive", "--color", "never"],
        {
          cwd: project,
          reject: false,
          all: true,
          extendEnv: false,
          env: {
            HOME: world.folder,
            ...world.emulator.env,
            ...world.toolchain.env,
            PULUMI_HOME: path.join(project, "home"),
            PULUMI_BACKEND_URL: `file://${path.join(world.folder, "pulumi")}`,
            PULUMI_CONFIG_PASSPHRASE_FILE: path.join(world.folder, "passphrase"),
          },
        },
      );
    const preview = await pulumi("preview", "--expect-no-changes");
    expect(preview.exitCode, preview.all).to.equal(0);

    writeFileSync(
      path.join(project, `Pulumi.${stack}.yaml`),
      stringify({
        encryptionsalt: state.checkpoint.latest.secrets_providers.state.salt,
        config: {
          "strongroom:spec": { ...spec, accountId: OTHER, rotationDays: 0 },
          "strongroom:connection": world.connection(spec),
        },
      }),
    );
    const wrong = await pulumi("preview");
    expect(wrong.exitCode).not.to.equal(0);
    expect(wrong.all).to.contain("SPEC_INVALID");
    expect(wrong.all).to.contain("/strongroom:spec/rotationDays must be >= 1");
    expect(wrong.all).to.contain(`/strongroom:spec/accountId is "${OTHER}"`);
  });

  const outcomeOf = async (
    pair: Pair,
    [operation, parameters]: Pair["forbidden"],
    by: "stamper" | "root",
    accountId = MEMBER,
  ): Promise<string> => {
    const call = { service: pair.service, region: world.region, operation, parameters };
    const answer =
      by === "root"
        ? await callAsRoot(world.emulator.endpoint, { ...call, accountId })
        : await callAs(
            world.emulator.endpoint,
            accountId === MEMBER ? credentials.member : credentials.vault,
            call,
          );
    return answer.errorCode ?? "ok";
  };

  const asRoot = async (
    service: ApiCall["service"],
    operation: string,
    parameters: Record<string, unknown>,
  ) =>
    callAsRoot(world.emulator.endpoint, {
      accountId: MEMBER,
      service,
      region: world.region,
      operation,
      parameters,
    });

  it("cannot do what would weaken or reveal, in a member", async () => {
    const wrong: string[] = [];
    for (const [what, pair] of Object.entries(await forbiddenInMember(world, asRoot))) {
      const forbidden = await outcomeOf(pair, pair.forbidden, "stamper");
      if (!REFUSED.test(forbidden)) wrong.push(`the stamper can ${what}: ${forbidden}`);
      const allowed = await outcomeOf(pair, pair.allowed, pair.by);
      if (allowed !== (pair.answer ?? "ok"))
        wrong.push(`nobody can do the twin of "${what}": ${allowed}`);
    }
    expect(wrong).to.deep.equal([]);
  });

  it("cannot empty, unlock or re-configure the vault, nor read or write a backup", async () => {
    const bucket = bucketName(
      "backup",
      world.vaultId,
      world.region,
      world.emulator.organization.id,
    );
    const lock = (days: number) =>
      `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>${days}</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;
    const root = world.emulator.credentialsOf(world.vaultId);
    const as = (who: Credentials, call: S3Call) =>
      s3As(world.emulator.endpoint, who, world.region, call);
    expect(await as(root, { method: "PUT", path: `${bucket}/a/b`, body: "x" })).to.equal("ok");

    const forbidden: Record<string, S3Call> = {
      "delete the bucket": { method: "DELETE", path: bucket },
      "delete a backup": { method: "DELETE", path: `${bucket}/a/b` },
      "delete a version": { method: "DELETE", path: `${bucket}/a/b`, query: "versionId=1" },
      "read a backup": { method: "GET", path: `${bucket}/a/b` },
      "write a backup": { method: "PUT", path: `${bucket}/a/c`, body: "x" },
      "shorten the lock": { method: "PUT", path: bucket, query: "object-lock", body: lock(1) },
      "drop the policy": { method: "DELETE", path: bucket, query: "policy" },
      "stop the copies": { method: "DELETE", path: bucket, query: "replication" },
    };
    const allowed: Record<string, S3Call> = {
      "see the lock": { method: "GET", path: bucket, query: "object-lock" },
      "see the policy": { method: "GET", path: bucket, query: "policy" },
      "see the copies": { method: "GET", path: bucket, query: "replication" },
    };
    const outcomes = async (calls: Record<string, S3Call>) =>
      Promise.all(
        Object.entries(calls).map(
          async ([what, call]) => [what, await as(credentials.vault, call)] as const,
        ),
      );
    for (const [what, outcome] of await outcomes(forbidden)) {
      expect(outcome, what).to.equal("AccessDenied");
    }
    for (const [what, outcome] of await outcomes(allowed)) expect(outcome, what).to.equal("ok");
    // The object and the lock are still there, so the refusals were not about something that is missing.
    expect(await as(root, { method: "GET", path: `${bucket}/a/b` })).to.equal("ok");
  });

  it("retires a member and leaves its key, and nothing else", async () => {
    const outcome = await world.run("retire", world.member());
    succeeded(outcome);
    const { errorCode, json } = await asRoot("kms", "DescribeKey", { KeyId: NAMES.memberKeyAlias });
    expect(errorCode).to.equal(undefined);
    expect(json.KeyMetadata).to.include({ KeyState: "Enabled" });
    const gone = await asRoot("iam", "GetRole", { RoleName: NAMES.readerRole });
    expect(gone.errorCode).to.match(/NoSuchEntity/);
  });
});
