import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { execa } from "execa";

import { testApp } from "../../support/http-app";

const root = path.resolve(__dirname, "../../../..");

interface Finding {
  readonly ruleId: string;
  readonly severity: string;
  readonly message: string;
}

describe("the OpenAPI document", () => {
  let folder: string;
  let document: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-openapi-"));
    const { app } = await testApp();
    document = (await app.inject({ url: "/openapi.json" })).body;
    await app.close();
  });
  after(() => rm(folder, { recursive: true }));

  async function lint(text: string): Promise<readonly Finding[]> {
    const file = path.join(folder, "openapi.json");
    await writeFile(file, text);
    const cli = path.join(root, "node_modules/@redocly/cli/bin/cli.js");
    const { stdout } = await execa(process.execPath, [cli, "lint", file, "--format=json"], {
      reject: false,
      env: { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    });
    return (JSON.parse(stdout.slice(stdout.indexOf("{"))) as { problems: Finding[] }).problems;
  }

  it("has no mistake", async () => {
    expect(JSON.parse(document)).to.include({ openapi: "3.1.0" });
    // The probes of a balancer carry nothing that could be wrong.
    const rest = (await lint(document)).filter(({ ruleId }) => ruleId !== "operation-4xx-response");
    expect(rest.map(({ ruleId, message }) => `${ruleId}: ${message}`)).to.deep.equal([]);
  }).timeout(60_000);

  it("would not pass with one", async () => {
    const broken = { ...(JSON.parse(document) as object), info: undefined };
    const findings = await lint(JSON.stringify(broken));
    expect(findings.map(({ ruleId }) => ruleId)).to.include("struct");
  }).timeout(60_000);
});
