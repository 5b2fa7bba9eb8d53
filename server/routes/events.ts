import { Readable } from "node:stream";

import type { FastifyReply } from "fastify";
import { Type } from "typebox";

import { AppError } from "../../stacks/errors";
import { principalOf } from "../plugins/identity";
import type { RunEvent } from "../runs-ports";
import type { App, RouteContext } from "./context";
import { findRun, hasEnded, RunParams } from "./runs";
import { problems } from "./schema-parts";
import { RunEvents } from "./schemas";

/** What a browser waits before it connects again, milliseconds. */
const RECONNECT_MS = 2000;

const EventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: "Only events after this position" }),
    ),
    limit: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 200,
      description: "Most events in one JSON answer",
    }),
  },
  { additionalProperties: false },
);

/** One server-sent event. JSON holds no line break, so no value can end the event early. */
function frame(event: RunEvent): string {
  return `id: ${event.runId}:${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The position in a `Last-Event-ID` of ours, `<runId>:<seq>`. Throws `SPEC_INVALID` for any other text. */
function lastSeen(id: string, header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [run, seq, ...rest] = String(header).split(":");
  if (run === id && seq !== undefined && rest.length === 0 && /^\d{1,15}$/.test(seq)) {
    return Number(seq);
  }
  throw new AppError("SPEC_INVALID", "Last-Event-ID does not belong to this run.", {
    problems: [{ pointer: "/headers/last-event-id", message: "must be <run id>:<position>" }],
    action: "Leave the header out to read from the start.",
  });
}

/** The text of an event stream: events as they come, comments in the silence between, `end` after the last. */
async function* eventStream(
  events: AsyncIterable<RunEvent>,
  heartbeatMs: number,
): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  let pending = iterator.next();
  let last: RunEvent | undefined;
  yield `retry: ${RECONNECT_MS}\n\n`;
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), heartbeatMs);
    });
    const next = await Promise.race([pending, silence]).finally(() => clearTimeout(timer));
    if (next === undefined) {
      yield ": still here\n\n";
    } else if (next.done === true) {
      break;
    } else {
      last = next.value;
      yield frame(last);
      pending = iterator.next();
    }
  }
  // Only a run that has ended: a client that is cut off because the service stops has to come back.
  if (last?.type === "run.ended") yield "event: end\ndata: {}\n\n";
}

/** Events of a run: a stream for `Accept: text/event-stream`, pages of JSON otherwise. */
export function eventRoutes(app: App, context: RouteContext): void {
  const { runs, streams, metrics, heartbeatMs } = context;

  app.get(
    "/v1/runs/:id/events",
    {
      config: { access: "viewer" },
      schema: {
        operationId: "getRunEvents",
        summary: "Follow a run",
        description:
          "With Accept: text/event-stream, server-sent events with ids <run id>:<position>, resumed by Last-Event-ID, " +
          "ended by an event named end; 204 where there is nothing more to come. Otherwise a page of JSON after ?after=.",
        tags: ["runs"],
        params: RunParams,
        querystring: EventsQuery,
        response: {
          200: {
            description: "Events, oldest first",
            content: {
              "application/json": { schema: RunEvents },
              "text/event-stream": { schema: Type.String() },
            },
          },
          204: Type.Null({ description: "The run has ended and every event was seen" }),
          ...problems(404, 422),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // The schema speaks of the text that comes out of the stream, and of nothing, hence the plain reply.
      const plain: FastifyReply = reply;
      const run = await findRun(context, id);
      reply.header("vary", "accept");
      const { limit } = request.query;
      if (!wantsStream(request.headers.accept)) {
        const items = await runs.events(id, request.query.after ?? 0, limit);
        const ended = hasEnded(run.status) && items.length < limit;
        return reply.type("application/json").send({ items: [...items], ended });
      }
      const after = lastSeen(id, request.headers["last-event-id"]) ?? request.query.after ?? 0;
      if (hasEnded(run.status) && (await runs.events(id, after, 1)).length === 0) {
        return plain.code(204).send();
      }
      const stream = streams.open(principalOf(request).subject);
      metrics.eventStreams.set(streams.size);
      reply.raw.once("close", () => {
        streams.release(stream);
        metrics.eventStreams.set(streams.size);
      });
      const events = runs.follow(id, after, stream.signal);
      return (
        plain
          .type("text/event-stream")
          .header("cache-control", "no-store")
          .header("x-accel-buffering", "no")
          // A stream has its connection for itself; kept alive after the end it would only delay the service's close.
          .header("connection", "close")
          .send(Readable.from(eventStream(events, heartbeatMs)))
      );
    },
  );
}

function wantsStream(accept: string | undefined): boolean {
  return (accept ?? "")
    .split(",")
    .some((part) => part.split(";")[0]?.trim().toLowerCase() === "text/event-stream");
}
