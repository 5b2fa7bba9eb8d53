import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeComment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string; readonly type: "User" | "Bot" };
}

/** Answers that come once each, before the real ones. */
export interface Trouble {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Only for requests of this method. */
  readonly method?: string;
}

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

/**
 * The few parts of GitHub's REST API that are used, over real HTTP, with its habits: pages of at most 100 linked by
 * `Link`, 30 where nothing is asked; bodies above 65 536 characters and more than 50 annotations are refused with 422;
 * tokens of apps may not ask who they are.
 */
export class FakeGitHub {
  readonly comments: FakeComment[] = [];
  readonly checks: { id: number; head_sha: string; conclusion: string; annotations: unknown[] }[] =
    [];
  readonly requests: Recorded[] = [];
  readonly trouble: Trouble[] = [];
  /** Who the token belongs to; without it the token is an app's. */
  login: string | undefined = "strongroom-ci";

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeGitHub> {
    const server = createServer();
    const fake = new FakeGitHub(server);
    server.on("request", (request: IncomingMessage, response) => {
      void fake.answer(request).then(({ status, headers, body }) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((done) => {
      this.server.closeAllConnections();
      this.server.close(() => done());
    });
  }

  comment(body: string, login = this.login ?? "github-actions[bot]"): FakeComment {
    const type = login.endsWith("[bot]") ? ("Bot" as const) : ("User" as const);
    const comment = { id: this.comments.length + 1, body, user: { login, type } };
    this.comments.push(comment);
    return comment;
  }

  private async answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers?: Readonly<Record<string, string>>; body: unknown }> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const url = new URL(request.url ?? "/", this.url);
    const method = request.method ?? "GET";
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    this.requests.push({
      method,
      path: url.pathname,
      body,
      authorization: request.headers.authorization,
    });
    const next = this.trouble.findIndex((trouble) => (trouble.method ?? method) === method);
    if (next >= 0) {
      const [{ status, headers = {}, body: said = { message: "trouble" } }] = this.trouble.splice(
        next,
        1,
      ) as [Trouble];
      return { status, headers, body: said };
    }
    if (request.headers.authorization !== "Bearer the-token") {
      return { status: 401, body: { message: "Bad credentials" } };
    }
    return this.route(method, url, body);
  }

  private route(method: string, url: URL, body: Record<string, unknown>) {
    const { pathname } = url;
    if (pathname === "/user") {
      return this.login === undefined
        ? { status: 403, body: { message: "Resource not accessible by integration" } }
        : { status: 200, body: { login: this.login } };
    }
    if (/^\/repos\/acme\/fleet\/issues\/7\/comments$/.test(pathname)) {
      if (method === "GET") return this.page(url);
      const refused = tooLong(body["body"]);
      if (refused !== undefined) return refused;
      return { status: 201, body: this.comment(String(body["body"])) };
    }
    const comment = /^\/repos\/acme\/fleet\/issues\/comments\/(\d+)$/.exec(pathname)?.[1];
    const known = this.comments.find(({ id }) => id === Number(comment));
    if (known !== undefined && method === "PATCH") {
      const refused = tooLong(body["body"]);
      if (refused !== undefined) return refused;
      known.body = String(body["body"]);
      return { status: 200, body: known };
    }
    const check = /^\/repos\/acme\/fleet\/check-runs(?:\/(\d+))?$/.exec(pathname);
    if (check !== null) return this.check(method, check[1], body);
    return { status: 404, body: { message: "Not Found" } };
  }

  private page(url: URL) {
    const size = Math.min(100, Number(url.searchParams.get("per_page") ?? 30));
    const page = Number(url.searchParams.get("page") ?? 1);
    const items = this.comments.slice((page - 1) * size, page * size);
    const more = this.comments.length > page * size;
    const link = `<${this.url}${url.pathname}?per_page=${size}&page=${page + 1}>; rel="next"`;
    return { status: 200, headers: more ? { link } : {}, body: items };
  }

  private check(method: string, id: string | undefined, body: Record<string, unknown>) {
    const output = body["output"] as { annotations: unknown[]; summary: string };
    if (output.annotations.length > 50) {
      return {
        status: 422,
        body: { message: "Validation Failed", errors: [{ message: "too many annotations" }] },
      };
    }
    const refused = tooLong(output.summary);
    if (refused !== undefined) return refused;
    if (method === "POST") {
      const made = {
        id: this.checks.length + 1,
        head_sha: String(body["head_sha"]),
        conclusion: String(body["conclusion"]),
        annotations: [...output.annotations],
      };
      this.checks.push(made);
      return { status: 201, body: made };
    }
    const known = this.checks.find((one) => one.id === Number(id));
    known?.annotations.push(...output.annotations);
    return { status: 200, body: known };
  }
}

function tooLong(body: unknown) {
  return String(body).length > 65_536
    ? {
        status: 422,
        body: {
          message: "Validation Failed",
          errors: [{ message: "body is too long (maximum is 65536 characters)" }],
        },
      }
    : undefined;
}
