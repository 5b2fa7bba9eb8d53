import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { execa } from "execa";
import { stringify } from "yaml";

import { callAsRoot, type ApiCall } from "../../../emulator/calls";
import type { StackOutcome } from "../../../server/ports";
import { NAMES, stampName } from "../../../stacks/naming";
import type { StackSpec } from "../../../stacks/spec";

import { World } from "./world";

const MEMBER = "600000000001";
/** An account that the stack is not about. */
const OTHER = "600000000002";

const succeeded = (outcome: StackOutcome) =>
  expect(outcome.error ?? outcome.status, JSON.stringify(outcome.error)).to.equal("succeeded");

/** One organization for all of it: stamping it takes a minute and a half, most of it the provider's own waits. */
describe("stamping through the stamper role, with IAM enforced", function () {
  this.timeout(600_000);
  let world: World;

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
