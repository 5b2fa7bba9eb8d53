import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { parse } from "yaml";

import { projectRoot } from "../../../../engine/parts";
import { previewCommand } from "../../../../server/cli/commands/preview";
import type { CliContext } from "../../../../server/cli/context";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly if?: string; readonly steps: Step[] }>>;
}

const text = readFileSync(path.join(projectRoot(), "deploy/github/preview.yml"), "utf8");
const workflow = parse(text) as Workflow;
const [job] = Object.values(workflow.jobs);
const steps = job?.steps ?? [];

describe("the workflow for GitHub", () => {
  it("runs for pull requests of the repository itself, never with more rights than a fork has", () => {
    expect(workflow.on).to.equal("pull_request");
    expect(job?.if).to.contain("head.repo.full_name == github.repository");
  });

  it("may write the comment, the check and the findings, and read the rest", () => {
    expect(workflow.permissions).to.deep.equal({
      contents: "read",
      "pull-requests": "write",
      checks: "write",
      "security-events": "write",
      "id-token": "write",
    });
  });

  it("names each action by a hash, or says that it is still to be pinned", () => {
    const used = text.split("\n").filter((line) => line.includes("uses:"));
    expect(used.length).to.be.above(3);
    for (const line of used) {
      expect(line).to.match(/@[0-9a-f]{40} # v\d+(\.\d+)*$|# pin it by the hash/);
    }
  });

  it("asks the preview for nothing that it does not know, with the token in the environment only", () => {
    const context = { ends: () => () => Promise.resolve() } as unknown as CliContext;
    const known = previewCommand(context).options.map(({ long }) => long);
    const [preview] = steps.filter(({ run }) => run?.includes("strongroom preview") === true);
    const asked = preview?.run?.match(/--[a-z-]+/g) ?? [];
    expect(known).to.include.members(asked);
    expect(asked).to.include.members(["--changed-from", "--github", "--report-sarif"]);
    expect(preview?.run).to.not.contain("github.token");
    expect(preview?.env).to.have.property("GITHUB_TOKEN");
  });
});
