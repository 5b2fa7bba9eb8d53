import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { unzipSync } from "fflate";

import { zipOf } from "../../../bench/zip";

describe("A folder as a zip", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "strongroom-zip-"));
  after(() => rmSync(folder, { recursive: true }));

  it("holds every file by its path, and has the same bytes whenever the files were written", () => {
    mkdirSync(path.join(folder, "lib"));
    writeFileSync(path.join(folder, "index.js"), "one");
    writeFileSync(path.join(folder, "lib", "two.js"), "two");
    const first = zipOf(folder);
    const texts = Object.entries(unzipSync(first)).map(([name, bytes]) => [
      name,
      Buffer.from(bytes).toString(),
    ]);
    expect(texts).to.deep.equal([
      ["index.js", "one"],
      ["lib/two.js", "two"],
    ]);
    utimesSync(path.join(folder, "index.js"), 1_000_000_000, 1_000_000_000);
    expect(Buffer.from(zipOf(folder)).equals(Buffer.from(first))).to.equal(true);
  });
});
