import type { GitHubContext } from "./context";

/** Tries of one request. */
const TRIES = 5;
/** Wait before the second try, doubled for each further one, milliseconds. */
const FIRST_WAIT_MS = 1000;
/** GitHub may ask for a wait of up to an hour; a pipeline that waits longer than this is better told. Milliseconds. */
const LONGEST_WAIT_MS = 60_000;
const ANSWER_MS = 30_000;

/** GitHub did not do what it was asked for. */
export class GitHubRefusal extends Error {
  override readonly name = "GitHubRefusal";

  constructor(
    /** HTTP status; 0 where it could not be reached. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  /** The token may read and not write, as in workflows of pull requests from forks. */
  get isReadOnly(): boolean {
    return this.status === 403 && /not accessible by/i.test(this.message);
  }
}

export interface GitHubClientOptions {
  readonly context: Pick<GitHubContext, "api" | "token">;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Few requests to GitHub's REST API, with its limits kept. The token is in a header and nowhere else. */
export class GitHubClient {
  constructor(private readonly options: GitHubClientOptions) {}

  /** All items of a list, page after page. */
  async *list<T>(path: string): AsyncGenerator<T> {
    const { api } = this.options.context;
    let next: string | undefined = `${api}${path}${path.includes("?") ? "&" : "?"}per_page=100`;
    while (next !== undefined) {
      const response: Response = await this.send("GET", next);
      yield* (await response.json()) as T[];
      const link: string | undefined = /<([^>]+)>;\s*rel="next"/.exec(
        response.headers.get("link") ?? "",
      )?.[1];
      // The token goes to GitHub alone, whatever an answer says.
      next = link?.startsWith(`${api}/`) === true ? link : undefined;
    }
  }

  async json<T>(method: "GET" | "POST" | "PATCH", path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, `${this.options.context.api}${path}`, body);
    return (await response.json()) as T;
  }

  private async send(method: string, url: string, body?: unknown): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      let wait = FIRST_WAIT_MS * 2 ** (attempt - 1);
      try {
        const response = await this.once(method, url, body);
        if (response.ok) return response;
        const refusal = await refusalOf(response);
        const limited = this.limitOf(response);
        if (limited !== undefined) wait = Math.max(wait, limited);
        // What was limited was not done, and reading again harms nobody; another answer to a writing is final.
        const again =
          limited !== undefined ||
          (method !== "POST" && [500, 502, 503, 504].includes(response.status));
        if (!again || attempt >= TRIES || wait > LONGEST_WAIT_MS) throw refusal;
      } catch (error) {
        if (error instanceof GitHubRefusal) throw error;
        // Nobody knows whether a POST arrived: a second one could make a second comment.
        if (method === "POST" || attempt >= TRIES) {
          throw new GitHubRefusal(0, "GitHub cannot be reached");
        }
      }
      await this.options.sleep(wait);
    }
  }

  private once(method: string, url: string, body: unknown): Promise<Response> {
    return fetch(url, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${this.options.context.token}`,
        "user-agent": "strongroom",
        "x-github-api-version": "2022-11-28",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** How long GitHub wants to be left alone, milliseconds; undefined where no limit was reached. */
  private limitOf(response: Response): number | undefined {
    if (response.status !== 403 && response.status !== 429) return undefined;
    const after = Number(response.headers.get("retry-after") ?? Number.NaN);
    if (!Number.isNaN(after)) return after * 1000;
    if (response.headers.get("x-ratelimit-remaining") !== "0") {
      return response.status === 429 ? 0 : undefined;
    }
    const reset = Number(response.headers.get("x-ratelimit-reset") ?? 0) * 1000;
    return Math.max(0, reset - this.options.now());
  }
}

async function refusalOf(response: Response): Promise<GitHubRefusal> {
  const answer = (await response.json().catch(() => ({}))) as {
    message?: unknown;
    errors?: readonly { message?: unknown; code?: unknown; field?: unknown }[];
  };
  const parts = [
    typeof answer.message === "string" ? answer.message : response.statusText,
    ...(answer.errors ?? []).map(({ message, code, field }) =>
      typeof message === "string" ? message : [field, code].filter(Boolean).join(" "),
    ),
  ];
  return new GitHubRefusal(
    response.status,
    `GitHub answers ${response.status}: ${parts.join("; ")}`,
  );
}
