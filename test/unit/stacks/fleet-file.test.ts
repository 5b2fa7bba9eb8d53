import { expect } from "chai";
import { readFileSync } from "node:fs";
import path from "node:path";

import { placeProblems } from "../../../stacks/fleet-file";
import { publishedSchema } from "../../../stacks/fleet-schema";
import { edited, exampleFleet, fleetOf, projectRoot, smallFleet, smallText } from "./fixtures";
import { mistakes } from "./mistakes";

describe("The fleet file", () => {
  it("is read with every default filled in", () => {
    const fleet = smallFleet();
    expect(fleet.access).to.deep.equal({
      bootstrapRole: "OrganizationAccountAccessRole",
      sessionSeconds: 3600,
    });
    expect(fleet.vault.keyDeletionDays).to.equal(30);
    expect(fleet.vault.coldStorageAfterDays).to.equal(90);
    expect(fleet.environments.map(({ name }) => name)).to.deep.equal(["prod", "dev"]);
    const prod: Record<string, unknown> = { ...fleet.environments[0]! };
    delete prod["match"];
    expect(prod).to.deep.equal({
      name: "prod",
      regions: ["eu-central-1", "eu-west-1"],
      rotationDays: 30,
      retentionDays: 35,
      lockMode: "GOVERNANCE",
      keyDeletionDays: 30,
      secrets: { namePrefixes: [], tags: {} },
      watchReads: false,
    });
    expect(fleet.environments[1]!.rotationDays).to.equal(7);
  });

  it("prefers an environment's settings to the defaults of the file, and those to its own", () => {
    const fleet = fleetOf(
      edited([
        "environments:\n  prod:\n",
        "defaults:\n  settings: { rotationDays: 20, keyDeletionDays: 10 }\nenvironments:\n  prod:\n    rotationDays: 15\n",
      ]),
    );
    expect(fleet.environments.map(({ rotationDays }) => rotationDays)).to.deep.equal([15, 20]);
    expect(fleet.environments[0]!.keyDeletionDays).to.equal(10);
  });

  it("shows five different mistakes at once, each with its place", () => {
    const text = edited(
      ["id: o-strongroom01", "id: strongroom"],
      ['"100000000003"', "100000000003"],
      ["recoveryRegion: eu-west-1", "recoveryRegion: eu-central-1"],
      ["selection:", "selction: 1\nselection:"],
      ["lockMode: GOVERNANCE", "lockMode: GOVERNANCE\n  lockMode: COMPLIANCE"],
    );
    expect(mistakes(text)).to.deep.equal([
      '3:7 /organization/id "strongroom" is not an organization id, o- and 10 to 32 letters and digits',
      '8:12 /vault/account the account id 100000000003 has no quotes, so YAML reads a number and loses leading zeros: write "100000000003"',
      '10:19 /vault/recoveryRegion "eu-central-1" is the primary Region too; a copy must be in another one',
      '13:3 - the key "lockMode" stands here a second time',
      '14:1 /selction unknown key "selction"; did you mean "selection"?',
    ]);
  });

  it("keeps the leading zero of an account id in its message", () => {
    expect(mistakes(edited(['"100000000003"', "012345678901"]))[0]).to.match(
      /account id 012345678901 has no quotes.*write "012345678901"/,
    );
  });

  it("finds contradictions beside wrong values of other keys", () => {
    const text = edited(
      ["    regions: [eu-central-1]\n", "    rotationDays: often\n"],
      ["retentionDays: 35", "retentionDays: 0"],
      ["version: 1\n", 'version: 1\nwaves: [{ name: a, share: "10" }, { name: a, share: 95 }]\n'],
    );
    expect(mistakes(text).map((line) => line.split(" ")[1])).to.deep.equal([
      "/waves/0/share",
      "/waves/1/name",
      "/vault/retentionDays",
      "/environments/dev",
      "/environments/dev/rotationDays",
    ]);
  });

  it("never breaks on odd files, it reports them", () => {
    const odd = [
      "",
      "# nothing\n",
      "~",
      "just text",
      "- a\n- b",
      "a: [1",
      "a: b: c",
      "a: *x",
      "? [1]\n: 2",
      "---\na: 1\n---\nb: 2",
      "__proto__: 1",
      "%TAG ! x\n--- !y {}",
      "\t- a",
      "version: !!set {1}",
    ];
    for (const text of odd) expect(mistakes(text), JSON.stringify(text)).to.not.be.empty;
    for (const key of [
      "organization",
      "vault",
      "selection",
      "environments",
      "waves",
      "defaults",
      "access",
      "tags",
    ]) {
      for (const value of [
        "null",
        "1",
        "[]",
        "[null]",
        "{}",
        "{ prod: null }",
        "{ settings: [] }",
        "{ match: [], include: 1 }",
      ]) {
        try {
          fleetOf(
            smallText.replace(new RegExp(`^${key}:[^]*?(?=^\\S|(?![^]))`, "m"), "") +
              `${key}: ${value}\n`,
          );
        } catch (error) {
          expect((error as { code: string }).code, `${key}: ${value}`).to.equal("SPEC_INVALID");
        }
      }
    }
  });

  it("refuses files that would take the service's memory", () => {
    expect(mistakes("a: b\n".repeat(300_000))[0]).to.match(/1500000 characters/);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f"].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcde"[index]}`).join()}]`).join("\n")}\n`;
    expect(mistakes(bomb).join()).to.match(/alias/i);
  });

  it("cannot draw on the terminal of whoever reads its mistakes", () => {
    const all = mistakes(edited(["id: o-strongroom01", 'id: "\\e[31mred\\n"'])).join();
    expect(all).to.not.match(/[\x00-\x1f]/);
  });

  it("finds the places of problems that are known by pointer", () => {
    expect(
      placeProblems(smallText, [
        { message: "m", pointer: "/environments/prod/regions/1" },
        { message: "n" },
      ]),
    ).to.deep.equal([
      { message: "m", pointer: "/environments/prod/regions/1", line: 20, column: 29 },
      { message: "n" },
    ]);
  });

  it("comes with an example that is valid and says something about every key", () => {
    expect(exampleFleet().environments.map(({ name }) => name)).to.deep.equal([
      "prod",
      "staging",
      "dev",
      "shared",
    ]);
  });

  it("has a published schema that is current (npm run schema)", () => {
    const file = readFileSync(path.join(projectRoot, "stacks/fleet.schema.json"), "utf8");
    expect(JSON.parse(file)).to.deep.equal(JSON.parse(JSON.stringify(publishedSchema())));
  });

  it("describes every key in its schema", () => {
    const undescribed: string[] = [];
    const visit = (schema: Record<string, unknown>, place: string) => {
      if (schema["description"] === undefined) undescribed.push(place);
      for (const [key, value] of Object.entries(
        (schema["properties"] ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        visit(value, `${place}/${key}`);
      }
    };
    visit(publishedSchema(), "");
    expect(undescribed).to.deep.equal([]);
  });
});
