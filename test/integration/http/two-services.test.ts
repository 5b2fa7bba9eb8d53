import { readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import type { Service } from "../../../server/main";
import type { Role } from "../../../server/auth/roles";
import { startLocalPostgres, type LocalPostgres } from "../../../server/store/local-postgres";
import { openStore } from "../../../server/store/store";
import { until } from "../../support/killable";
import { scratchFolder } from "../../support/runs";
import { call, serviceFolder, startTestService } from "../../support/service";

const quiet = (): void => undefined;

describe("two services on one database", function () {
  this.timeout(120_000);
  const scratch = scratchFolder("two-services");
  const folders: { remove(): Promise<void> }[] = [];
  let database: LocalPostgres;
  let one: Service;
  let other: Service;

  async function service(): Promise<Service> {
    const made = await serviceFolder();
    folders.push(made);
    return startTestService({ ...made.config, databaseUrl: database.connectionString });
  }
  before(async () => {
    database = await startLocalPostgres(path.join(scratch.path, "db"), quiet);
    [one, other] = await Promise.all([service(), service()]);
  });
  after(async () => {
    await Promise.all([one.close(), other.close()]);
    await database.stop();
    for (const folder of folders) await folder.remove();
    scratch.remove();
  });

  const json = { "content-type": "application/json" };
  const asked = async (at: Service, token: string, url = "/v1/runs"): Promise<number> =>
    (await fetch(`${at.url}${url}`, { headers: { authorization: `Bearer ${token}` } })).status;
  const make = async (at: Service, body: object) => {
    const answer = await call(at, "admin", "/v1/tokens", {
      method: "POST",
      headers: json,
      body: JSON.stringify(body),
    });
    expect(answer.status, await answer.clone().text()).to.equal(201);
    return (await answer.json()) as { id: string; token: string; subject: string };
  };
  const revoke = (at: Service, id: string) =>
    call(at, "admin", `/v1/tokens/${id}/revoke`, { method: "POST" });

  it("believe each other's tokens of the state folder", async () => {
    for (const role of ["viewer", "admin"] satisfies Role[]) {
      const token = (await readFile(one.tokenFiles[role], "utf8")).trim();
      expect(await asked(other, token)).to.equal(200);
    }
  });

  it("believe a token that one of them made at once, and none any more that the other has revoked", async () => {
    const { id, token } = await make(one, { name: "ann", role: "viewer" });
    expect(await asked(other, token)).to.equal(200);
    expect(await asked(one, token)).to.equal(200);
    expect((await revoke(other, id)).status).to.equal(200);
    expect(await asked(other, token)).to.equal(401);
    await until("the first one has heard of it", async () => (await asked(one, token)) === 401);
    const entries = (await (await call(one, "admin", "/v1/audit?limit=10")).json()) as {
      items: { action: string; subject: string; details: object }[];
    };
    const told = entries.items.map(({ action, subject, details }) => ({
      action,
      subject,
      details,
    }));
    expect(told).to.deep.include({
      action: "token.revoke",
      subject: "token:admin",
      details: { id, subject: "token:ann", role: "viewer" },
    });
    expect(JSON.stringify(entries)).not.to.contain(token);
  });

  it("go on with a sign-in at the other's page, until it ends there or its token is revoked", async () => {
    const { id, token } = await make(one, { name: "bob", role: "viewer" });
    const signIn = async (): Promise<string> => {
      const answer = await fetch(`${one.url}/login`, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/x-www-form-urlencoded", origin: one.url },
        body: new URLSearchParams({ token }).toString(),
      });
      expect(answer.status).to.equal(303);
      return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    };
    const page = async (at: Service, cookie: string): Promise<string> => {
      const answer = await fetch(`${at.url}/`, { headers: { cookie }, redirect: "manual" });
      return answer.status === 200 ? await answer.text() : String(answer.status);
    };
    const [first, second] = [await signIn(), await signIn()];
    expect(await page(other, first)).to.contain("token:bob (viewer)");
    await fetch(`${other.url}/logout`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: first, origin: other.url },
    });
    expect(await page(one, first)).to.equal("303");
    expect(await page(one, second)).to.contain("token:bob (viewer)");
    await revoke(other, id);
    expect(await page(one, second)).to.equal("303");
  });

  it("do not let the last admin's token be revoked", async () => {
    const { items } = (await (await call(one, "admin", "/v1/tokens")).json()) as {
      items: { id: string; role: string; revokedAt?: string }[];
    };
    const admins = items.filter(
      ({ role, revokedAt }) => role === "admin" && revokedAt === undefined,
    );
    expect(admins).to.have.length(2);
    const { id, token } = await make(one, { name: "eve", role: "admin" });
    const as = (target: string) =>
      fetch(`${one.url}/v1/tokens/${target}/revoke`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
    const answers = [];
    for (const admin of admins) answers.push((await as(admin.id)).status);
    expect(answers).to.deep.equal([200, 200]);
    const last = await as(id);
    expect(last.status).to.equal(409);
    expect(await last.json()).to.include({ code: "AUTH_LAST_ADMIN" });
  });
});

describe("the counts of requests in the database", () => {
  const scratch = scratchFolder("counts");
  after(() => scratch.remove());

  it("are one for all services, each window by itself", async () => {
    const stores = await Promise.all(
      [1, 2].map(() => openStore({ stateDir: scratch.path, report: quiet })),
    );
    const [first, second] = stores.map(({ access }) => access.counts);
    try {
      await first!.add(
        new Map([
          ["a", 3],
          ["b", 1],
        ]),
        60_000,
      );
      const answer = await second!.add(
        new Map([
          ["b", 1],
          ["a", 4],
        ]),
        60_000,
      );
      expect(answer.get("a")?.count).to.equal(7);
      expect(answer.get("b")?.count).to.equal(2);
      expect(answer.get("a")?.leftMs).to.be.within(1, 60_000);
      const anew = await first!.add(new Map([["a", 1]]), 0);
      expect(anew.get("a")?.count).to.equal(1);
    } finally {
      for (const store of stores) await store.close();
    }
  });
});
