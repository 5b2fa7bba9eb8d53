import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { cacheKey, fillOnce } from "../../../engine/cache";

describe("the tool cache", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "strongroom-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const source = (name: string, text: string): void => {
    mkdirSync(path.join(folder, "src"), { recursive: true });
    writeFileSync(path.join(folder, "src", name), text);
  };
  const key = (...recipe: string[]): string =>
    cacheKey("1.2.3", path.join(folder, "src"), ...recipe);

  it("names a part by its version and the contents of its sources", () => {
    source("main.go", "package main");
    const before = key();
    expect(before).to.match(/^1\.2\.3-[0-9a-f]{12}$/);
    source("main.go", "package other");
    expect(key()).not.to.equal(before);
  });

  it("makes another part of another recipe, machine or file name", () => {
    source("main.go", "package main");
    const before = key("linux", "x64");
    expect(key("linux", "arm64")).not.to.equal(before);
    rmSync(path.join(folder, "src", "main.go"));
    source("other.go", "package main");
    expect(key("linux", "x64")).not.to.equal(before);
  });

  it("does not build again for a changed Go test", () => {
    source("main.go", "package main");
    const before = key();
    source("main_test.go", "package main");
    expect(key()).to.equal(before);
  });

  it("fills a folder once, however many ask for it at the same time", async () => {
    const target = path.join(folder, "part");
    let fillings = 0;
    const fill = async (draft: string): Promise<void> => {
      fillings += 1;
      await Promise.resolve();
      writeFileSync(path.join(draft, "program"), "");
    };
    await Promise.all([1, 2, 3].map(() => fillOnce(target, fill)));
    expect(fillings).to.equal(1);
    expect(readdirSync(target)).to.deep.equal(["program"]);
    expect(readdirSync(folder)).to.deep.equal(["part"]);
  });

  it("leaves nothing behind when filling fails, and lets the next one try", async () => {
    const target = path.join(folder, "part");
    const failure = await fillOnce(target, (draft) => {
      writeFileSync(path.join(draft, "half"), "");
      return Promise.reject(new Error("no space"));
    }).catch((error: unknown) => error);
    expect(failure).to.have.property("message", "no space");
    expect(readdirSync(folder)).to.deep.equal([]);
    await fillOnce(target, () => Promise.resolve());
    expect(existsSync(target)).to.equal(true);
  });

  it("takes over the lock of a process that is gone", async () => {
    const target = path.join(folder, "part");
    // No process has this id: the largest one that Linux gives is 4194304.
    writeFileSync(`${target}.lock`, "4999999");
    await fillOnce(target, () => Promise.resolve());
    expect(existsSync(target)).to.equal(true);
  });
});
