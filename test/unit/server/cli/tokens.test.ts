import { expect } from "chai";

import { listeningService, type Service, strongroom } from "./harness";

describe("strongroom tokens", () => {
  let service: Service;
  beforeEach(async () => {
    service = await listeningService();
  });
  afterEach(() => service.close());

  it("lists whose they are and how far they go, never the tokens", async () => {
    const { exit, stdout } = await strongroom(service, ["tokens"]);
    expect(exit).to.equal(0);
    expect(stdout).to.match(
      /tok-0123456789abcdef +token:bob +viewer +workloads\/prod +2026-01-02 +token:admin +good until 2027-01-02/,
    );
  });

  it("prints a new one alone on standard output", async () => {
    const { exit, stdout, stderr } = await strongroom(service, [
      ...["tokens", "create", "ann", "--role", "operator"],
      ...["--ou", "workloads/a", "workloads/b", "--expires-in-days", "30"],
    ]);
    expect(exit, stderr).to.equal(0);
    expect(stdout).to.match(/^sr_operator_[\w-]{43}\n$/);
    expect(stderr).to.contain("token:ann").and.not.to.contain(stdout.trim());
    const { stdout: list } = await strongroom(service, ["tokens", "--json"]);
    const { items } = JSON.parse(list) as { items: object[] };
    expect(items[1]).to.deep.include({
      subject: "token:ann",
      role: "operator",
      organizationalUnits: ["workloads/a", "workloads/b"],
      createdBy: "token:admin",
    });
    expect(list).not.to.contain(stdout.trim());
  });

  it("revokes one, and says when there is none", async () => {
    const id = "tok-0123456789abcdef";
    expect(await strongroom(service, ["tokens", "revoke", id])).to.include({
      exit: 0,
      stdout: `${id} of token:bob is revoked.\n`,
    });
    expect((await strongroom(service, ["tokens"])).stdout).to.contain("revoked 2026-01-02");
    const none = await strongroom(service, ["tokens", "revoke", "tok-ffffffffffffffff"]);
    expect(none.exit).to.equal(2);
    expect(none.stderr).to.contain("TOKEN_NOT_FOUND").and.to.contain("strongroom tokens");
  });

  it("needs the role admin", async () => {
    const { exit, stderr } = await strongroom(service, ["tokens"], {
      io: { environment: { STRONGROOM_TOKEN: "approver-token" } },
    });
    expect(exit).to.equal(4);
    expect(stderr).to.contain("This needs the role admin; yours is approver.");
  });

  for (const argv of [
    ["tokens", "create", "ann"],
    ["tokens", "create", "ann", "--role", "owner"],
    ["tokens", "create", "no spaces", "--role", "viewer"],
    ["tokens", "create", "ann", "--role", "admin", "--ou", "workloads"],
  ]) {
    it(`refuses ${argv.join(" ")}`, async () => {
      expect((await strongroom(service, argv)).exit).to.equal(2);
    });
  }
});
