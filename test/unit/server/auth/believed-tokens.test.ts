import { expect } from "chai";

import { BelievedTokens } from "../../../../server/auth/believed-tokens";
import { createTokenService } from "../../../../server/auth/token-service";
import { newToken } from "../../../../server/auth/token-form";
import { AppError } from "../../../../stacks/errors";
import { MemoryTokens } from "../../../support/fake-access";

describe("the tokens that are believed", () => {
  let table: MemoryTokens;
  let now: number;
  let wallClock: Date;
  let believed: BelievedTokens;
  beforeEach(() => {
    table = new MemoryTokens();
    now = 1_000_000;
    wallClock = new Date("2026-01-02T00:00:00.000Z");
    believed = new BelievedTokens(table, { now: () => now, wallClock: () => wallClock });
  });
  const service = () => createTokenService(table, believed, () => wallClock);
  const make = async (more: { expiresInDays?: number; organizationalUnits?: string[] } = {}) =>
    service().create({ name: "ann", role: "operator", ...more }, "token:admin");

  it("say who the bearer is, in which units, and which token it was", async () => {
    const { token, id } = await make({ organizationalUnits: ["workloads/a"] });
    expect(await believed.authenticate(token)).to.deep.equal({
      subject: "token:ann",
      role: "operator",
      organizationalUnits: ["workloads/a"],
      tokenId: id,
    });
    expect(await believed.authenticate(`${token.slice(0, -1)}_`)).to.equal(undefined);
  });

  it("do not ask the database for each request", async () => {
    const { token } = await make();
    for (let n = 0; n < 50; n++) await believed.authenticate(token);
    expect(table.readings).to.equal(1);
  });

  it("do not ask the database about what cannot be a token", async () => {
    for (const text of ["", "viewer-token", "sr_owner_x", `${newToken("viewer")}x`]) {
      expect(await believed.authenticate(text)).to.equal(undefined);
    }
    expect(table.readings).to.equal(0);
  });

  it("end when they are revoked here, and when another service says so", async () => {
    const { token, id } = await make();
    await believed.authenticate(token);
    await service().revoke(id, "token:admin");
    expect(await believed.authenticate(token)).to.equal(undefined);

    const second = await make();
    await believed.authenticate(second.token);
    await table.revoke(second.id);
    expect(await believed.authenticate(second.token)).not.to.equal(undefined);
    believed.changed();
    expect(await believed.authenticate(second.token)).to.equal(undefined);
  });

  it("end a little later where the other service was not heard", async () => {
    const { token, id } = await make();
    await believed.authenticate(token);
    await table.revoke(id);
    now += 5001;
    expect(await believed.authenticate(token)).to.equal(undefined);
  });

  it("know at once what another service has just made", async () => {
    await believed.authenticate(newToken("viewer"));
    const elsewhere = createTokenService(table, { changed: () => undefined });
    const { token } = await elsewhere.create({ name: "bob", role: "viewer" }, "token:admin");
    expect(await believed.authenticate(token)).to.include({ subject: "token:bob" });
  });

  it("end at their time", async () => {
    const { token } = await make({ expiresInDays: 1 });
    expect(await believed.authenticate(token)).not.to.equal(undefined);
    wallClock = new Date("2026-01-03T00:00:00.000Z");
    expect(await believed.authenticate(token)).to.equal(undefined);
  });

  it("are believed for a minute while the database cannot be reached, and not longer", async () => {
    const { token } = await make();
    await believed.authenticate(token);
    table.failure = new AppError("RUN_STORE", "the database cannot be reached");
    now += 59_000;
    expect(await believed.authenticate(token)).not.to.equal(undefined);
    now += 2000;
    const error = await believed.authenticate(token).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "RUN_STORE" });
  });
});

describe("the service of tokens", () => {
  it("does not bound an admin to units", async () => {
    const made = createTokenService(new MemoryTokens(), { changed: () => undefined });
    const error = await made
      .create({ name: "a", role: "admin", organizationalUnits: ["workloads"] }, "token:admin")
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "SPEC_INVALID" });
  });

  it("says that there is no such token", async () => {
    const made = createTokenService(new MemoryTokens(), { changed: () => undefined });
    const error = await made.revoke("tok-1", "token:admin").catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "TOKEN_NOT_FOUND" });
  });
});
