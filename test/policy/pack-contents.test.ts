import { Ajv } from "ajv";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import path from "node:path";

import { JUDGE } from "../../policies/config-keys";
import { judgeSchemaOf } from "../../policies/config-schema";
import { DOCS_COMMAND, policiesPage } from "../../policies/docs";
import { packArgs } from "../../policies/pack";
import { packReadme } from "../../policies/pack-readme";
import { PACKS, RULES } from "../../policies/rules";

const root = path.resolve(__dirname, "../../..");

describe("the packs", () => {
  it("hold every rule exactly once in strongroom, and each rule in a pack of its own subject", () => {
    const ids = PACKS.strongroom.rules.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    const others = [
      ...PACKS["secrets-encryption"].rules,
      ...PACKS["least-privilege"].rules,
      ...PACKS["backup-recovery"].rules,
      ...PACKS["audit-logging"].rules,
      ...PACKS["strongroom-hygiene"].rules,
    ];
    expect(others.map(({ id }) => id).sort()).to.deep.equal([...ids].sort());
    expect(ids.length).to.be.at.least(90);
  });

  it("name rules in kebab case and explain each one", () => {
    for (const { id, checks, why, fix } of RULES) {
      expect(id).to.match(/^[a-z]+(-[a-z]+)+$/);
      for (const text of [checks, why, fix])
        expect(text, id).to.match(/^[A-Z].*[^.]\.$|^[a-z]+:.*\.$/s);
    }
  });

  it("show the engine each rule with its level, severity and fix", () => {
    for (const name of Object.keys(PACKS) as (keyof typeof PACKS)[]) {
      const shown = packArgs(name).policies.slice(1);
      expect(shown.map((entry) => entry.name)).to.deep.equal(PACKS[name].rules.map(({ id }) => id));
      for (const [index, entry] of shown.entries()) {
        expect(entry.enforcementLevel).to.equal(PACKS[name].rules[index]?.level);
        expect(entry.severity).to.be.a("string");
        expect(entry.remediationSteps).to.be.a("string");
      }
    }
  });

  for (const name of Object.keys(PACKS)) {
    it(`have a folder that the engine can load: ${name}`, () => {
      const folder = path.join(root, "policies", name);
      const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
        main: string;
        version: string;
      };
      expect(manifest.version).to.match(/^\d+\.\d+\.\d+$/);
      expect(path.resolve(folder, manifest.main)).to.equal(
        path.join(root, "dist/policies", name, "index.js"),
      );
      expect(readFileSync(path.join(folder, "PulumiPolicy.yaml"), "utf8")).to.contain(
        "runtime: nodejs",
      );
    });
  }

  it("show a configuration in their README that their schema accepts", () => {
    for (const name of Object.keys(PACKS) as (keyof typeof PACKS)[]) {
      const [, example = ""] = /```json\n(.*?)\n```/s.exec(packReadme(name, "p")) ?? [];
      const config = (JSON.parse(example) as Record<string, unknown>)[JUDGE];
      const validate = new Ajv({ allowUnionTypes: true }).compile({
        type: "object",
        additionalProperties: false,
        ...judgeSchemaOf(PACKS[name].rules),
      });
      expect(validate(config), JSON.stringify(validate.errors)).to.equal(true);
    }
  });

  it("are described in docs/policies.md as they are", () => {
    const page = readFileSync(path.join(root, "docs/policies.md"), "utf8");
    expect(page, `docs/policies.md is stale: ${DOCS_COMMAND}`).to.equal(policiesPage());
  });
});
