import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { createPulumiEngine } from "../../../../server/engine/engine";
import type { StackJob } from "../../../../server/ports";
import { NEW_STAMP, planDigest } from "../../../../stacks/plan-digest";
import { fleetPlan, newAccount, scratchFolder } from "../../../support/runs";

/** Where a plan is not the approved one the engine refuses before it starts anything, so no part of it is needed. */
describe("what an update is held to", () => {
  const scratch = scratchFolder("approved-inputs");
  const childScript = path.join(scratch.path, "program", "child.js");
  const rule = path.join(scratch.path, "pack", "rule.js");
  after(() => scratch.remove());
  beforeEach(() => {
    for (const file of [childScript, rule]) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, "process.exit(3);");
    }
  });

  const engine = (version = "1.0.0") =>
    createPulumiEngine({
      toolchain: {
        pulumiCommandPath: path.join(scratch.path, "no-pulumi"),
        env: {},
        parts: [{ name: "pulumi", version, path: "/nowhere/pulumi", source: "path" }],
      },
      stateDir: path.join(scratch.path, "state"),
      policyPacks: [path.dirname(rule)],
      environment: {},
      childScript,
      report: () => undefined,
    });
  const { stamp, spec, connection } = fleetPlan([newAccount()]).stamps[0]!;
  const job: StackJob = { stamp, operation: "up", spec, connection };
  const approved = async () => ({
    inputs: (await engine().identify([job]))[0]!.inputs,
    changes: NEW_STAMP,
  });
  /** The code of the error with which an update of the approved plan ends. */
  const update = async (plan: StackJob["expect"], over: Partial<StackJob> = {}, by = engine()) => {
    const held = { ...job, ...over, ...(plan === undefined ? {} : { expect: plan }) };
    const outcome = await by.execute(held, () => undefined, new AbortController().signal);
    return outcome.error?.code;
  };

  it("is started where everything is as it was approved", async () => {
    // The program of this test ends at once: that it was started is what counts.
    expect(await update(await approved())).to.equal("ENGINE_FAILED");
  });

  it("is refused where the program is another one", async () => {
    const plan = await approved();
    writeFileSync(childScript, "process.exit(4);");
    expect(await update(plan)).to.equal("PLAN_CHANGED");
  });

  it("is refused where a policy pack is another one", async () => {
    const plan = await approved();
    writeFileSync(rule, "// lets everything pass");
    expect(await update(plan)).to.equal("PLAN_CHANGED");
  });

  it("is refused where the settings or the tools are others", async () => {
    const plan = await approved();
    expect(await update(plan, { spec: { ...spec, tags: { owner: "else" } } })).to.equal(
      "PLAN_CHANGED",
    );
    expect(await update(plan, {}, engine("1.0.1"))).to.equal("PLAN_CHANGED");
  });

  it("has another digest to approve for each of them", async () => {
    const digests = [planDigest([{ stamp, plan: await approved() }])];
    writeFileSync(childScript, "process.exit(4);");
    digests.push(planDigest([{ stamp, plan: await approved() }]));
    writeFileSync(rule, "// lets everything pass");
    digests.push(planDigest([{ stamp, plan: await approved() }]));
    digests.push(planDigest([{ stamp, plan: { ...(await approved()), changes: "0" } }]));
    expect(new Set(digests).size).to.equal(4);
  });
});
