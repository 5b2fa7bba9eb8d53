import { expect } from "chai";

import { refuseAfterRepair } from "../../../../server/engine/after-repair";
import { CommandFailed } from "../../../../server/engine/command";
import { exported, parseState, readState } from "../../../../server/engine/state";
import type { ResourceChange, StackStates } from "../../../../server/ports";
import { AppError } from "../../../../stacks/errors";
import { stampName } from "../../../../stacks/naming";
import { scratchFolder } from "../../../support/runs";

const stamp = stampName("member", "111122223333");
const ROLE = { urn: "urn:r", type: "aws:iam/role:Role" };
const deployment = {
  resources: [ROLE],
  pending_operations: [{ type: "creating", resource: ROLE }],
};

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};

describe("a stack's state", () => {
  const scratch = scratchFolder("state");
  after(() => scratch.remove());
  const source = (states: Pick<StackStates, "read"> | undefined, stderr = "") => ({
    stamp,
    workDir: scratch.path,
    backendUrl: "gs://states",
    backend: {
      locks: { list: () => Promise.resolve([]), remove: () => Promise.resolve() },
      ...(states === undefined ? {} : { states: states as StackStates }),
    },
    command: {
      run: () => Promise.reject(new CommandFailed(["stack"], { stdout: "", stderr, code: 255 })),
    },
  });
  const reading = (read: () => Promise<string | undefined>) => readState(source({ read }));

  it("is read in the form of a backend and in that of an export, and goes out in the latter", () => {
    const state = { version: 4, features: ["f"], deployment };
    expect(
      parseState(
        JSON.stringify({ version: 4, features: ["f"], checkpoint: { latest: deployment } }),
      ),
    ).to.deep.equal(state);
    expect(parseState(exported(state))).to.deep.equal(state);
    for (const fresh of [
      { checkpoint: { latest: null } },
      { checkpoint: {} },
      { deployment: {} },
    ]) {
      expect(parseState(JSON.stringify({ version: 3, ...fresh }))?.deployment).to.deep.equal({});
    }
  });

  it("is damaged where it is empty, torn or something else", async () => {
    const whole = JSON.stringify({ version: 3, checkpoint: { latest: deployment } });
    for (const text of [
      "",
      "null",
      "[]",
      "{}",
      whole.slice(0, -20),
      whole.slice(20),
      '{"version":3,"checkpoint":[]}',
      '{"version":3,"checkpoint":{"latest":{"resources":{}}}}',
      '{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u"}]}}}',
      '{"version":3,"checkpoint":{"latest":{"pending_operations":[{"type":"creating"}]}}}',
    ]) {
      expect(parseState(text), text).to.equal(undefined);
      expect(await codeOf(reading(() => Promise.resolve(text))), text).to.equal("STATE_DAMAGED");
    }
  });

  it("that a backend does not give out is not taken for one that does not exist", async () => {
    expect(await reading(() => Promise.resolve(undefined))).to.equal(undefined);
    const broken = reading(() => Promise.reject(new Error("503")));
    expect(await codeOf(broken)).to.equal("STATE_UNREACHABLE");
    // Read by Pulumi's own command where we do not know the backend.
    expect(await readState(source(undefined, "error: no stack named 'x' found"))).to.equal(
      undefined,
    );
    expect(await codeOf(readState(source(undefined, "error: 503")))).to.contain("ended with 255");
  });
});

describe("after the repair of a state", () => {
  const change = (operation: ResourceChange["operation"], type: string): ResourceChange => ({
    urn: `urn:${type}`,
    type,
    name: "thing",
    operation,
    properties: [],
  });
  const refused = (repaired: "finished" | "restored" | undefined, ...changes: ResourceChange[]) => {
    try {
      refuseAfterRepair(stamp, repaired, changes);
      return [];
    } catch (error) {
      const { code, problems } = error as AppError;
      return [code, ...problems.map(({ message }) => message)];
    }
  };
  const KEY = "aws:kms/key:Key";
  const ROLE_TYPE = "aws:iam/role:Role";

  it("that finished an interrupted update the rest is made, and nothing goes that cannot be made again", () => {
    const harmless = [change("create", KEY), change("update", KEY), change("delete", ROLE_TYPE)];
    expect(refused("finished", ...harmless)).to.deep.equal([]);
    expect(refused("finished", ...harmless, change("replace", KEY))).to.deep.equal([
      "ENGINE_PENDING",
      `replace ${KEY} thing`,
    ]);
  });

  it("that put an earlier version back nothing is created, replaced or deleted unseen", () => {
    expect(refused("restored", change("update", KEY))).to.deep.equal([]);
    for (const operation of ["create", "replace", "delete"] as const) {
      expect(refused("restored", change(operation, ROLE_TYPE))).to.deep.equal([
        "STATE_DAMAGED",
        `${operation} ${ROLE_TYPE} thing`,
      ]);
    }
  });

  it("the next operation is one like any other", () => {
    expect(refused(undefined, change("delete", KEY), change("create", KEY))).to.deep.equal([]);
  });
});
