import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { execa } from "execa";

import { ForeignPrograms, root } from "./foreign-program";

const PACK = "@strongroom/policy-secrets-encryption";

const SOUND = `
new aws.kms.Key("key", { enableKeyRotation: true, deletionWindowInDays: 30, policy: policy(owner) }, { provider });
`;
const STILL = SOUND.replace("enableKeyRotation: true", "enableKeyRotation: false");
const HASTY = SOUND.replace("deletionWindowInDays: 30", "deletionWindowInDays: 7");

describe("the packages of the policy packs, installed where there is nothing else of ours", function () {
  this.timeout(180_000);
  let programs: ForeignPrograms;
  let made: string;
  let installed: string;

  before(async () => {
    programs = await ForeignPrograms.start();
    made = path.join(programs.scratch, "made");
    await execa(process.execPath, [path.join(root, "setup/packs.mjs"), made]);
    // The two packages that a pack asks for are here already, as nothing is downloaded.
    const folder = path.join(programs.scratch, "empty");
    const modules = path.join(folder, "node_modules", "@pulumi");
    mkdirSync(modules, { recursive: true });
    for (const name of ["policy", "pulumi"]) {
      symlinkSync(path.join(root, "node_modules", "@pulumi", name), path.join(modules, name));
    }
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true }));
    const [archive = ""] = archives("secrets-encryption");
    await execa(
      "npm",
      ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", archive],
      { cwd: folder },
    );
    installed = path.join(folder, "node_modules", PACK);
  });
  after(() => programs.close());

  const archives = (part = ""): string[] =>
    readdirSync(made)
      .filter((name) => name.endsWith(".tgz") && name.includes(part))
      .map((name) => path.join(made, name));
  const textOf = (...names: string[]) => readFileSync(path.join(...names), "utf8");

  it("are five, and each says which rules it has, on which data, and by which versions it runs", () => {
    const names = readdirSync(made).filter((name) => !name.endsWith(".tgz"));
    expect(names).to.have.members([
      "audit-logging",
      "backup-recovery",
      "least-privilege",
      "secrets-encryption",
      "strongroom-hygiene",
    ]);
    expect(archives()).to.have.length(5);
    const own = JSON.parse(textOf(root, "package.json")) as {
      dependencies: Record<string, string>;
    };
    for (const name of names) {
      const manifest = JSON.parse(textOf(made, name, "package.json")) as {
        name: string;
        license: string;
        dependencies: Record<string, string>;
        strongroom: { rules: string[]; actionTable: { date: string } };
      };
      expect(manifest.name).to.equal(`@strongroom/policy-${name}`);
      expect(manifest.license).to.be.a("string");
      expect(manifest).not.to.have.property("private");
      for (const [dependency, version] of Object.entries(manifest.dependencies)) {
        expect(version).to.equal(own.dependencies[dependency]);
      }
      expect(manifest.strongroom.actionTable.date).to.match(/^\d{4}-\d\d-\d\d$/);
      const readme = textOf(made, name, "README.md");
      for (const rule of manifest.strongroom.rules) expect(readme).to.contain(`### ${rule}\n`);
    }
  });

  it("hold nothing of the machine that made them", () => {
    for (const file of readdirSync(installed)) {
      const text = textOf(installed, file);
      expect(text, file).to.not.contain(root);
      expect(text, file).to.not.contain(programs.scratch);
    }
    expect(readdirSync(installed)).to.include.members(["PulumiPolicy.yaml", "THIRD-PARTY.txt"]);
  });

  it("let a sound program of somebody else pass", async () => {
    const { exitCode, output } = await programs.preview("sound", SOUND, installed);
    expect(exitCode, output).to.equal(0);
    expect(output).to.contain("secrets-encryption@v0.1.0");
  });

  it("stop a bad one, and say what to set", async () => {
    const { exitCode, output } = await programs.preview("still", STILL, installed);
    expect(exitCode, output).to.not.equal(0);
    expect(output).to.contain('Key "key" does not rotate. Set enableKeyRotation to true.');
  });

  it("heed the settings of their rules", async () => {
    const strict = await programs.preview("hasty", HASTY, installed);
    expect(strict.exitCode, strict.output).to.not.equal(0);
    expect(strict.output).to.contain("kms-key-deletion-window-long");
    const config = { judge: { "kms-key-deletion-window-long": { productionDays: 7 } } };
    const { exitCode, output } = await programs.preview("agreed", HASTY, installed, config);
    expect(exitCode, output).to.equal(0);
  });
});
