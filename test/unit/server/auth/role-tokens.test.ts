import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { ROLES } from "../../../../server/auth/roles";
import { openRoleTokens } from "../../../../server/auth/role-tokens";
import { looksLikeToken, tokenDigest } from "../../../../server/auth/token-form";
import type { AppError } from "../../../../stacks/errors";

describe("the tokens of a state folder", () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-tokens-"));
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  const read = async (file: string): Promise<string> => (await readFile(file, "utf8")).trim();

  it("are made at first start, one per role, for the owner's eyes only", async () => {
    const { paths, tokens } = await openRoleTokens(stateDir);
    const files = await readdir(stateDir);
    expect(files.toSorted()).to.deep.equal([
      "token-admin",
      "token-approver",
      "token-operator",
      "token-viewer",
      "tokens.json",
    ]);
    for (const file of files) {
      expect((await stat(path.join(stateDir, file))).mode & 0o077, file).to.equal(0);
    }
    const digests = await read(path.join(stateDir, "tokens.json"));
    for (const role of ROLES) {
      const token = await read(paths[role]);
      expect(looksLikeToken(token)).to.equal(true);
      expect(digests).not.to.contain(token.slice(-43));
      const kept = tokens.find((one) => one.role === role);
      expect(kept).to.include({
        subject: `token:${role}`,
        sha256: tokenDigest(token).toString("hex"),
      });
    }
  });

  it("are the same after a restart, and those that were taken away are not made again", async () => {
    const { paths, tokens } = await openRoleTokens(stateDir);
    await rm(paths.approver);
    expect((await openRoleTokens(stateDir)).tokens).to.deep.equal(tokens);
    expect(await readdir(stateDir)).not.to.include("token-approver");
  });

  it("get the one of a role that the folder did not know yet, without a change to the others", async () => {
    const { paths } = await openRoleTokens(stateDir);
    const file = path.join(stateDir, "tokens.json");
    const known = JSON.parse(await read(file)) as { tokens: { role: string }[] };
    const older = known.tokens.filter(({ role }) => role !== "admin");
    await writeFile(file, JSON.stringify({ version: 1, tokens: older }));
    const before = [await read(paths.viewer), await read(paths.admin)];
    const { tokens } = await openRoleTokens(stateDir);
    const after = [await read(paths.viewer), await read(paths.admin)];
    expect(after[0]).to.equal(before[0]);
    expect(after[1]).not.to.equal(before[1]);
    const admin = tokenDigest(after[1]!).toString("hex");
    expect(tokens.find(({ role }) => role === "admin")?.sha256).to.equal(admin);
  });

  for (const content of [
    "",
    "{",
    "null",
    "[]",
    '{"version":1,"tokens":[]}',
    '{"version":1,"tokens":[null]}',
  ]) {
    it(`are not made anew over a file that cannot be read: ${content}`, async () => {
      await writeFile(path.join(stateDir, "tokens.json"), content);
      const error = await openRoleTokens(stateDir).then(
        () => undefined,
        (thrown: unknown) => thrown as AppError,
      );
      expect(error?.code).to.equal("SPEC_SETTINGS");
      expect(await readFile(path.join(stateDir, "tokens.json"), "utf8")).to.equal(content);
    });
  }
});
