import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { RULES } from "../../../../policies/rules";
import { strongroom, type Result } from "./harness";

interface Line {
  readonly rule: string;
  readonly resource: string;
  readonly verdict: string;
  readonly message: string;
  readonly file?: string;
}

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const key = (props: object, name = "k") => ({ type: "aws:kms/key:Key", name, props });
const bucket = { type: "aws:s3/bucket:Bucket", name: "logs", props: {} };
const versioning = (reference: string, status = "Enabled") => ({
  type: "aws:s3/bucketVersioning:BucketVersioning",
  name: "versions",
  props: { bucket: reference, versioningConfiguration: { status } },
});

/** Evaluates what comes in on standard input. */
async function evaluated(
  resources: unknown,
  ...argv: string[]
): Promise<Result & { lines: Line[] }> {
  const result = await strongroom(undefined, ["policy", "evaluate", "-", "--json", ...argv], {
    io: { readInput: () => Promise.resolve(JSON.stringify(resources)) },
  });
  return { ...result, lines: JSON.parse(result.stdout) as Line[] };
}

const verdictOf = (lines: readonly Line[], rule: string): string[] =>
  lines.filter((line) => line.rule === rule).map(({ verdict }) => verdict);

describe("`strongroom policy list`", () => {
  it("prints every rule with its metadata, without starting a service", async () => {
    const { exit, stdout } = await strongroom(undefined, ["policy", "list", "--json"]);
    expect(exit).to.equal(0);
    const listed = JSON.parse(stdout) as { id: string; corresponds: string[] }[];
    expect(listed.map(({ id }) => id)).to.deep.equal(RULES.map(({ id }) => id));
    const rotation = listed.find(({ id }) => id === "kms-key-rotation-enabled");
    expect(rotation).to.include({ severity: "high", level: "mandatory", scope: "resource" });
    expect(rotation?.corresponds).to.include.members(["KMS.4", "CKV_AWS_7", "F19"]);
    expect(rotation).to.have.nested.property("frameworks.AWS FSBP");
    expect(listed.find(({ id }) => id === "secret-rotation-frequent")).to.have.nested.property(
      "configSchema.properties.maximumDays.maximum",
      1000,
    );
  });

  it("prints a table for people", async () => {
    const { stdout } = await strongroom(undefined, ["policy", "list"]);
    expect(stdout).to.match(/^RULE +LEVEL +SEVERITY +CHECKS\n/);
    expect(stdout).to.contain(`${RULES.length} rules.`);
  });
});

