import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { GitHubRefusal } from "../../../../server/github/client";
import { gitHubContext, NoGitHub } from "../../../../server/github/context";
import { publish } from "../../../../server/github/publish";
import { marker } from "../../../../server/report/markdown";
import type { PreviewReport } from "../../../../server/report/model";
import { FakeGitHub } from "../../../support/fake-github";
import { SCENES } from "../../../support/preview-scenes";

const COMMIT = "a".repeat(40);
const MARK = marker("strongroom");

describe("a report on GitHub", () => {
  let github: FakeGitHub;
  let waited: number[];
  beforeEach(async () => {
    github = await FakeGitHub.start();
    waited = [];
  });
  afterEach(() => github.close());

  const context = () => ({
    api: github.url,
    owner: "acme",
    repository: "fleet",
    commit: COMMIT,
    pullRequest: 7,
    token: "the-token",
  });
  const send = (report: PreviewReport, over: object = {}) =>
    publish(report, {
      context: { ...context(), ...over },
      now: () => 1_000_000,
      sleep: (milliseconds) => {
        waited.push(milliseconds);
        return Promise.resolve();
      },
    });
  const marked = () => github.comments.filter(({ body }) => body.startsWith(MARK));

  it("is one comment, made once and then changed in place, and one check for each commit", async () => {
    expect(await send(SCENES["three-accounts"]())).to.deep.equal({
      comment: "created",
      check: "created",
    });
    expect(await send(SCENES["replaced-key"]())).to.deep.equal({
      comment: "updated",
      check: "created",
    });
    expect(await send(SCENES["replaced-key"]())).to.include({ comment: "unchanged" });
    expect(marked()).to.have.length(1);
    expect(marked()[0]?.body).to.contain("replace key");
    expect(github.checks.map(({ head_sha, conclusion }) => [head_sha, conclusion])).to.deep.equal([
      [COMMIT, "success"],
      [COMMIT, "action_required"],
      [COMMIT, "action_required"],
    ]);
  });

  it("finds its comment behind hundreds of others", async () => {
    for (let index = 0; index < 250; index++) github.comment(`talk ${index}`, "someone");
    await send(SCENES["three-accounts"]());
    await send(SCENES["replaced-key"]());
    expect(marked()).to.have.length(1);
  });

  it("leaves alone what somebody else wrote, though it carries the mark", async () => {
    const forged = github.comment(`${MARK}\nhello`, "mallory");
    expect(await send(SCENES["three-accounts"]())).to.include({ comment: "created" });
    expect(forged.body).to.equal(`${MARK}\nhello`);
  });

  it("knows an app's own comment, whose token may not ask who it is, from a person's", async () => {
    github.login = undefined;
    github.comment(`${MARK}\nhello`, "mallory");
    await send(SCENES["three-accounts"]());
    expect(await send(SCENES["replaced-key"]())).to.include({ comment: "updated" });
    expect(github.comments).to.have.length(2);
  });

  it("says nothing where nothing changes, and takes back what it said before", async () => {
    expect(await send(SCENES["no-change"]())).to.include({ comment: "none" });
    await send(SCENES["three-accounts"]());
    expect(await send(SCENES["no-change"]())).to.include({ comment: "updated" });
    expect(marked()[0]?.body).to.contain("no longer applicable");
  });

  it("has a check with hundreds of annotations, fifty in a request", async () => {
    const report = SCENES["five-hundred-accounts"]();
    const [finding] = report.findings;
    const occurrences = Array.from({ length: 120 }, (_, index) => ({
      ...finding!.occurrences[0]!,
      place: { file: "fleet.yaml", line: index + 1 },
    }));
    await send({ ...report, findings: [{ ...finding!, occurrences }] });
    expect(github.checks).to.have.length(1);
    expect(github.checks[0]?.annotations).to.have.length(121);
  });

  it("waits as long as GitHub says when a limit is reached, and then goes on", async () => {
    github.trouble.push(
      { status: 403, headers: { "retry-after": "7" }, body: { message: "secondary rate limit" } },
      { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1031" } },
      { status: 429 },
    );
    expect(await send(SCENES["three-accounts"]())).to.include({ comment: "created" });
    expect(waited).to.deep.equal([7000, 31_000, 4000]);
    expect(marked()).to.have.length(1);
  });

  it("gives up where it would have to wait for long", async () => {
    github.trouble.push({ status: 403, headers: { "retry-after": "3600" } });
    const refused = await send(SCENES["three-accounts"]()).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(GitHubRefusal);
    expect(waited).to.deep.equal([]);
  });

  it("does not write twice where nobody knows whether it was written", async () => {
    github.trouble.push({ status: 502, method: "POST" });
    const refused = await send(SCENES["three-accounts"]()).catch((error: unknown) => error);
    expect((refused as GitHubRefusal).status).to.equal(502);
    expect(github.requests.filter(({ method }) => method === "POST")).to.have.length(1);
  });

  it("tells what GitHub found wrong, and never the token", async () => {
    github.trouble.push({
      status: 422,
      method: "POST",
      body: { message: "Validation Failed", errors: [{ field: "body", code: "invalid" }] },
    });
    const refused = await send(SCENES["three-accounts"]()).catch((error: unknown) => error);
    expect((refused as Error).message).to.equal(
      "GitHub answers 422: Validation Failed; body invalid",
    );
    const bad = await send(SCENES["three-accounts"](), { token: "other-token" }).catch(
      (error: unknown) => error,
    );
    expect(JSON.stringify([bad, (bad as Error).stack])).to.not.contain("other-token");
  });

  it("takes a token that may only read, as forks have it, for no failure", async () => {
    const readOnly = {
      status: 403,
      method: "POST",
      body: { message: "Resource not accessible by integration" },
    };
    github.trouble.push(readOnly, readOnly);
    expect(await send(SCENES["three-accounts"]())).to.deep.equal({
      comment: "read-only",
      check: "read-only",
    });
  });

  it("is a check alone where there is no pull request", async () => {
    const { pullRequest, ...pushed } = context();
    expect(pullRequest).to.equal(7);
    const published = await publish(SCENES["three-accounts"](), {
      context: pushed,
      now: () => 0,
      sleep: () => Promise.resolve(),
    });
    expect(published).to.deep.equal({ comment: "none", check: "created" });
    expect(github.comments).to.have.length(0);
  });
});

describe("the environment of a workflow", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-github-"));
  });
  after(() => rm(folder, { recursive: true }));

  const base = { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "acme/fleet", GITHUB_SHA: "b".repeat(40) };

  it("names the pull request and its own commit, not the merge", async () => {
    const event = path.join(folder, "event.json");
    await writeFile(event, JSON.stringify({ pull_request: { number: 7, head: { sha: COMMIT } } }));
    const found = await gitHubContext({
      ...base,
      GITHUB_EVENT_PATH: event,
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_RUN_ID: "42",
    });
    expect(found).to.include({
      commit: COMMIT,
      pullRequest: 7,
      api: "https://api.github.com",
      runUrl: "https://github.com/acme/fleet/actions/runs/42",
    });
    const byReference = await gitHubContext({ ...base, GITHUB_REF: "refs/pull/12/merge" });
    expect(byReference).to.include({ pullRequest: 12, commit: base.GITHUB_SHA });
    expect(await gitHubContext(base)).to.not.have.property("pullRequest");
  });

  it("is refused with what is missing", async () => {
    for (const [environment, missing] of [
      [{}, "GITHUB_TOKEN"],
      [{ ...base, GITHUB_REPOSITORY: "../../user" }, "GITHUB_REPOSITORY"],
      [{ ...base, GITHUB_SHA: "main" }, "GITHUB_SHA"],
      [{ ...base, GITHUB_EVENT_PATH: path.join(folder, "none") }, "GITHUB_EVENT_PATH"],
    ] as const) {
      const refused = await gitHubContext(environment).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(NoGitHub);
      expect((refused as Error).message).to.contain(missing);
    }
  });

  it("gets the summary of the step", async () => {
    const github = await FakeGitHub.start();
    try {
      const summaryFile = path.join(folder, "summary.md");
      const context = {
        ...base,
        api: github.url,
        owner: "acme",
        repository: "fleet",
        commit: COMMIT,
        token: "the-token",
      };
      await publish(SCENES["three-accounts"](), {
        context: { ...context, summaryFile },
        now: () => 0,
        sleep: () => Promise.resolve(),
      });
      expect(await readFile(summaryFile, "utf8")).to.contain(MARK);
    } finally {
      await github.close();
    }
  });
});
