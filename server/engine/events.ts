import { isDeepStrictEqual } from "node:util";

import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";

import { readMark } from "../../stacks/verdicts";
import type { ChangeCounts, PolicyViolation, ResourceChange, StackEvent } from "../ports";
import { isCloudResource, nameOf, type StateResource } from "./deployment";

type Change = ResourceChange["operation"];

/** Pulumi's many words for what happens to a resource, in ours; undefined for what is no change. */
const CHANGES: Readonly<Record<string, Change | "same" | undefined>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
  same: "same",
  discard: "delete",
};

const LONGEST_TEXT = 2000;
/** The engine's remarks about itself, which say nothing about the stack. */
const NOISE = /using pulumi-(?:analyzer|language|resource)-[\w-]+ from \$PATH|^\s*$/;

/** What one phase of the engine (a preview, an update, a refresh, a destroy) did or would do. */
export interface Phase {
  readonly counts: ChangeCounts;
  readonly changes: readonly ResourceChange[];
  /** Anything at all differs, providers, components and stack outputs included. */
  readonly differs: boolean;
}

/**
 * Reads the engine's event stream. Keeps names only: the old and new states in the events hold values, and none of them
 * leaves this class.
 */
export class EventReader {
  readonly violations: PolicyViolation[] = [];
  readonly diagnostics: string[] = [];
  /** Creations that failed, as the engine would have noted them; values that are secret are not among the inputs. */
  readonly failedCreations: StateResource[] = [];
  private steps = new Map<string, { change: Change | "same"; meta: StepEventMetadata }>();
  private other = false;
  /** A command that previews and then updates: the engine announces each of the two. */
  private twoPhases = false;
  private announced = 0;
  private isLive = false;

  constructor(private readonly tell: (event: StackEvent) => void) {}

  /** Forgets the last phase's steps; `live` phases change things and report each resource as it goes. */
  begin(live: boolean): void {
    this.twoPhases = false;
    this.clear(live);
  }

  /** Like `begin`, for a command that shows its preview first: live from the second announcement on. */
  beginPreviewThenUpdate(): void {
    this.twoPhases = true;
    this.announced = 0;
    this.clear(false);
  }

  /** False while a preview looks: its steps are intentions, not progress. */
  get live(): boolean {
    return this.isLive;
  }

  private clear(live: boolean): void {
    this.steps = new Map();
    this.other = false;
    this.isLive = live;
  }

  read(event: EngineEvent): void {
    if (event.preludeEvent !== undefined && this.twoPhases) this.clear(++this.announced > 1);
    if (event.resourcePreEvent !== undefined) this.onStart(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent !== undefined) this.onDone(event.resOutputsEvent.metadata);
    if (event.resOpFailedEvent !== undefined) this.onFailed(event.resOpFailedEvent.metadata);
    if (event.policyEvent !== undefined) {
      const { policyEvent } = event;
      this.onViolation({
        pack: policyEvent.policyPackName,
        rule: policyEvent.policyName,
        level: policyEvent.enforcementLevel === "mandatory" ? "mandatory" : "advisory",
        urn: (policyEvent.resourceUrn ?? "").includes("pulumi:pulumi:Stack::")
          ? ""
          : (policyEvent.resourceUrn ?? ""),
        ...said(policyEvent.message),
      });
    }
    if (event.diagnosticEvent !== undefined) {
      const { severity, message, ephemeral } = event.diagnosticEvent;
      if (ephemeral !== true) this.onDiagnostic(severity, message);
    }
  }

