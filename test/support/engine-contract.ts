import { expect } from "chai";

import { stampName } from "../../stacks/naming";
import type {
  EnginePort,
  StackOperation,
  StackEvent,
  StackJob,
  StackOutcome,
} from "../../server/ports";
import { newAccount } from "./runs";

/** One engine to be held to the contract. */
export interface EngineUnderTest {
  readonly engine: EnginePort;
  /** A job whose stack has two resources once it is stamped. */
  readonly job: (operation: StackOperation, accountId: string) => StackJob;
  /** Makes the next operation of a job take long enough to be interrupted. */
  readonly slow: (job: StackJob) => StackJob;
  /** Milliseconds after which that operation is surely in the middle. */
  readonly inTheMiddle: number;
}

const never = (): AbortSignal => new AbortController().signal;

/** What every engine behind the port must do; the fake and the real one both pass. */
export function engineContract(name: string, underTest: () => EngineUnderTest): void {
  describe(`${name}, held to the contract of engines`, () => {
    let account: string;
    const run = (operation: StackOperation, events: StackEvent[] = []): Promise<StackOutcome> => {
      const { engine, job } = underTest();
      return engine.execute(job(operation, account), (event) => events.push(event), never());
    };
    beforeEach(() => {
      account = newAccount();
    });

    it("creates the resources of a new stack, tells of each, and shows them afterwards", async () => {
      const events: StackEvent[] = [];
      const outcome = await run("up", events);
      expect(outcome.error).to.equal(undefined);
      expect(outcome.status).to.equal("succeeded");
      expect(outcome.counts).to.include({ create: 2, update: 0, replace: 0, delete: 0 });
      expect(outcome.changes.map(({ operation }) => operation)).to.deep.equal(["create", "create"]);
      expect(outcome.resources).to.equal(2);
      const done = events.filter((event) => event.type === "resource" && event.status === "done");
      expect(done).to.have.length(2);
      const shown = await underTest().engine.resources(stampName("member", account));
      expect(shown).to.have.length(2);
    });

    it("changes nothing the second time", async () => {
      await run("up");
      const again = await run("up");
      expect(again.status).to.equal("succeeded");
      expect(again.counts).to.deep.equal({ create: 0, update: 0, replace: 0, delete: 0, same: 2 });
      expect(again.changes).to.deep.equal([]);
      expect(again.resources).to.equal(2);
    });

    it("previews without making anything", async () => {
      const outcome = await run("preview");
      expect(outcome.error).to.equal(undefined);
      expect(outcome.counts.create).to.equal(2);
      expect(outcome.resources).to.equal(0);
      const stamp = stampName("member", account);
      expect(await underTest().engine.resources(stamp)).to.equal(undefined);
    });

    it("sees no drift where there is none", async () => {
      await run("up");
      const outcome = await run("drift");
      expect(outcome.error).to.equal(undefined);
      expect(outcome.changes).to.deep.equal([]);
      expect(outcome.resources).to.equal(2);
    });

    it("retires a stack: nothing of it is left to see", async () => {
      await run("up");
      const outcome = await run("retire");
      expect(outcome.error).to.equal(undefined);
      expect(outcome.counts.delete).to.equal(2);
      expect(outcome.resources).to.equal(0);
      const stamp = stampName("member", account);
      expect(await underTest().engine.resources(stamp)).to.equal(undefined);
    });

    it("ends an interrupted operation as cancelled, and the stack can be worked on again", async () => {
      const { engine, job, slow, inTheMiddle } = underTest();
      const abort = new AbortController();
      const working = engine.execute(slow(job("up", account)), () => undefined, abort.signal);
      setTimeout(() => abort.abort(), inTheMiddle);
      const outcome = await working;
      expect(outcome.status).to.equal("cancelled");
      expect(outcome.error?.code).to.equal("RUN_CANCELLED");
      const after = await run("up");
      expect(after.error).to.equal(undefined);
      expect(after.resources).to.equal(2);
    });

    it("does not start what was interrupted before", async () => {
      const { engine, job } = underTest();
      const outcome = await engine.execute(
        job("up", account),
        () => undefined,
        AbortSignal.abort(),
      );
      expect(outcome.status).to.equal("cancelled");
      expect(outcome.resources).to.equal(0);
    });
  });
}
