import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { PreviewReport } from "../../../../server/report/model";
import { bearer, sampleRun } from "../../../support/fake-services";
import { FakeGitHub } from "../../../support/fake-github";
import { listeningService, strongroom, type Service } from "./harness";

const STAMP = "member-111122223333";

describe("the report of a preview", () => {
  let service: Service;
  let folder: string;
  beforeEach(async () => {
    service = await listeningService();
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-report-"));
  });
  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true });
  });

  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: folder,
      stdio: "pipe",
    });
  const inFolder = (argv: readonly string[], environment: Record<string, string> = {}) =>
    strongroom(service, argv, { io: { workingDirectory: folder, environment } });
  const ended = async (): Promise<void> => {
    while (service.runs.started.length === 0) await sleep(2);
    service.runs.push("run-1", "run.ended", { status: "succeeded" });
  };

  it("comes over HTTP as JSON, Markdown and SARIF, and only for runs that have one", async () => {
    service.runs.runs.set("run-1", sampleRun({ operation: "preview" }));
    service.runs.runs.set("run-2", sampleRun({ id: "run-2", operation: "up" }));
    const get = (accept: string, id = "run-1") =>
      service.app.inject({
        url: `/v1/runs/${id}/report`,
        headers: { ...bearer("viewer"), accept },
      });
    expect((await get("*/*")).json<PreviewReport>()).to.include({ version: 1, outcome: "stopped" });
    const markdown = await get("text/markdown");
    expect(markdown.headers["content-type"]).to.match(/^text\/markdown/);
    expect(markdown.body).to.match(/^<!-- strongroom:preview:strongroom -->/);
    expect((await get("application/sarif+json")).json()).to.include({ version: "2.1.0" });
    expect((await get("*/*", "run-2")).statusCode).to.equal(422);
  });

  it("is written to files and told to GitHub once the run has ended", async () => {
    const github = await FakeGitHub.start();
    try {
      const working = inFolder(
        [
          "preview",
          STAMP,
          "--report-json",
          "r.json",
          "--report-markdown",
          "r.md",
          "--report-sarif",
          "r.sarif",
          "--github",
        ],
        {
          GITHUB_API_URL: github.url,
          GITHUB_TOKEN: "the-token",
          GITHUB_REPOSITORY: "acme/fleet",
          GITHUB_SHA: "a".repeat(40),
          GITHUB_REF: "refs/pull/7/merge",
        },
      );
      await ended();
      const { exit, stdout, stderr } = await working;
      expect(exit, stderr).to.equal(0);
      const report = JSON.parse(
        await readFile(path.join(folder, "r.json"), "utf8"),
      ) as PreviewReport;
      expect(report.run.id).to.equal("run-1");
      expect(await readFile(path.join(folder, "r.md"), "utf8")).to.contain("strongroom:preview");
      expect(await readFile(path.join(folder, "r.sarif"), "utf8")).to.contain(
        "kms-key-rotation-enabled",
      );
      expect(github.comments).to.have.length(1);
      expect(github.checks[0]?.conclusion).to.equal("failure");
      expect(stdout + stderr).to.not.contain("the-token");
    } finally {
      await github.close();
    }
  });

  it("is shown again by `report preview`", async () => {
    service.runs.runs.set("run-1", sampleRun({ operation: "preview" }));
    const text = await inFolder(["report", "preview", "run-1"]);
    expect(text.stdout).to.contain("stopped by policy");
    const json = await inFolder(["report", "preview", "run-1", "--json"]);
    expect(JSON.parse(json.stdout)).to.include({ version: 1 });
  });

  it("is about what changed since a commit: the fleet file as it was, and every file that differs", async () => {
    git("init", "-q");
    await writeFile(path.join(folder, "fleet.yaml"), "before");
    git("add", ".");
    git("commit", "-qm", "one");
    await writeFile(path.join(folder, "fleet.yaml"), "after");
    await writeFile(path.join(folder, "new file.ts"), "");
    service.reports.affectedStamps = {
      stamps: [{ stamp: STAMP, because: "the fleet file gives it other settings" }],
      leaving: [],
      unaffected: 3,
    };
    const working = inFolder(["preview", "--changed-from", "HEAD"]);
    await ended();
    const { stderr } = await working;
    expect(service.reports.asked).to.deep.equal([
      { paths: ["fleet.yaml", "new file.ts"], fleetPath: "fleet.yaml", fleet: "before" },
    ]);
    expect(service.runs.started[0]?.request.target).to.deep.equal({ stamps: [STAMP] });
    expect(stderr).to.contain("The change can affect 1 of 4 stamps.");
  });

  it("says so where nothing is affected, starts no run, and still writes its files", async () => {
    git("init", "-q");
    git("commit", "-qm", "one", "--allow-empty");
    const { exit, stdout } = await inFolder([
      "preview",
      "--changed-from",
      "HEAD",
      "--report-json",
      "r.json",
    ]);
    expect(exit).to.equal(0);
    expect(stdout).to.contain("No stamp is affected");
    expect(service.runs.started).to.deep.equal([]);
    const report = JSON.parse(await readFile(path.join(folder, "r.json"), "utf8")) as PreviewReport;
    expect(report.outcome).to.equal("no-change");
  });

  it("refuses a commit that is not there, an option in its place, and a folder without a repository", async () => {
    expect(await inFolder(["preview", "--changed-from", "main"])).to.include({ exit: 2 });
    git("init", "-q");
    for (const reference of ["nowhere", "--output=x"]) {
      const refused = await inFolder(["preview", `--changed-from=${reference}`]);
      expect(refused).to.include({ exit: 2 });
      expect(refused.stderr).to.contain("is not a commit");
    }
    expect(service.runs.started).to.deep.equal([]);
  });

  it("needs what a workflow sets before it can tell GitHub", async () => {
    service.runs.runs.set("run-1", sampleRun({ operation: "preview" }));
    const refused = await inFolder(["report", "preview", "run-1", "--github"]);
    expect(refused).to.include({ exit: 2 });
    expect(refused.stderr).to.contain("GITHUB_TOKEN");
  });
});
