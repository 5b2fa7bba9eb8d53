import { AppError } from "../../stacks/errors";

/**
 * The open event streams. `close()` of the service waits for its connections, and an event stream would hold one open
 * for ever (fastify/sse #57), so they are ended first.
 */
export class OpenStreams {
  readonly #open = new Map<AbortController, string>();
  readonly #limits: { readonly total: number; readonly perSubject: number };
  #closing = false;

  constructor(limits: { total: number; perSubject: number } = { total: 1000, perSubject: 100 }) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Registers a stream; its signal fires when the service stops. Throws where there are too many. */
  open(subject: string): AbortController {
    if (this.#closing) throw new AppError("RUN_SHUTTING_DOWN", "The service is stopping.");
    const own = [...this.#open.values()].filter((other) => other === subject).length;
    if (this.#open.size >= this.#limits.total || own >= this.#limits.perSubject) {
      throw new AppError("SPEC_RATE_LIMIT", "Too many event streams are open.", {
        action: "Close some, or ask for the events as JSON with ?after=.",
      });
    }
    const controller = new AbortController();
    this.#open.set(controller, subject);
    return controller;
  }

  release(controller: AbortController): void {
    this.#open.delete(controller);
    controller.abort();
  }

  endAll(): void {
    this.#closing = true;
    for (const controller of [...this.#open.keys()]) this.release(controller);
  }
}
