import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";

import { findExecutable } from "../../../bench/find-executable";
import { DEPLOY, GIVEN } from "../../support/deploy";

const run = promisify(execFile);

/**
 * The tools that read these files for real. Where one is missing there is no test by it, and none that passes instead: a
 * line says so.
 */
const ANALYZE = findExecutable("systemd-analyze", process.env["PATH"] ?? "");
const COMPOSE = findExecutable("docker-compose", process.env["PATH"] ?? "");

const missing = (tool: string, what: string): void =>
  void process.stdout.write(`    not looked at: ${what}, for want of ${tool}\n`);

describe("what is deployed, read by its tools", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-deploy-"));
    if (ANALYZE === undefined) missing("systemd-analyze", "the units");
    if (COMPOSE === undefined) missing("docker-compose", "the compose file");
  });
  after(() => rm(folder, { recursive: true }));

  it("holds two units and a compose file", async () => {
    expect(await readdir(path.join(DEPLOY, "systemd"))).to.have.length(2);
    expect(await readdir(DEPLOY)).to.include("compose.yaml");
  });

  if (ANALYZE !== undefined) {
    it("has units in which systemd finds nothing wrong", async () => {
      for (const file of await readdir(path.join(DEPLOY, "systemd"))) {
        // A template is read as one of its instances.
        const copy = path.join(folder, file.replace("@.", "@1."));
        await copyFile(path.join(DEPLOY, "systemd", file), copy);
        const { stdout, stderr } = await run(ANALYZE, ["verify", copy]);
        // Where Node is depends on the machine. What systemd does not know it ignores, with a line.
        const lines = `${stdout}${stderr}`
          .split("\n")
          .filter((line) => line !== "" && !line.includes("/usr/bin/node is not executable"));
        expect(lines, file).to.deep.equal([]);
      }
    });
  }

  if (COMPOSE !== undefined) {
    it("has a compose file that compose reads, with every value given, and not without", async () => {
      const file = path.join(DEPLOY, "compose.yaml");
      const config = (env: Readonly<Record<string, string>>) =>
        run(COMPOSE, ["-f", file, "config"], { env: { PATH: process.env["PATH"] ?? "", ...env } });
      const { stdout } = await config(GIVEN);
      expect(stdout).to.contain("postgres://strongroom:pw@postgres/strongroom");
      for (const name of Object.keys(GIVEN)) {
        const refused = await config({ ...GIVEN, [name]: "" }).then(
          () => undefined,
          (error: unknown) => error as Error,
        );
        expect(refused?.message, name).to.contain(name);
      }
    });
  }
});
