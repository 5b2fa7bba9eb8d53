import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { exemptionsFile } from "../../../../server/engine/exemptions";
import { Identifier } from "../../../../server/engine/identity";
import { AppError } from "../../../../stacks/errors";
import { exemptionsDigest } from "../../../../stacks/exemptions-digest";
import { fleetPlan, newAccount, scratchFolder } from "../../../support/runs";

const RULE = "bucket-object-locked";
const entry = (more: string) =>
  `  - { rule: ${RULE}, reason: Made again each day., owner: platform, expires: "2999-01-31", ${more} }\n`;

describe("the service's file of exemptions", () => {
  const scratch = scratchFolder("exemptions");
  const file = path.join(scratch.path, "exemptions.yaml");
  const write = (...entries: string[]) =>
    writeFileSync(file, `version: 1\nexemptions:\n${entries.join("")}`);
  const [account, other] = [newAccount(), newAccount()];
  const { stamps } = fleetPlan([account, other]);
  const [stamp, elsewhere] = [account, other].map((id) =>
    stamps.find(({ accountId }) => accountId === id)!,
  ) as [(typeof stamps)[number], (typeof stamps)[number]];
  after(() => scratch.remove());

  it("is refused at the start with every mistake in it", () => {
    write(entry("stack: a").replace(RULE, "no-such-rule"), entry("x: 1"), entry("stack: b"));
    const refused = () => exemptionsFile(file, [RULE]);
    expect(refused).to.throw(AppError, "exemptions.yaml has");
    rmSync(file);
    expect(refused).to.throw(AppError, "cannot be read (ENOENT)");
  });

  it("is read again when it changes, and a mistake that came later is refused then", () => {
    write(entry(`stack: ${stamp.stamp}`));
    const source = exemptionsFile(file, [RULE]);
    expect(source(stamp.stamp)).to.have.length(1);
    expect(source(elsewhere.stamp)).to.deep.equal([]);
    write(entry(`stack: ${stamp.stamp}`), entry("resource: logs"));
    expect(source(stamp.stamp)).to.have.length(2);
    write("  - broken\n");
    expect(() => source(stamp.stamp)).to.throw(AppError);
  });

  it("is part of what makes a stamp unchanged: of the stamps that it is about, and of no others", async () => {
    write(entry(`stack: ${stamp.stamp}`));
    const identifier = new Identifier({
      program: [],
      packs: [],
      parts: [],
      secretsProvider: "passphrase",
      states: undefined,
      exemptions: exemptionsFile(file, [RULE]),
    });
    const inputs = async () =>
      (await identifier.identify([stamp, elsewhere])).map((one) => one.inputs);
    const before = await inputs();
    expect(await inputs()).to.deep.equal(before);
    write(entry(`stack: ${stamp.stamp}`).replace("2999", "2998"));
    const after = await inputs();
    expect(after[0]).to.not.equal(before[0]);
    expect(after[1]).to.equal(before[1]);
  });

  it("counts as another one from the day on which an exemption has expired", () => {
    write(entry(`stack: ${stamp.stamp}`));
    const exemptions = exemptionsFile(file, [RULE])(stamp.stamp);
    const at = (today: string) => exemptionsDigest(exemptions, today);
    expect(at("2999-01-31")).to.equal(at("2026-01-01"));
    expect(at("2999-02-01")).to.not.equal(at("2999-01-31"));
    expect(exemptionsDigest([])).to.equal(undefined);
  });
});
