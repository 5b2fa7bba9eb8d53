import { randomUUID } from "node:crypto";

import type { Affected } from "../../stacks/affected";
import { type ErrorCode, ERRORS } from "../../stacks/errors";
import type { ProblemDocument } from "../plugins/problems";
import type { DrillReport, SecretCoverage } from "../../lambdas/model";
import type {
  AccountView,
  ApprovalRequest,
  AffectedQuery,
  AuditAnchor,
  AuditEntry,
  AuditVerdict,
  Follows,
  Page,
  RunEvent,
  RunListItem,
  RunRecord,
  RunRequest,
  StampView,
} from "../runs-ports";
import type { TokenInfo, TokenRequest } from "../access-ports";
import type { FormerAccount } from "../membership-ports";
import type { Onboarding, OnboardingRequest } from "../onboarding-ports";
import type { PreviewReport } from "../report/model";
import type { DrillSummary, FleetCoverage, FleetRotations } from "../vault-ports";
import type { Delivery, NewWebhook, Webhook, WebhookWithSecret } from "../webhook-ports";
import { serverSentEvents } from "./events";
import { CliFailure, EXIT, exitCodeOf } from "./failure";
import type { CliIo } from "./io";

/** Tries of one request before the service counts as unreachable. */
const TRIES = 5;
/** Wait before the second try; doubled for each further one. Milliseconds. */
const FIRST_WAIT_MS = 250;
/** No server is believed that asks for a longer wait than this. Milliseconds. */
const LONGEST_WAIT_MS = 15_000;
/** Time for one answer, milliseconds. Discovery of a large organization takes a while. */
const ANSWER_MS = 120_000;
/** Time without any sign of life after which an event stream counts as dead; the service speaks every 20 s. */
const SILENCE_MS = 60_000;

export interface Accounts {
  readonly organizationId: string;
  readonly discoveredAt: string;
  readonly ageSeconds: number;
  readonly items: readonly AccountView[];
  readonly former?: readonly FormerAccount[];
}

interface RequestOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  /** Repeating it would do it twice, so it is not sent again. */
  readonly once?: true;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The service's HTTP API. Everything it throws is a {@link CliFailure}. */
export class ServiceClient {
  private readonly base: string;

  constructor(
    url: string,
    private readonly token: string,
    private readonly io: Pick<CliIo, "sleep">,
  ) {
    this.base = url.replace(/\/+$/, "");
  }

  get url(): string {
    return this.base;
  }

  accounts(refresh: boolean): Promise<Accounts> {
    return this.json(`/v1/accounts?refresh=${refresh}`);
  }

  fleet(): Promise<Readonly<Record<string, unknown>>> {
    return this.json("/v1/fleet");
  }

  stamp(name: string): Promise<StampView> {
    return this.json(`/v1/stamps/${encodeURIComponent(name)}`);
  }

  /** The key makes a repeated request harmless, so this is tried again like any reading. */
  start(request: RunRequest, key: string = randomUUID()): Promise<RunRecord> {
    return this.json("/v1/runs", {
      method: "POST",
      body: request,
      headers: { "idempotency-key": key },
    });
  }

