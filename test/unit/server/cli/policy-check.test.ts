import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { listeningService, strongroom, type Service } from "./harness";

const STAMP = "member-111122223333";
const EXEMPTION = {
  rule: "kms-key-rotation-enabled",
  stack: STAMP,
  reason: "Its material is imported.",
  owner: "platform",
};
const urn = `urn:pulumi:${STAMP}::strongroom::aws:kms/key:Key::k`;
const state = (inputs: object) =>
  JSON.stringify({
    version: 3,
    deployment: { resources: [{ urn, type: "aws:kms/key:Key", custom: true, id: "k", inputs }] },
  });
const check = (input: string, ...argv: string[]) =>
  strongroom(undefined, ["policy", "check", "--deployed", "--state", "-", ...argv], {
    io: { readInput: () => Promise.resolve(input) },
  });

describe("`strongroom policy check` of a file", () => {
  it("judges a state without a service, and ends with 1 where a mandatory rule failed", async () => {
    const { exit, stdout } = await check(state({ enableKeyRotation: false }));
    expect(exit).to.equal(1);
    expect(stdout).to.match(/fail +mandatory +kms-key-rotation-enabled +k /);
    expect(stdout).to.match(/1 resource: \d+ passed, \d+ failed, \d+ undetermined\.\n$/);
  });

  it("prints findings with their URNs as one document, and ends with 0 where nothing is wrong", async () => {
    const bad = await check(state({}), "--json");
    const judged = JSON.parse(bad.stdout) as { findings: { urn: string }[]; failed: boolean };
    expect(judged.failed).to.equal(true);
    expect(judged.findings[0]?.urn).to.equal(urn);
    const empty = await check(JSON.stringify({ version: 3, deployment: {} }), "--json");
    expect(empty.exit).to.equal(0);
    expect(JSON.parse(empty.stdout)).to.deep.include({ resources: 0, findings: [] });
  });

  it("accepts what a file of exemptions excuses, and fails those that have expired or are idle", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "strongroom-check-"));
    const file = path.join(folder, "exemptions.yaml");
    const judged = async (resource: string, expires: string) => {
      const entry = { ...EXEMPTION, resource, expires };
      await writeFile(file, JSON.stringify({ version: 1, exemptions: [entry] }));
      const { exit, stdout } = await check(
        state({ enableKeyRotation: false }),
        "--json",
        "--exemptions",
        file,
      );
      const { findings } = JSON.parse(stdout) as { findings: { rule: string; verdict: string }[] };
      const found = findings.filter(({ rule }) => rule === EXEMPTION.rule);
      return { exit, verdicts: found.map(({ verdict }) => verdict) };
    };
    try {
      // Other mandatory rules fail in any case.
      expect(await judged("k", "2999-12-31")).to.deep.equal({ exit: 1, verdicts: ["exempt"] });
      expect((await judged("k", "2020-12-31")).verdicts).to.deep.equal(["fail", "fail"]);
      expect((await judged("other", "2999-12-31")).verdicts).to.deep.equal(["fail", "fail"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses what is no state, without repeating any of it", async () => {
    const broken = await check("{ canary");
    expect(broken).to.include({ exit: 2 });
    expect(broken.stderr).to.contain("is not JSON").and.not.to.contain("canary");
    const other = await check("[]");
    expect(other).to.include({ exit: 2 });
    expect(other.stderr).to.contain("pulumi stack export");
  });
});

describe("`strongroom policy check --deployed`", () => {
  let service: Service;
  before(async () => {
    service = await listeningService();
  });
  after(() => service.close());

  it("is a run over the named stamps, and shows verdicts and findings", async () => {
    const working = strongroom(service, ["policy", "check", "--deployed", STAMP]);
    while (service.runs.started.length === 0) await new Promise((done) => setTimeout(done, 2));
    expect(service.runs.started[0]?.request).to.deep.equal({
      operation: "check",
      target: { stamps: [STAMP] },
    });
    const [id] = [...service.runs.runs.keys()];
    const run = service.runs.runs.get(id!)!;
    const { counts, ...stamp } = run.stamps[0]!;
    expect(counts).to.not.equal(undefined);
    const verdicts = { pass: 64, fail: 0, undetermined: 1 };
    const violations = [{ ...stamp.violations![0]!, verdict: "undetermined" as const }];
    service.runs.runs.set(id!, { ...run, stamps: [{ ...stamp, verdicts, violations }] });
    service.runs.push(id!, "run.ended", { status: "failed" });
    const { exit, stdout } = await working;
    expect(exit).to.equal(0);
    expect(stdout).to.contain("64 passed, 0 failed, 1 undetermined");
    expect(stdout).to.contain("mandatory, undetermined strongroom/kms-key-rotation-enabled");
  });

  it("leaves exemptions to the service's own file", async () => {
    const { exit, stderr } = await strongroom(service, [
      ...["policy", "check", "--deployed", "--exemptions", "e.yaml"],
    ]);
    expect(exit).to.equal(2);
    expect(stderr).to.contain("STRONGROOM_EXEMPTIONS");
  });

  it("shows what is wrong with the run as a whole", async () => {
    service.runs.reset();
    const working = strongroom(service, ["policy", "check", "--deployed"]);
    while (service.runs.started.length === 0) await new Promise((done) => setTimeout(done, 2));
    const [id] = [...service.runs.runs.keys()];
    const error = {
      code: "POLICY_VIOLATION",
      message: "exemptions excuse nothing",
      problems: [{ message: "some-rule on k" }],
      action: "Take them out.",
    } as const;
    service.runs.runs.set(id!, { ...service.runs.runs.get(id!)!, error });
    service.runs.push(id!, "run.ended", { status: "failed" });
    const { stdout } = await working;
    expect(stdout).to.match(
      /The run as a whole\n {2}POLICY_VIOLATION exemptions excuse nothing\n {4}- some-rule on k\n {4}→ Take them out\./,
    );
  });

  it("asks what is to be judged where nothing is said", async () => {
    const { exit, stderr } = await strongroom(undefined, ["policy", "check"]);
    expect(exit).to.equal(2);
    expect(stderr).to.contain("--deployed").and.to.contain("--state");
  });
});
