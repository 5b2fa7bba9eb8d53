import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { stackLocks } from "../../../../server/backend/locks";
import { parseS3Backend } from "../../../../server/backend/s3-locks";
import { stampName } from "../../../../stacks/naming";
import { newAccount, scratchFolder } from "../../../support/runs";

describe("the locks of a state backend", () => {
  const scratch = scratchFolder("locks");
  after(() => scratch.remove());

  it("in files are listed with their owners and removed one by one", async () => {
    const stamp = stampName("member", newAccount());
    const folder = path.join(scratch.path, ".pulumi/locks/organization/strongroom", stamp);
    const locks = await stackLocks(`file://${scratch.path}`, false);
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
    const locks = await stackLocks("gs://states", false);
    expect(await locks.list(stampName("member", newAccount()))).to.deep.equal([]);
  });
});