describe("`strongroom policy evaluate`", () => {
  it("prints a verdict for each rule and resource, and ends with 1 where a mandatory rule failed", async () => {
    const { exit, lines } = await evaluated([key({ enableKeyRotation: false })]);
    expect(exit).to.equal(1);
    expect(lines).to.deep.include({
      rule: "kms-key-rotation-enabled",
      resource: "k",
      verdict: "fail",
      message: 'Key "k" does not rotate. Set enableKeyRotation to true.',
    });
    expect(verdictOf(lines, "kms-key-lockout-check-kept")).to.deep.equal(["pass"]);
    expect(verdictOf(lines, "bucket-versioned")).to.deep.equal([]);
  });

  it("ends with 0 where nothing mandatory is wrong", async () => {
    const { exit, lines } = await evaluated([
      { type: "aws:iam/rolePolicy:RolePolicy", name: "p", props: { policy: "" } },
    ]);
    expect(lines.filter(({ verdict }) => verdict !== "pass")).to.deep.equal([]);
    expect(exit).to.equal(0);
  });

  it("leaves undetermined what is not known yet, and ends with 1 for it on a type that matters for security", async () => {
    const { exit, lines } = await evaluated([
      {
        type: "aws:iam/rolePolicy:RolePolicy",
        name: "p",
        props: { policy: UNKNOWN },
      },
    ]);
    expect(verdictOf(lines, "iam-policy-no-administrator")).to.deep.equal(["undetermined"]);
    expect(exit).to.equal(1);
  });

  it("joins the parts of a resource by reference, by name, by physical name and by dependency", async () => {
    const named = { ...bucket, props: { bucket: "company-logs" } };
    const unknown = {
      ...versioning(UNKNOWN),
      propertyDependencies: { bucket: ["logs"] },
    };
    for (const given of [
      [bucket, versioning("${logs.id}")],
      [bucket, versioning("${logs}")],
      [bucket, versioning("logs")],
      [named, versioning("company-logs")],
      [named, versioning("${logs.bucket}")],
      [bucket, unknown],
    ]) {
      const { lines } = await evaluated(given);
      expect(verdictOf(lines, "bucket-versioned"), JSON.stringify(given)).to.deep.equal(["pass"]);
    }
    const { lines } = await evaluated([bucket, versioning(UNKNOWN)]);
    expect(verdictOf(lines, "bucket-versioned")).to.deep.equal(["undetermined"]);
  });

  it("does not guess options that the file says nothing of", async () => {
    expect(verdictOf((await evaluated([bucket])).lines, "bucket-survives-program")).to.deep.equal([
      "undetermined",
    ]);
    const loose = { ...bucket, protect: false };
    expect(verdictOf((await evaluated([loose])).lines, "bucket-survives-program")).to.deep.equal([
      "fail",
    ]);
  });

  it("lists what is not applicable only when asked", async () => {
    const { lines } = await evaluated([], "--not-applicable");
    expect(lines).to.have.length(RULES.length);
    expect(new Set(lines.map(({ verdict }) => verdict))).to.deep.equal(new Set(["not-applicable"]));
  });

  it("tells all mistakes of all files at once and ends with 2, without repeating a value", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "strongroom-evaluate-"));
    try {
      await writeFile(path.join(folder, "a.json"), '[{"type": 3, "name": "", "props": []}, "x"]');
      await writeFile(path.join(folder, "b.json"), '{"CANARY');
      await writeFile(path.join(folder, "c.json"), '{"CANARY": 1}');
      const result = await strongroom(
        undefined,
        ["policy", "evaluate", "a.json", "b.json", "c.json", "d.json", "--json"],
        { io: { workingDirectory: folder } },
      );
      expect(result.exit).to.equal(2);
      const { error } = JSON.parse(result.stdout) as { error: { problems: { pointer: string }[] } };
      expect(error.problems.map(({ pointer }) => pointer)).to.deep.equal([
        "a.json#/0/type",
        "a.json#/0/name",
        "a.json#/0/props",
        "a.json#/1",
        "b.json",
        "c.json",
        "d.json",
      ]);
      expect(result.stdout + result.stderr).to.not.contain("CANARY");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("judges each file apart, and many in well under a second each", async function () {
    this.timeout(20_000);
    const folder = await mkdtemp(path.join(tmpdir(), "strongroom-evaluate-"));
    try {
      const names = Array.from({ length: 300 }, (_, index) => `${index}.json`);
      for (const name of names) {
        const status = name === "7.json" ? "Suspended" : "Enabled";
        const content = JSON.stringify([bucket, versioning("logs", status)]);
        await writeFile(path.join(folder, name), content);
      }
      const { stdout } = await strongroom(undefined, ["policy", "evaluate", ...names, "--json"], {
        io: { workingDirectory: folder },
      });
      const lines = JSON.parse(stdout) as Line[];
      const suspended = lines.filter(
        ({ rule, verdict }) => rule === "bucket-versioned" && verdict === "fail",
      );
      expect(suspended.map(({ file }) => file)).to.deep.equal(["7.json"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("prints a table of what is wrong for people", async () => {
    const { exit, stdout } = await strongroom(undefined, ["policy", "evaluate", "-"], {
      io: { readInput: () => Promise.resolve(JSON.stringify([key({}, "main")])) },
    });
    expect(exit).to.equal(1);
    expect(stdout).to.match(/^-\nVERDICT +RULE +RESOURCE +MESSAGE\n/);
    expect(stdout).to.match(/fail +kms-key-rotation-enabled +main +Key "main" does not rotate\./);
    expect(stdout).to.match(/1 file: \d+ passed, \d+ failed, \d+ undetermined\.\n$/);
  });
});
