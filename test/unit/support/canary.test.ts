import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateSync, gzipSync } from "node:zlib";

import { expect } from "chai";

import { drawCanary, findCanaries, findCanary } from "../../support/canary";

describe("the search for a canary", () => {
  const canary = drawCanary();
  const other = drawCanary();
  const inJson = JSON.stringify({ a: canary });

  const hidden: Readonly<Record<string, string | Buffer>> = {
    "as it is": `before ${canary} after`,
    "in JSON": inJson,
    "in JSON within JSON": JSON.stringify({ line: inJson }),
    "in JSON of ASCII letters": inJson.replace(/é/g, "\\u00e9"),
    "in JSON as Go writes it": inJson.replace(/&/g, "\\u0026").replace(/</g, "\\u003c"),
    "in an address": `http://localhost/?x=${encodeURIComponent(canary)}`,
    "in a form": new URLSearchParams({ x: canary }).toString(),
    "in HTML": `<b>${canary.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;")}</b>`,
    "in base64": Buffer.from(canary).toString("base64"),
    "in base64, one letter later": Buffer.from(`x${canary}y`).toString("base64"),
    "in base64, two letters later": Buffer.from(`xx${canary}yz`).toString("base64"),
    "in base64 for addresses": Buffer.from(`x${canary}`).toString("base64url"),
    "in base64 within JSON, of JSON": JSON.stringify({ x: Buffer.from(inJson).toString("base64") }),
    "in base64 of base64": Buffer.from(Buffer.from(canary).toString("base64")).toString("base64"),
    "in hex": Buffer.from(canary).toString("hex"),
    "in gzip": gzipSync(inJson),
    "in gzip behind other bytes": Buffer.concat([Buffer.from([0, 1, 2, 0x1f]), gzipSync(canary)]),
    "in gzip that was cut off": gzipSync(canary).subarray(0, -6),
    "in gzip within gzip": gzipSync(gzipSync(canary)),
    "in gzip within base64": JSON.stringify({ data: gzipSync(inJson).toString("base64") }),
    "in zlib": Buffer.concat([Buffer.from("x"), deflateSync(canary)]),
  };

  for (const [where, data] of Object.entries(hidden)) {
    it(`finds it ${where}, and no other in its place`, () => {
      expect(findCanary(Buffer.from(data), canary)).not.to.deep.equal([]);
      expect(findCanary(Buffer.from(data), other)).to.deep.equal([]);
    });
  }

  it("finds one that was cut off", () => {
    expect(findCanary(Buffer.from(`x${canary.slice(0, 20)}`), canary)).to.deep.equal(["in part"]);
    const cut = Buffer.from(inJson).toString("base64").slice(0, 30);
    expect(findCanary(Buffer.from(cut), canary)).to.deep.equal(["in part"]);
  });

  it("names the forms", () => {
    expect(findCanary(Buffer.from(canary), canary)).to.deep.equal(["raw"]);
    expect(findCanary(gzipSync(inJson), canary)).to.deep.equal(["JSON in gzip"]);
  });

  it("looks into every file of a folder and at its name, but for those that may hold it", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "canary-"));
    try {
      mkdirSync(path.join(folder, "deep/er"), { recursive: true });
      writeFileSync(path.join(folder, "deep/er/log"), inJson);
      writeFileSync(path.join(folder, "store"), canary);
      writeFileSync(path.join(folder, `a${Buffer.from(canary).toString("hex")}`), "");
      writeFileSync(path.join(folder, "clean"), "nothing");
      const { files, hits } = findCanaries(folder, [other, canary], (file) => file === "store");
      expect(files).to.equal(3);
      expect(hits).to.have.length(2);
      expect(hits).to.include("deep/er/log: JSON");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
