import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { demoFleet } from "../../../emulator/fleet";
import { emulatorFolder } from "../../../emulator/files";
import { readOrganizationFile, type OrganizationFile } from "../../../emulator/organization-file";
import { describeOrganization } from "../../../emulator/start";
import { buildWorld, drawValue } from "../../../emulator/world";
import { isRecentPython } from "../../../emulator/prepare";
import { parseFleetFile } from "../../../stacks/fleet-file";
import { isAccountId } from "../../../stacks/naming";

describe("the world of a seed file", () => {
  let file: OrganizationFile;
  before(async () => {
    file = await readOrganizationFile();
  });

  it("is the same each time", () => {
    expect(buildWorld(file, 200)).to.deep.equal(buildWorld(file, 200));
  });

  it("holds the number of members asked for, each with its own valid id and a unit that exists", () => {
    const world = buildWorld(file, 1000);
    expect(world.accounts).to.have.length(1003);
    expect(new Set(world.accounts.map(({ id }) => id)).size).to.equal(1003);
    expect(new Set(world.accounts.map(({ name }) => name)).size).to.equal(1003);
    const places = new Set([file.rootId, ...world.units.map(({ id }) => id)]);
    for (const account of world.accounts) {
      expect(isAccountId(account.id), account.id).to.be.true;
      expect(places.has(account.parentId), account.parentId).to.be.true;
    }
  });

  it("keeps all accounts of the file when fewer members are asked for", () => {
    expect(buildWorld(file, 1).accounts).to.have.length(file.accounts.length);
  });

  it("nests units below their parents with the paths of Organizations", () => {
    const { units } = buildWorld(file);
    const prod = units.find(({ path: place }) => place === "/workloads/prod/");
    const workloads = units.find(({ path: place }) => place === "/workloads/");
    expect(prod?.parentId).to.equal(workloads?.id);
    expect(workloads?.parentId).to.equal("r-demo");
    expect(prod?.id).to.match(/^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/);
  });
});

describe("the drawn value of a secret", () => {
  const secret = { name: "a/b", value: { kind: "text", length: 40 } } as const;

  it("is the same for the same seed, account and name, and another one for any other", () => {
    const value = drawValue("seed", "111122223333", secret);
    expect(drawValue("seed", "111122223333", secret)).to.deep.equal(value);
    expect(drawValue("other", "111122223333", secret)).to.not.deep.equal(value);
    expect(drawValue("seed", "111122223334", secret)).to.not.deep.equal(value);
    expect(drawValue("seed", "111122223333", { ...secret, name: "a/c" })).to.not.deep.equal(value);
  });

  it("has the length and kind asked for", () => {
    const draw = (value: Parameters<typeof drawValue>[2]["value"]) =>
      drawValue("seed", "111122223333", { name: "x", value });
    expect(draw({ kind: "text", length: 65000 }))
      .to.have.property("SecretString")
      .of.length(65000);
    const binary = draw({ kind: "binary", length: 1679 }) as { SecretBinary: string };
    expect(Buffer.from(binary.SecretBinary, "base64")).to.have.length(1679);
    expect(draw({ kind: "blank" })).to.deep.equal({ SecretString: " " });
    expect(draw({ kind: "json", fields: [] })).to.deep.equal({ SecretString: "{}" });
    const json = draw({ kind: "json", fields: ["password", "名前"] }) as { SecretString: string };
    expect(Object.keys(JSON.parse(json.SecretString) as object)).to.deep.equal([
      "password",
      "名前",
    ]);
  });
});

describe("the fleet file of the demo", () => {
  it("fits the seed file and is a valid fleet file", async () => {
    const text = demoFleet(describeOrganization(await readOrganizationFile()));
    expect(parseFleetFile(text, "fleet.demo.yaml").organization.id).to.equal("o-strongroom");
    const shipped = readFileSync(path.join(emulatorFolder(), "fleet.demo.yaml"), "utf8");
    expect(shipped, "run: node dist/emulator/main.js fleet > emulator/fleet.demo.yaml").to.equal(
      text,
    );
  });
});

describe("the Python that the emulator needs", () => {
  it("is 3.10 or later", () => {
    expect(["3.9.18", "2.7.18", "3.2.0"].map(isRecentPython)).to.deep.equal([false, false, false]);
    expect(["3.10.0", "3.11.7", "4.0.0"].map(isRecentPython)).to.deep.equal([true, true, true]);
  });
});
