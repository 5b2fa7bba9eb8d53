import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { failuresOf, Product } from "../../support/product";

const MEMBER = "600000000031";
const TARGET = { stamps: [`access-${MEMBER}` as const] };

/** A small disk of its own, where the system lets us have one. */
class SmallDisk {
  private constructor(readonly folder: string) {}

  static mount(megabytes: number): SmallDisk | undefined {
    const folder = mkdtempSync(path.join(tmpdir(), "strongroom-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], {
        stdio: "ignore",
      });
      return new SmallDisk(folder);
    } catch {
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }

  private get filler(): string {
    return path.join(this.folder, "filler");
  }

  /** Takes what is left, to the last block. */
  fill(): void {
    try {
      execFileSync("dd", ["if=/dev/zero", `of=${this.filler}`, "bs=64k"], { stdio: "ignore" });
    } catch {
      // dd ends with an error when the disk is full, which is what was wanted.
    }
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  unmount(): void {
    execFileSync("umount", [this.folder], { stdio: "ignore" });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe("trouble around the product", function () {
  this.timeout(300_000);

  describe("bad input over HTTP and on the command line", () => {
    let product: Product;
    before(async () => {
      product = await Product.start();
    });
    after(() => product.close());

    it("names an account that does not exist, and a malformed one, and records no run", async () => {
      const unknown = await product.cli("up", "--account", "999999999999");
      expect(unknown.code).to.equal(2);
      expect(unknown.err).to.contain("999999999999");
      const malformed = await product.cli("up", "--account", "12345");
      expect(malformed.code).to.equal(2);
      expect(malformed.err).to.match(/12345|12 digits/);
      const client = await product.client();
      expect((await client.runs(10)).items).to.deep.equal([]);
    });

    it("refuses a bad token with 401 and says where the right one is", async () => {
      const answer = await fetch(`${product.url}/v1/accounts`, {
        headers: { authorization: "Bearer guessed" },
      });
      expect(answer.status).to.equal(401);
      const problem = (await answer.json()) as Record<string, unknown>;
      expect(problem["code"]).to.be.a("string");
      expect(JSON.stringify(problem)).to.not.contain("guessed");
    });

    it("shows five mistakes of a fleet file at once, each with its place", async () => {
      const file = path.join(product.folder, "five.yaml");
      writeFileSync(
        file,
        [
          "version: 1",
          "organization: nonsense",
          "vault:",
          "  account: 12",
          "  primaryRegion: Frankfurt",
          "  surprise: true",
          "environments: 7",
          "",
        ].join("\n"),
      );
      const { code, err } = await product.cli("plan", "--fleet", file);
      expect(code).to.equal(2);
      const places = err.match(/^ *\d+:\d+ /gm) ?? [];
      expect(places.length, err).to.be.greaterThanOrEqual(5);
    });

    it("says which part of the engine is missing and what to do", () => {
      const home = path.join(product.folder, "nothing-here");
      mkdirSync(home);
      const binary = path.join(product.projectFolder, "bin/strongroom.cjs");
      let failure: { status?: number; stdout?: string } = {};
      try {
        execFileSync(process.execPath, [binary, "doctor"], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
          env: { ...process.env, STRONGROOM_HOME: home, PATH: path.dirname(process.execPath) },
        });
      } catch (error) {
        failure = error as typeof failure;
      }
      expect(failure.status).to.equal(1);
      expect(failure.stdout)
        .to.match(/missing/i)
        .and.to.match(/npm run setup/);
    });
  });

  it("says that AWS cannot be reached, records nothing, and needs no restart when it is back", async () => {
    const product = await Product.start();
    try {
      await product.emulator.stop();
      const { code, err } = await product.cli("up", "--account", MEMBER);
      expect(code, err).to.not.equal(0);
      expect(err).to.match(/ORG_[A-Z]+/);
      const client = await product.client();
      expect((await client.runs(10)).items).to.deep.equal([]);
    } finally {
      await product.close();
    }
  });

  it("survives a full disk: a clear error, nothing half-recorded, and work goes on when there is space", async function () {
    const disk = SmallDisk.mount(300);
    if (disk === undefined) return this.skip();
    let product: Product | undefined;
    try {
      const folder = path.join(disk.folder, "product");
      mkdirSync(folder);
      product = await Product.start({ folder });
      disk.fill();
      const full = await product.run({ operation: "up", target: TARGET }).then(
        (run) => failuresOf(run).join(" "),
        (error: unknown) => `${(error as { code?: string }).code ?? ""} ${String(error)}`,
      );
      expect(full).to.match(/DISK_FULL|disk/i);
      disk.free();
      const again = await product.run({ operation: "up", target: TARGET });
      expect(failuresOf(again)).to.deep.equal([]);
      const client = await product.client();
      for (const { status } of (await client.runs(10)).items) {
        expect(["succeeded", "failed"]).to.include(status);
      }
    } finally {
      await product?.close();
      disk.unmount();
    }
  });
});
