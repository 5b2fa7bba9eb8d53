import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { FastifyInstance } from "fastify";

/** The service's measurements, in a registry of their own so that two services in one process do not meet. */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: Histogram<"method" | "route" | "status">;
  /** Runs asked for through the API, by operation. */
  readonly runsRequested: Counter<"operation">;
  /** Runs known to the store by status, read when scraped. */
  readonly runs: Gauge<"status">;
  readonly stampsQueued: Gauge;
  readonly stampsRunning: Gauge;
  /** Stack operations that may run now, by setting and memory. */
  readonly stampSlots: Gauge;
  readonly stampMemory: Gauge;
  /** Stamps that differ from what was made; to be alarmed about. */
  readonly stampsDrifted: Gauge;
  /** Those among them whose drift breaks a mandatory rule; to be alarmed about first. */
  readonly stampsWeakened: Gauge;
  readonly eventStreams: Gauge;
  readonly discoveryAge: Gauge;
}

/** Makes the measurements; `collectors` fill the gauges at the moment they are read. */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: "strongroom_http_request_seconds",
      help: "Duration of HTTP requests by route, in seconds; event streams are left out",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    runsRequested: new Counter({
      name: "strongroom_runs_requested_total",
      help: "Runs asked for through the API, replays not counted",
      labelNames: ["operation"],
      registers,
    }),
    runs: new Gauge({
      name: "strongroom_runs",
      help: "The newest runs (at most 200) by status",
      labelNames: ["status"],
      registers,
    }),
    stampsQueued: new Gauge({
      name: "strongroom_stamps_queued",
      help: "Stack operations that wait in the queue",
      registers,
    }),
    stampsRunning: new Gauge({
      name: "strongroom_stamps_running",
      help: "Stack operations that run in this service",
      registers,
    }),
    stampSlots: new Gauge({
      name: "strongroom_stamp_slots",
      help: "Stack operations that may run now, by setting and free memory",
      registers,
    }),
    stampMemory: new Gauge({
      name: "strongroom_stamp_peak_memory_mebibytes",
      help: "Most memory that one of the last stack operations took",
      registers,
    }),
    stampsDrifted: new Gauge({
      name: "strongroom_stamps_drifted",
      help: "Stamps in which the last comparison found that something differs from what was made",
      registers,
    }),
    stampsWeakened: new Gauge({
      name: "strongroom_stamps_weakened",
      help: "Stamps whose drift breaks a mandatory rule",
      registers,
    }),
    eventStreams: new Gauge({
      name: "strongroom_event_streams",
      help: "Event streams that are open",
      registers,
    }),
    discoveryAge: new Gauge({
      name: "strongroom_org_discovery_age_seconds",
      help: "Age of the list of accounts in use",
      registers,
    }),
  };
}

/** Measures every request by its route's pattern: a path would make a series per id. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    if (reply.getHeader("content-type") !== "text/event-stream") {
      metrics.requests.observe(
        {
          method: request.method,
          route: request.routeOptions.url ?? "none",
          status: String(reply.statusCode),
        },
        reply.elapsedTime / 1000,
      );
    }
    done();
  });
}