  run(id: string): Promise<RunRecord> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}`);
  }

  report(id: string): Promise<PreviewReport> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/report`);
  }

  affected(query: AffectedQuery): Promise<Affected> {
    return this.json("/v1/fleet/affected", { method: "POST", body: query });
  }

  runs(limit: number, cursor?: string): Promise<Page<RunListItem>> {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(cursor === undefined ? {} : { cursor }),
    });
    return this.json(`/v1/runs?${query.toString()}`);
  }

  coverage(account?: string): Promise<FleetCoverage> {
    return this.json(`/v1/coverage${account === undefined ? "" : `?account=${account}`}`);
  }

  secrets(query: Readonly<Record<string, string>>): Promise<Page<SecretCoverage>> {
    return this.json(`/v1/secrets?${new URLSearchParams(query).toString()}`);
  }

  rotations(account?: string): Promise<FleetRotations> {
    return this.json(`/v1/rotations${account === undefined ? "" : `?account=${account}`}`);
  }

  drills(limit: number): Promise<{ items: readonly DrillSummary[] }> {
    return this.json(`/v1/drills?limit=${limit}`);
  }

  drill(id: string): Promise<DrillReport> {
    return this.json(`/v1/drills/${encodeURIComponent(id)}`);
  }

  audit(limit: number, run?: string): Promise<{ items: readonly AuditEntry[] }> {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(run === undefined ? {} : { run }),
    });
    return this.json(`/v1/audit?${query.toString()}`);
  }

  hostGone(host: string, reason: string): Promise<{ host: string; processes: number }> {
    const path = `/v1/hosts/${encodeURIComponent(host)}/gone`;
    return this.json(path, { method: "POST", body: { reason } });
  }

  tokens(): Promise<{ items: readonly TokenInfo[] }> {
    return this.json("/v1/tokens");
  }

  /** Not repeated by itself with the same effect: a lost answer leaves a token that nobody has. */
  createToken(body: TokenRequest): Promise<TokenInfo & { readonly token: string }> {
    return this.json("/v1/tokens", { method: "POST", body });
  }

  revokeToken(id: string): Promise<TokenInfo> {
    return this.json(`/v1/tokens/${encodeURIComponent(id)}/revoke`, { method: "POST" });
  }

  onboard(
    { accountId, ...body }: OnboardingRequest,
    key: string = randomUUID(),
  ): Promise<Onboarding> {
    return this.json(`/v1/accounts/${accountId}/onboard`, {
      method: "POST",
      body,
      headers: { "idempotency-key": key },
    });
  }

  onboarding(id: string): Promise<Onboarding> {
    return this.json(`/v1/onboardings/${encodeURIComponent(id)}`);
  }

  webhooks(): Promise<{ items: readonly Webhook[] }> {
    return this.json("/v1/webhooks");
  }

  addWebhook(body: NewWebhook): Promise<WebhookWithSecret> {
    return this.json("/v1/webhooks", { method: "POST", body, once: true });
  }

  rotateWebhook(id: string, oldValidSeconds?: number): Promise<WebhookWithSecret> {
    const body = oldValidSeconds === undefined ? {} : { oldValidSeconds };
    const path = `/v1/webhooks/${encodeURIComponent(id)}/rotate`;
    return this.json(path, { method: "POST", body, once: true });
  }

  async removeWebhook(id: string): Promise<void> {
    await this.send(`/v1/webhooks/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  deliveries(id: string, limit: number): Promise<Page<Delivery>> {
    return this.json(`/v1/webhooks/${encodeURIComponent(id)}/deliveries?limit=${limit}`);
  }

  verifyAudit(seen?: AuditAnchor): Promise<AuditVerdict> {
    const query = seen === undefined ? "" : `?entries=${seen.entries}&head=${seen.head}`;
    return this.json(`/v1/audit/verify${query}`);
  }

  approve(id: string, approval: ApprovalRequest): Promise<RunRecord> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/approve`, {
      method: "POST",
      body: approval,
    });
  }

  /** Like a start: the key makes a repeated request harmless. */
  goOn(
    id: string,
    how: Follows["how"],
    reason: string | undefined,
    key: string = randomUUID(),
  ): Promise<RunRecord> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/${how}`, {
      method: "POST",
      body: reason === undefined ? {} : { reason },
      headers: { "idempotency-key": key },
    });
  }

  cancel(id: string): Promise<RunRecord> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
  }

  events(id: string, after: number): Promise<{ items: readonly RunEvent[]; ended: boolean }> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/events?after=${after}&limit=1000`);
  }

  /** Events after `after` as they come, to the end of the run, through lost connections. Ends early on the signal. */
  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<RunEvent> {
    let last = after;
    let lost = 0;
    while (!signal.aborted) {
      let wait = FIRST_WAIT_MS * 2 ** Math.min(lost, 5);
      try {
        const response = await this.send(`/v1/runs/${encodeURIComponent(id)}/events`, {
          signal,
          headers: {
            accept: "text/event-stream",
            ...(last === 0 ? {} : { "last-event-id": `${id}:${last}` }),
          },
        });
        if (response.status === 204 || response.body === null) return;
        for await (const { event, data, retry } of serverSentEvents(alive(response.body, signal))) {
          if (retry !== undefined) wait = Math.min(retry, LONGEST_WAIT_MS);
          if (event === "end") return;
          if (data === "") continue;
          const next = JSON.parse(data) as RunEvent;
          if (next.seq <= last) continue;
          last = next.seq;
          lost = 0;
          yield next;
          if (next.type === "run.ended") return;
        }
      } catch (error) {
        // Also set by the signal handler while this waited.
        if (isAborted(signal)) return;
        if (error instanceof CliFailure) throw error;
        lost += 1;
        if (lost > TRIES) throw this.unreachable(error);
      }
      await this.io.sleep(wait, signal).catch(() => undefined);
    }
  }

  private async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(path, { ...options, signal: AbortSignal.timeout(ANSWER_MS) });
    return (await response.json()) as T;
  }

  /** Sends until there is an answer: again after network errors, 429 and 503. Throws for every other refusal. */
  private async send(path: string, options: RequestOptions): Promise<Response> {
    const tries = options.once === true ? 1 : TRIES;
    for (let attempt = 1; ; attempt += 1) {
      let wait = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      try {
        const response = await this.once(path, options);
        if (response.ok) return response;
        const failure = await refusal(response);
        if (attempt >= tries || ![429, 503].includes(response.status)) throw failure;
        const after = Number(response.headers.get("retry-after"));
        if (after > 0) wait = Math.min(after * 1000, LONGEST_WAIT_MS);
      } catch (error) {
        if (error instanceof CliFailure) throw error;
        if (options.signal?.aborted === true || attempt >= tries) throw this.unreachable(error);
      }
      await this.io.sleep(wait, options.signal);
    }
  }

  private once(
    path: string,
    { method = "GET", body, headers, signal }: RequestOptions,
  ): Promise<Response> {
    return fetch(`${this.base}${path}`, {
      method,
      redirect: "error",
      headers: {
        accept: "application/json",
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  private unreachable(cause: unknown): CliFailure {
    return new CliFailure(
      `The service at ${this.base} cannot be reached: ${reasonOf(cause)}.`,
      EXIT.unreachable,
      {
        code: "SERVICE_UNREACHABLE",
        action: "Check --url or STRONGROOM_URL, and that `strongroom serve` runs there.",
        cause,
      },
    );
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** Node hides the reason of a failed fetch one or two causes down. */
function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  const { code } = reason as NodeJS.ErrnoException;
  return reason.message === "" ? (code ?? reason.name) : reason.message;
}

/** The chunks of a body; throws when nothing comes for too long, because a dead connection looks like a quiet one. */
async function* alive(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error("the service says nothing any more")),
          SILENCE_MS,
        );
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() =>
        clearTimeout(timer),
      );
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

async function refusal(response: Response): Promise<CliFailure> {
  const problem = (await response.json().catch(() => ({}))) as Partial<ProblemDocument>;
  const { code, detail, action, errors } = problem;
  if (code === undefined || !Object.hasOwn(ERRORS, code)) {
    return new CliFailure(
      `The address answers ${response.status} ${response.statusText}, which is not what Strongroom says.`,
      response.status === 401 || response.status === 403 ? EXIT.forbidden : EXIT.unreachable,
      { code: "SERVICE_UNREACHABLE", action: "Check --url or STRONGROOM_URL." },
    );
  }
  const known: ErrorCode = code;
  return new CliFailure(detail ?? ERRORS[known].title, exitCodeOf(known), {
    code: known,
    ...(action === undefined ? {} : { action }),
    ...(errors === undefined ? {} : { problems: errors }),
  });
}
