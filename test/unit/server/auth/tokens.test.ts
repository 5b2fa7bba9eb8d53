import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { ROLES } from "../../../../server/auth/roles";
import { Sessions } from "../../../../server/auth/sessions";
import { openTokens } from "../../../../server/auth/tokens";
import { AppError } from "../../../../stacks/errors";

describe("the tokens", () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-tokens-"));
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  it("are made at first start, one per role, for the owner's eyes only", async () => {
    const { paths, authenticator } = await openTokens(stateDir);
    const files = await readdir(stateDir);
    expect(files.toSorted()).to.deep.equal([
      "token-approver",
      "token-operator",
      "token-viewer",
      "tokens.json",
    ]);
    for (const file of files) {
      expect((await stat(path.join(stateDir, file))).mode & 0o077, file).to.equal(0);
    }
    const digests = await readFile(path.join(stateDir, "tokens.json"), "utf8");
    for (const role of ROLES) {
      const token = (await readFile(paths[role], "utf8")).trim();
      expect(token.length).to.be.greaterThan(40);
      expect(digests).not.to.contain(token.slice(-43));
      expect(await authenticator.authenticate(token)).to.deep.equal({
        subject: `token:${role}`,
        role,
      });
      expect(await authenticator.authenticate(`${token}x`)).to.equal(undefined);
    }
    expect(await authenticator.authenticate("")).to.equal(undefined);
  });

  it("are still good after a restart", async () => {
    const { paths } = await openTokens(stateDir);
    const token = (await readFile(paths.viewer, "utf8")).trim();
    const { authenticator } = await openTokens(stateDir);
    expect(await authenticator.authenticate(token)).to.include({ role: "viewer" });
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
      const error = await openTokens(stateDir).then(
        () => undefined,
        (thrown: unknown) => thrown as AppError,
      );
      expect(error?.code).to.equal("SPEC_SETTINGS");
      expect(await readFile(path.join(stateDir, "tokens.json"), "utf8")).to.equal(content);
    });
  }
});

describe("the sessions", () => {
  const principal = { subject: "token:viewer", role: "viewer" } as const;

  it("end after their time, and when they are ended", () => {
    let now = 0;
    const sessions = new Sessions({ lifetimeSeconds: 10, now: () => now });
    const first = sessions.start(principal);
    const second = sessions.start(principal);
    sessions.end(second);
    expect(sessions.find(second)).to.equal(undefined);
    now = 9999;
    expect(sessions.find(first)).to.equal(principal);
    now = 10_000;
    expect(sessions.find(first)).to.equal(undefined);
  });

  it("do not grow without end: the oldest goes", () => {
    const sessions = new Sessions({ limit: 2 });
    const [a, b, c] = [1, 2, 3].map(() => sessions.start(principal));
    expect([a, b, c].map((id) => sessions.find(id!) !== undefined)).to.deep.equal([
      false,
      true,
      true,
    ]);
  });
});
