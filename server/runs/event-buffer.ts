import type { StackEvent } from "../ports";
import type { ClaimedStamp, NewEvent, Store } from "../store/types";

const FLUSH_MS = 150;
/** Beyond this an engine that floods us loses its messages, never its resources. */
const MOST_MESSAGES = 2000;

/** The words of the engine as an event of the run. */
export function eventOfStack(claim: ClaimedStamp, event: StackEvent): NewEvent {
  const { type, ...data } = event;
  const flat = type === "policy" && "violation" in data ? { ...data.violation } : data;
  return { type: `stamp.${type}`, stamp: claim.stamp, data: flat };
}

/**
 * Collects the events of one claimed stamp and writes them a few times a second: a row lock and a commit for each
 * resource would be slower than the engine. What could not be written is kept and tried again.
 */
export class EventBuffer {
  private waiting: NewEvent[] = [];
  private messages = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly claim: ClaimedStamp,
    private readonly workerId: string,
    /** Called when the claim turns out to be somebody else's by now. */
    private readonly onLost: () => void,
  ) {}

  add(event: StackEvent): void {
    if (this.closed) return;
    if (event.type === "message" && ++this.messages > MOST_MESSAGES) return;
    this.waiting.push(eventOfStack(this.claim, event));
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.writing = this.flush();
    }, FLUSH_MS);
  }

  /** Stops writing and hands over what is left, for the transaction that ends the stamp. */
  async take(): Promise<readonly NewEvent[]> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.writing;
    return this.waiting;
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    const { claim, workerId } = this;
    try {
      const valid = await this.store.transaction(async (tx) => {
        await tx.lockRun(claim.runId);
        if (!(await tx.holds(claim, workerId))) return false;
        await tx.append(claim.runId, batch);
        return true;
      });
      if (!valid) {
        this.closed = true;
        this.onLost();
      }
    } catch {
      // The database is away: the events wait for the next flush or for the end of the stamp.
      this.waiting = [...batch, ...this.waiting];
    }
  }
}