  get phase(): Phase {
    const counts = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };
    const changes: ResourceChange[] = [];
    for (const [urn, { change, meta }] of this.steps) {
      counts[change]++;
      if (change === "same") continue;
      changes.push({
        urn,
        type: meta.type,
        name: nameOf(urn),
        operation: change,
        properties: change === "update" || change === "replace" ? propertiesOf(meta) : [],
      });
    }
    return { counts, changes, differs: this.other || changes.length > 0 };
  }

  private onStart(meta: StepEventMetadata): void {
    if (this.live) this.progress(meta, "started");
    // In a preview the start of a step is all there is for some of them.
    else this.note(meta);
  }

  private onDone(meta: StepEventMetadata): void {
    this.note(meta);
    if (this.live) this.progress(meta, "done");
  }

  private onFailed(meta: StepEventMetadata): void {
    if (!this.live) return;
    // Nobody knows how far it got: it counts as a difference.
    this.other = true;
    const made = creationOf(meta);
    if (made !== undefined) this.failedCreations.push(made);
    this.progress(meta, "failed");
  }

  private note(meta: StepEventMetadata): void {
    const change = CHANGES[meta.op];
    if (change === undefined) return;
    if (!isCloud(meta)) {
      this.other ||= change !== "same" || outputsDiffer(meta);
      return;
    }
    const before = this.steps.get(meta.urn)?.change;
    // The steps of a replacement come one by one; together they are one.
    if (before === "replace") return;
    this.steps.set(meta.urn, { change, meta });
  }

  private progress(meta: StepEventMetadata, status: "started" | "done" | "failed"): void {
    const change = CHANGES[meta.op];
    if (change === undefined || change === "same" || !isCloud(meta)) return;
    this.tell({ type: "resource", urn: meta.urn, operation: meta.op, status });
  }

  private onViolation(violation: PolicyViolation): void {
    const { pack, rule, urn, message } = violation;
    // The update runs the packs again after the preview did.
    const known = this.violations.some(
      (other) =>
        other.pack === pack &&
        other.rule === rule &&
        other.urn === urn &&
        other.message === message,
    );
    if (known) return;
    this.violations.push(violation);
    this.tell({ type: "policy", violation });
  }

  private onDiagnostic(severity: string, message: string): void {
    const text = message.trim().slice(0, LONGEST_TEXT);
    if (NOISE.test(text)) return;
    if (severity === "error") this.diagnostics.push(text);
    if (severity === "error" || severity === "warning") {
      this.tell({ type: "message", level: severity, text });
    } else if (severity === "info") {
      this.tell({ type: "message", level: "info", text });
    }
  }
}

function creationOf(meta: StepEventMetadata): StateResource | undefined {
  if (meta.op !== "create" || meta.new === undefined || !isCloud(meta)) return undefined;
  const { urn, type, parent, protect = false, retainOnDelete = false, inputs } = meta.new;
  const { provider } = meta;
  return { urn, type, custom: true, parent, provider, protect, retainOnDelete, inputs };
}

const isCloud = (meta: StepEventMetadata): boolean =>
  isCloudResource({
    type: meta.type,
    custom: meta.new?.custom ?? meta.old?.custom ?? false,
  });

/** Outputs of the stack and of components may change where no resource does; the state must learn of it. */
function outputsDiffer({ old: before, new: after }: StepEventMetadata): boolean {
  if (before?.outputs === undefined || after?.outputs === undefined) return false;
  return !isDeepStrictEqual(before.outputs, after.outputs);
}

/** Names of the properties that differ, sorted. The events have their values too; those stay behind. */
function propertiesOf(meta: StepEventMetadata): readonly string[] {
  const detailed = Object.keys(meta.detailedDiff ?? {});
  const names = detailed.length > 0 ? detailed : (meta.diffs ?? []);
  return [...new Set(names)].sort();
}

/** What a rule said, and its verdict where it did not simply fail. */
function said(text: string): Pick<PolicyViolation, "message" | "verdict"> {
  const { verdict, message } = readMark(withoutDescription(text));
  return verdict === "fail" ? { message } : { message, verdict };
}

/** Pulumi puts the rule's description, one line, before what the rule said. */
function withoutDescription(message: string): string {
  const lines = message.trim().split("\n");
  return (lines.length > 1 ? lines.slice(1).join("\n") : (lines[0] ?? "")).trim();
}
