import { readFile } from "node:fs/promises";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a preview's report belongs on GitHub, as a workflow's environment says it. */
export interface GitHubContext {
  readonly api: string;
  readonly owner: string;
  readonly repository: string;
  /** Commit that the check is about. */
  readonly commit: string;
  /** Absent where no pull request is looked at: there is only a check then. */
  readonly pullRequest?: number;
  /** Page of the workflow's run. */
  readonly runUrl?: string;
  /** File to which a summary of the step may be added. */
  readonly summaryFile?: string;
  readonly token: string;
}

/** What is missing in the environment, for people. */
export class NoGitHub extends Error {
  override readonly name = "NoGitHub";
}

interface EventFile {
  readonly number?: number;
  readonly pull_request?: { readonly number?: number; readonly head?: { readonly sha?: string } };
}

/** Reads the environment of a GitHub workflow; throws {@link NoGitHub}. The token is only ever taken from it. */
export async function gitHubContext(environment: Environment): Promise<GitHubContext> {
  const given = (name: string): string | undefined =>
    environment[name] === "" ? undefined : environment[name];
  const token = given("GITHUB_TOKEN");
  if (token === undefined) throw new NoGitHub("GITHUB_TOKEN is not set");
  const [, owner, repository] =
    /^([\w.-]+)\/([\w.-]+)$/.exec(given("GITHUB_REPOSITORY") ?? "") ?? [];
  if (owner === undefined || repository === undefined) {
    throw new NoGitHub("GITHUB_REPOSITORY does not name an owner and a repository");
  }
  const event = await readEvent(given("GITHUB_EVENT_PATH"));
  // Of a pull request GITHUB_SHA is a merge that nobody sees; checks belong to its head.
  const commit = event.pull_request?.head?.sha ?? given("GITHUB_SHA");
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new NoGitHub("neither the event nor GITHUB_SHA names a commit");
  }
  const number =
    event.pull_request?.number ??
    Number(/^refs\/pull\/(\d+)\//.exec(given("GITHUB_REF") ?? "")?.[1] ?? Number.NaN);
  const [server, run] = [given("GITHUB_SERVER_URL"), given("GITHUB_RUN_ID")];
  const summaryFile = given("GITHUB_STEP_SUMMARY");
  return {
    api: (given("GITHUB_API_URL") ?? "https://api.github.com").replace(/\/+$/, ""),
    owner,
    repository,
    commit,
    token,
    ...(Number.isInteger(number) ? { pullRequest: number } : {}),
    ...(server === undefined || run === undefined
      ? {}
      : { runUrl: `${server}/${owner}/${repository}/actions/runs/${run}` }),
    ...(summaryFile === undefined ? {} : { summaryFile }),
  };
}

async function readEvent(file: string | undefined): Promise<EventFile> {
  if (file === undefined) return {};
  try {
    return JSON.parse(await readFile(file, "utf8")) as EventFile;
  } catch {
    throw new NoGitHub("the file that GITHUB_EVENT_PATH names cannot be read");
  }
}
