import { expect } from "chai";

import { pacedEngine } from "../../../bench/paced-engine";
import type { StackEvent, StackJob } from "../../../server/ports";

const job = { stamp: "member-111122223333", operation: "up" } as unknown as StackJob;

describe("An engine that makes nothing", () => {
  it("tells its events and succeeds, and stops when it is told to", async () => {
    const events: StackEvent[] = [];
    const engine = pacedEngine({ events: 3, everyMs: 0 });
    const done = await engine.execute(
      job,
      (event) => events.push(event),
      new AbortController().signal,
    );
    expect([done.status, events.length]).to.deep.equal(["succeeded", 3]);

    const stopped = await pacedEngine({ events: 3, everyMs: 60_000 }).execute(
      job,
      (event) => events.push(event),
      AbortSignal.abort(),
    );
    expect(stopped.status).to.equal("cancelled");
    expect(stopped.error?.code).to.equal("RUN_CANCELLED");
    expect(events).to.have.length(3);
  });
});
