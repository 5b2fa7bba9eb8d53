import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { startEmulator, type Emulator } from "../../../emulator/start";
import { projectRoot } from "../../../engine/parts";
import type { Toolchain } from "../../../engine/toolchain";
import { engineTools } from "../../support/engine-tools";
import { ACCOUNT, type Bench, newBench, REGION } from "./support";

const PROGRAM = `
const aws = require("@pulumi/aws");
const pulumi = require("@pulumi/pulumi");
const config = new pulumi.Config();
const provider = new aws.Provider("aws", { region: "${REGION}", allowedAccountIds: ["${ACCOUNT}"] });
const key = new aws.kms.Key("key", { enableKeyRotation: config.getBoolean("rotation") ?? true }, { provider });
new aws.sns.Topic("topic", { region: "eu-west-1" }, { provider });
exports.arn = key.arn;
if (config.getBoolean("mistake")) {
  throw Object.assign(new Error("there is no vault."), { name: "AppError", code: "SPEC_INVALID", action: "Name one." });
}
`;
const PACK = `
const aws = require("@pulumi/aws");
const { PolicyPack, validateResourceOfType } = require("@pulumi/policy");
new PolicyPack("keys", { policies: [{
  name: "kms-key-rotation-enabled", description: "Keys rotate.", enforcementLevel: "mandatory",
  validateResource: validateResourceOfType(aws.kms.Key, (key, _args, report) => {
    if (key.enableKeyRotation !== true) report("set enableKeyRotation to true");
  }),
}] });
`;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

describe("the stock CLI on the project's own language host", function () {
  this.timeout(300_000);
  let emulator: Emulator;
  let toolchain: Toolchain;
  let bench: Bench;

  before(async () => {
    emulator = await startEmulator({ seed: false });
    toolchain = await engineTools();
    bench = newBench(toolchain, emulator);
    const at = (...parts: string[]): string => path.join(bench.folder, "work", ...parts);
    for (const folder of ["built/pack", "pack"]) mkdirSync(at(folder), { recursive: true });
    symlinkSync(path.join(projectRoot(), "node_modules"), at("node_modules"));
    writeFileSync(at("Pulumi.yaml"), "name: strongroom\nruntime: nodejs\nmain: built/index.js\n");
    writeFileSync(at("built", "index.js"), PROGRAM);
    writeFileSync(at("pack", "PulumiPolicy.yaml"), "runtime: nodejs\n");
    writeFileSync(
      at("pack", "package.json"),
      JSON.stringify({ name: "keys", version: "1.0.0", main: "../built/pack/index.js" }),
    );
    writeFileSync(at("built", "pack", "index.js"), PACK);
    expect((await pulumi("stack", "init", "laptop")).code).to.equal(0);
  });
  after(async () => {
    await emulator.stop();
    bench.remove();
  });

  const start = (arguments_: readonly string[]) =>
    spawn(toolchain.pulumiCommandPath, [...arguments_, "--non-interactive"], {
      cwd: path.join(bench.folder, "work"),
      env: { ...process.env, ...bench.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const pulumi = async (...arguments_: string[]): Promise<Ended> => {
    const child = start(arguments_);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => (output += data.toString()));
    }
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, output };
  };

  it("stops a preview at a mandatory rule, with its text, and leaves no process", async () => {
    await pulumi("config", "set", "rotation", "false");
    const { code, output } = await pulumi("preview", "--policy-pack", "pack");
    expect(code, output).not.to.equal(0);
    expect(output)
      .to.include("kms-key-rotation-enabled")
      .and.to.include("set enableKeyRotation to true");
    await pulumi("config", "rm", "rotation");
    expect(await bench.leftovers()).to.deep.equal([]);
  });

  it("shows the program's own error without a stack, ends with a failure and leaves no process", async () => {
    await pulumi("config", "set", "mistake", "true");
    const { code, output } = await pulumi("preview");
    expect(code).not.to.equal(0);
    expect(output).to.include("SPEC_INVALID: there is no vault. Name one.");
    expect(output).not.to.match(/\n\s+at /);
    await pulumi("config", "rm", "mistake");
    expect(await bench.leftovers()).to.deep.equal([]);
  });

  it("updates, refreshes and destroys, and leaves no process", async () => {
    for (const command of [
      ["up", "--yes", "--policy-pack", "pack"],
      ["preview", "--expect-no-changes"],
      ["refresh", "--yes", "--expect-no-changes"],
      ["destroy", "--yes"],
    ]) {
      const { code, output } = await pulumi(...command);
      expect(code, output).to.equal(0);
      expect(await bench.leftovers(), command.join(" ")).to.deep.equal([]);
    }
  });

  it("leaves no process when it is killed in the middle", async () => {
    const child = start(["up", "--yes", "--skip-preview", "--policy-pack", "pack"]);
    child.stdout.resume();
    child.stderr.resume();
    const ended = new Promise((resolve) => child.on("close", resolve));
    // CLI, language host, pack, plugin, and a bridge with its Terraform provider for each of two Regions.
    const all = (): number =>
      bench.processes().filter((each) => each.includes("terraform-provider-aws")).length;
    for (let i = 0; i < 600 && all() < 2; i += 1) await sleep(100);
    expect(bench.processes(), "the guard sees the processes").to.have.length.at.least(8);
    child.kill("SIGKILL");
    await ended;
    expect(await bench.leftovers()).to.deep.equal([]);
    await pulumi("cancel", "--yes");
  });
});
