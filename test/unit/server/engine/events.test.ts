import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import { expect } from "chai";

import { EventReader } from "../../../../server/engine/events";
import type { StackEvent } from "../../../../server/ports";

const CANARY = "canary-value-77d1";

function step(
  kind: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent",
  op: OpType,
  name: string,
  more: Record<string, unknown> = {},
  custom = true,
): EngineEvent {
  const type = "aws:kms/key:Key";
  const state = { type, urn: "", id: "", custom, inputs: { description: CANARY }, outputs: {} };
  const metadata = { op, urn: `urn:pulumi:s::p::${type}::${name}`, type, old: state, new: state };
  return { sequence: 0, timestamp: 0, [kind]: { metadata: { ...metadata, ...more } } };
}

const prelude: EngineEvent = { sequence: 0, timestamp: 0, preludeEvent: { config: {} } };

function policy(level: string, urn: string, message: string): EngineEvent {
  return {
    sequence: 0,
    timestamp: 0,
    policyEvent: {
      resourceUrn: urn,
      message,
      color: "never",
      policyName: "rule",
      policyPackName: "pack",
      policyPackVersion: "1",
      policyPackVersionTag: "1",
      enforcementLevel: level as "mandatory",
    },
  };
}

describe("reading the engine's events", () => {
  let told: StackEvent[];
  let reader: EventReader;
  beforeEach(() => {
    told = [];
    reader = new EventReader((event) => told.push(event));
  });

  it("counts intentions in a preview and says nothing of progress", () => {
    reader.begin(false);
    reader.read(step("resourcePreEvent", "create", "a"));
    reader.read(step("resourcePreEvent", "same", "b"));
    expect(reader.phase.counts).to.deep.equal({
      create: 1,
      update: 0,
      replace: 0,
      delete: 0,
      same: 1,
    });
    expect(told).to.deep.equal([]);
  });

  it("counts in an update only what was done, and tells of each step", () => {
    reader.begin(true);
    reader.read(step("resourcePreEvent", "create", "a"));
    expect(reader.phase.differs).to.equal(false);
    reader.read(step("resOutputsEvent", "create", "a"));
    expect(reader.phase.counts.create).to.equal(1);
    expect(told.map((event) => event.type === "resource" && event.status)).to.deep.equal([
      "started",
      "done",
    ]);
  });

  it("takes a step that failed for a difference, because nobody knows how far it got", () => {
    reader.begin(true);
    reader.read(step("resourcePreEvent", "create", "a"));
    reader.read(step("resOpFailedEvent", "create", "a"));
    expect(reader.phase.counts.create).to.equal(0);
    expect(reader.phase.differs).to.equal(true);
  });

  it("remembers the creations that failed in an update, as they would stand in a state, and nothing else that failed", () => {
    reader.begin(false);
    reader.read(step("resOpFailedEvent", "create", "previewed"));
    reader.begin(true);
    reader.read(step("resOpFailedEvent", "update", "updated"));
    reader.read(step("resOpFailedEvent", "create", "component", {}, false));
    const made = { urn: "urn:k", type: "aws:kms/key:Key", custom: true, id: "", parent: "urn:p" };
    const more = { protect: true, retainOnDelete: true, inputs: { a: 1 }, outputs: {} };
    const provider = "urn:provider::id";
    reader.read(step("resOpFailedEvent", "create", "k", { new: { ...made, ...more }, provider }));
    expect(reader.failedCreations).to.deep.equal([
      {
        urn: "urn:k",
        type: "aws:kms/key:Key",
        custom: true,
        parent: "urn:p",
        provider,
        protect: true,
        retainOnDelete: true,
        inputs: { a: 1 },
      },
    ]);
  });

  it("counts the steps of a replacement as one", () => {
    reader.begin(true);
    for (const op of ["create-replacement", "replace", "delete-replaced"] as const) {
      reader.read(step("resOutputsEvent", op, "a", { diffs: ["name"] }));
    }
    expect(reader.phase.counts).to.include({ replace: 1, create: 0, delete: 0 });
  });

  it("gives names of properties, sorted, and no value", () => {
    reader.begin(false);
    const detailedDiff = { "tags.b": { kind: "update" }, policy: { kind: "update" } };
    reader.read(step("resourcePreEvent", "update", "a", { detailedDiff, diffs: ["tags"] }));
    reader.read(step("resourcePreEvent", "update", "b", { detailedDiff: null, diffs: ["z", "y"] }));
    expect(reader.phase.changes.map(({ properties }) => properties)).to.deep.equal([
      ["policy", "tags.b"],
      ["y", "z"],
    ]);
    expect(JSON.stringify([reader.phase, told])).to.not.contain(CANARY);
  });

  it("leaves components out of the counts, but not out of what differs", () => {
    reader.begin(false);
    reader.read(step("resourcePreEvent", "same", "a", {}, false));
    expect(reader.phase.differs).to.equal(false);
    const outputs = (value: string) => ({ type: "t", urn: "", custom: false, outputs: { value } });
    reader.read(
      step("resOutputsEvent", "same", "a", { old: outputs("1"), new: outputs("2") }, false),
    );
    expect(reader.phase.differs).to.equal(true);
    expect(reader.phase.counts.same).to.equal(0);
  });

  it("takes the second announcement of a command that previews first for the start of the update", () => {
    reader.beginPreviewThenUpdate();
    reader.read(prelude);
    reader.read(step("resourcePreEvent", "create", "a"));
    expect([reader.live, reader.phase.counts.create]).to.deep.equal([false, 1]);
    reader.read(prelude);
    expect([reader.live, reader.phase.counts.create]).to.deep.equal([true, 0]);
  });

  it("reports a violation once, without the rule's description, and those of stacks without a resource", () => {
    reader.begin(false);
    for (let phase = 0; phase < 2; phase++) {
      reader.read(policy("mandatory", "urn:a::b::t::n", "Keys rotate.\nSet rotation.\n"));
      reader.read(policy("advisory", "urn:s::p::pulumi:pulumi:Stack::p-s", "Advice.\nBetter.\n"));
    }
    expect(reader.violations).to.deep.equal([
      {
        pack: "pack",
        rule: "rule",
        level: "mandatory",
        urn: "urn:a::b::t::n",
        message: "Set rotation.",
      },
      { pack: "pack", rule: "rule", level: "advisory", urn: "", message: "Better." },
    ]);
    expect(told).to.have.length(2);
  });

  it("tells what a rule could not decide, and what an exemption accepts, from what failed", () => {
    reader.begin(false);
    reader.read(policy("mandatory", "urn:a::b::t::n", "[undetermined] It is not known yet."));
    reader.read(policy("advisory", "urn:a::b::t::n", "[exempt] It does not rotate."));
    reader.read(policy("mandatory", "urn:a::b::t::n", "It does [exempt] not rotate."));
    expect(reader.violations.map(({ verdict, message }) => [verdict, message])).to.deep.equal([
      ["undetermined", "It is not known yet."],
      ["exempt", "It does not rotate."],
      [undefined, "It does [exempt] not rotate."],
    ]);
  });

  it("passes on errors, warnings and information, and neither debugging nor remarks about plugins", () => {
    const say = (severity: "error" | "warning" | "info" | "debug" | "info#err", message: string) =>
      reader.read({
        sequence: 0,
        timestamp: 0,
        diagnosticEvent: { message, color: "never", severity: severity as "info" },
      });
    say("error", "bad\n");
    say("warning", "using pulumi-resource-aws from $PATH at /x");
    say("warning", "careful");
    say("debug", CANARY);
    say("info#err", "stack trace");
    say("info", "hello");
    expect(told.map((event) => event.type === "message" && event.text)).to.deep.equal([
      "bad",
      "careful",
      "hello",
    ]);
    expect(reader.diagnostics).to.deep.equal(["bad"]);
  });
});
