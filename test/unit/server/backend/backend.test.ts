import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { stackBackend } from "../../../../server/backend/backend";
import { parseS3Backend } from "../../../../server/backend/s3-client";
import { stampName } from "../../../../stacks/naming";
import { newAccount, scratchFolder } from "../../../support/runs";

describe("the states of a backend in files", () => {
  const scratch = scratchFolder("states");
  after(() => scratch.remove());
  const stamp = stampName("member", newAccount());
  const put = (file: string, text: string): void => {
    const place = path.join(scratch.path, ".pulumi", file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  };
  const state = `stacks/strongroom/${stamp}.json`;

  it("have a sign that differs after every write, and none where there is no state", async () => {
    const { states } = await stackBackend(`file://${scratch.path}`, false);
    const sign = async () => (await states?.signs([stamp]))?.get(stamp);
    expect(await sign()).to.equal(undefined);
    put(state, "one");
    const first = await sign();
    expect(first).to.be.a("string");
    expect(await sign()).to.equal(first);
    put(state, "two, longer");
    expect(await sign()).to.not.equal(first);
  });

  it("have earlier versions: the last one that was overwritten, then those after each update, newest first", async () => {
    const { states } = await stackBackend(`file://${scratch.path}`, false);
    put(state, "now");
    put(`${state}.bak`, "last");
    put(`${state}.bak.attrs`, "no state");
    put(`backups/strongroom/${stamp}/${stamp}.999.json`, "older");
    put(`backups/strongroom/${stamp}/${stamp}.1000.json`, "old");
    put(`backups/strongroom/${stamp}/${stamp}.1000.json.attrs`, "no state");
    const earlier = (await states?.earlier(stamp)) ?? [];
    expect(await states?.read(stamp)).to.equal("now");
    const texts = await Promise.all(earlier.map((version) => version.read()));
    expect(texts).to.deep.equal(["last", "old", "older"]);
    expect(earlier[0]?.name).to.equal(path.join(scratch.path, ".pulumi", `${state}.bak`));
  });
});

describe("the locks of a state backend", () => {
  const scratch = scratchFolder("locks");
  after(() => scratch.remove());

  it("in files are listed with their owners and removed one by one", async () => {
    const stamp = stampName("member", newAccount());
    const folder = path.join(scratch.path, ".pulumi/locks/organization/strongroom", stamp);
    const { locks } = await stackBackend(`file://${scratch.path}`, false);
    expect(await locks.list(stamp)).to.deep.equal([]);
    mkdirSync(folder, { recursive: true });
    const lock = { pid: 7, username: "u", hostname: "h", timestamp: "2026-11-23T21:19:46Z" };
    writeFileSync(path.join(folder, "a.json"), JSON.stringify(lock));
    writeFileSync(path.join(folder, "a.json.attrs"), "{}");
    writeFileSync(path.join(folder, "b.json"), "torn");
    expect(await locks.list(stamp)).to.deep.equal([{ id: "a", ...lock }, { id: "b" }]);
    await locks.remove(stamp, "a");
    expect(readdirSync(folder)).to.deep.equal(["b.json"]);
  });

  it("in S3 are where the address says", () => {
    expect(parseS3Backend("s3://states")).to.deep.equal({
      bucket: "states",
      prefix: "",
      forcePathStyle: false,
    });
    expect(
      parseS3Backend(
        "s3://states/team/a?region=eu-central-1&endpoint=localhost:4566&disableSSL=true&s3ForcePathStyle=true&profile=p",
      ),
    ).to.deep.equal({
      bucket: "states",
      prefix: "team/a/",
      region: "eu-central-1",
      profile: "p",
      endpoint: "http://localhost:4566",
      forcePathStyle: true,
    });
  });

  it("elsewhere are never removed, because nobody knows how to read them", async () => {
    const { locks } = await stackBackend("gs://states", false);
    expect(await locks.list(stampName("member", newAccount()))).to.deep.equal([]);
  });
});
