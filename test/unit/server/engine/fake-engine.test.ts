import { fleetPlan } from "../../../support/runs";
import { engineContract } from "../../../support/engine-contract";
import { FakeEngine } from "../../../support/fake-engine";
import type { StackJob } from "../../../../server/ports";
import { stampName } from "../../../../stacks/naming";

engineContract("the fake engine", () => {
  const engine = fake;
  return {
    engine,
    job: (operation, accountId): StackJob => {
      const { spec, connection } = fleetPlan([accountId]).stamps[0]!;
      return { stamp: stampName("member", accountId), operation, spec, connection };
    },
    slow: (job) => {
      engine.behaviours.set(job.stamp, { takes: 5000 });
      setTimeout(() => engine.behaviours.delete(job.stamp), 10);
      return job;
    },
    inTheMiddle: 20,
  };
});

const fake = new FakeEngine();
