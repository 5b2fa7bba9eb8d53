import { appendFile } from "node:fs/promises";

import { type Check, renderCheck } from "../report/check";
import { marker, renderMarkdown, renderNothingLeft } from "../report/markdown";
import type { PreviewReport } from "../report/model";
import { GitHubClient, GitHubRefusal, type GitHubClientOptions } from "./client";
import type { GitHubContext } from "./context";

/** GitHub takes so many annotations in one request. */
const ANNOTATIONS_AT_ONCE = 50;

export interface PublishOptions extends Omit<GitHubClientOptions, "context"> {
  readonly context: GitHubContext;
  /** Folder of the repository in which the fleet file is, with a slash at its end. */
  readonly folder?: string;
}

/** What became of each part; a read-only token is no failure of the preview. */
export interface Published {
  readonly comment: "created" | "updated" | "unchanged" | "none" | "read-only";
  readonly check: "created" | "read-only";
}

/**
 * Shows a report on GitHub: one comment of the pull request that is found again and kept up to date, and a check of its
 * commit. Nothing is said where nothing changes, but an older comment learns of it. Throws {@link GitHubRefusal}.
 */
export async function publish(report: PreviewReport, options: PublishOptions): Promise<Published> {
  const { context } = options;
  const client = new GitHubClient(options);
  const link = context.runUrl === undefined ? {} : { fullReport: context.runUrl };
  const text = renderMarkdown(report, link);
  if (context.summaryFile !== undefined) await appendFile(context.summaryFile, text);
  const comment = await orReadOnly(() => keepComment(client, context, report, text));
  const check = await orReadOnly(() =>
    createCheck(client, context, renderCheck(report, options.folder)),
  );
  return { comment, check };
}

async function orReadOnly<T>(work: () => Promise<T>): Promise<T | "read-only"> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GitHubRefusal && error.isReadOnly) return "read-only";
    throw error;
  }
}

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly user?: { readonly login?: string; readonly type?: string } | null;
}

async function keepComment(
  client: GitHubClient,
  context: GitHubContext,
  report: PreviewReport,
  text: string,
): Promise<Exclude<Published["comment"], "read-only">> {
  const { pullRequest } = context;
  if (pullRequest === undefined) return "none";
  const below = `/repos/${context.owner}/${context.repository}/issues`;
  const own = await findOwn(client, `${below}/${pullRequest}/comments`, marker(report.project));
  const nothing = report.outcome === "no-change";
  const body = nothing ? renderNothingLeft(report.project) : text;
  if (own === undefined) {
    if (nothing) return "none";
    await client.json("POST", `${below}/${pullRequest}/comments`, { body });
    return "created";
  }
  if (own.body === body) return "unchanged";
  await client.json("PATCH", `${below}/comments/${own.id}`, { body });
  return "updated";
}

/**
 * The comment that carries the mark and that this token's owner wrote: anybody can write the mark into a comment, and
 * must not have it filled in for them.
 */
async function findOwn(
  client: GitHubClient,
  comments: string,
  mark: string,
): Promise<Comment | undefined> {
  let login: string | undefined;
  for await (const comment of client.list<Comment>(comments)) {
    if (comment.body?.startsWith(mark) !== true) continue;
    login ??= await loginOf(client);
    const { user } = comment;
    if (login === "" ? user?.type === "Bot" : user?.login === login) return comment;
  }
  return undefined;
}

/** Who the token belongs to; empty for tokens of apps, which may not ask: their comments are those of a bot. */
async function loginOf(client: GitHubClient): Promise<string> {
  try {
    return (await client.json<{ login?: string }>("GET", "/user")).login ?? "";
  } catch (error) {
    if (error instanceof GitHubRefusal && [401, 403, 404].includes(error.status)) return "";
    throw error;
  }
}

async function createCheck(
  client: GitHubClient,
  { owner, repository, commit }: GitHubContext,
  check: Check,
): Promise<"created"> {
  const runs = `/repos/${owner}/${repository}/check-runs`;
  const { name, conclusion, title, summary, annotations } = check;
  const output = (from: number) => ({
    title,
    summary,
    annotations: annotations.slice(from, from + ANNOTATIONS_AT_ONCE),
  });
  const { id } = await client.json<{ id: number }>("POST", runs, {
    name,
    head_sha: commit,
    status: "completed",
    conclusion,
    output: output(0),
  });
  for (let from = ANNOTATIONS_AT_ONCE; from < annotations.length; from += ANNOTATIONS_AT_ONCE) {
    await client.json("PATCH", `${runs}/${id}`, { output: output(from) });
  }
  return "created";
}
