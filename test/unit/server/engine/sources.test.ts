import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { Sources } from "../../../../server/engine/sources";
import { scratchFolder } from "../../../support/runs";

describe("the digest of what a program is made of", () => {
  const scratch = scratchFolder("sources");
  const folder = (name: string) => path.join(scratch.path, name, "programs");
  after(() => scratch.remove());

  function fill(name: string): string {
    mkdirSync(path.join(folder(name), "kinds"), { recursive: true });
    writeFileSync(path.join(folder(name), "kinds", "member.js"), "one");
    writeFileSync(path.join(folder(name), "index.js"), "two");
    return folder(name);
  }

  it("is the same for the same content, wherever and whenever it was built", () => {
    const [here, there] = [fill("here"), fill("there")];
    utimesSync(path.join(there, "index.js"), 1, 1);
    writeFileSync(path.join(there, "index.js.map"), "paths of this machine");
    expect(new Sources([there]).digest()).to.equal(new Sources([here]).digest());
  });

  it("is another one when a file changes, comes, goes or takes another name", () => {
    const root = fill("changing");
    const sources = new Sources([root]);
    const seen = [sources.digest()];
    writeFileSync(path.join(root, "index.js"), "three");
    seen.push(sources.digest());
    writeFileSync(path.join(root, "more.js"), "four");
    seen.push(sources.digest());
    rmSync(path.join(root, "kinds"), { recursive: true });
    seen.push(sources.digest());
    rmSync(root, { recursive: true });
    seen.push(sources.digest());
    expect(new Set(seen).size).to.equal(seen.length);
  });
});
