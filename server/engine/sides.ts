import type {
  EngineEvent,
  StepEventMetadata,
  StepEventStateMetadata,
} from "@pulumi/pulumi/automation";

import { accessChanges } from "../../policies/access-changes";
import { IDENTIFIERS, isJudged, plainProperties } from "../../policies/engine-values";
import { Stack, type ResourceInput } from "../../policies/model/stack";
import type { StackOutcome } from "../ports";
import { billedUnits } from "../report/billed";
import { nameOf } from "./deployment";

/** What the typings promise more of than the engine sends. */
type State = Pick<StepEventStateMetadata, "type"> &
  Partial<Pick<StepEventStateMetadata, "id" | "inputs" | "outputs">>;

/** The engine writes null for a side that is not there, whatever the typings say. */
const sideOf = (state: State | null | undefined): State | undefined => state ?? undefined;

/** Steps after which nothing of the resource is left, or only what comes in its place. */
const GOING = new Set(["delete", "delete-replaced", "discard", "discard-replaced"]);

/**
 * Collects a stack as it is and as a preview would leave it, and tells the difference that a reviewer must know in names
 * and numbers. The inputs of the resources stay in here: they hold values.
 */
export class Sides {
  private readonly before = new Map<string, ResourceInput>();
  private readonly after = new Map<string, ResourceInput>();
  private differs = false;

  read(event: EngineEvent): void {
    if (event.resourcePreEvent !== undefined) this.note(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent !== undefined) this.note(event.resOutputsEvent.metadata);
  }

  get result(): Pick<StackOutcome, "access" | "billed"> {
    const [before, after] = [[...this.before.values()], [...this.after.values()]];
    return {
      access: this.differs ? accessChanges(new Stack(before), new Stack(after)) : [],
      billed: { before: billedUnits(before), after: billedUnits(after) },
    };
  }

  private note({ op, urn, type, ...sides }: StepEventMetadata): void {
    if (!isJudged(type)) return;
    const [old, now] = [sideOf(sides.old), sideOf(sides.new)];
    if (op !== "same") this.differs = true;
    if (old !== undefined) this.before.set(urn, inputOf(urn, old));
    if (GOING.has(op)) {
      // The old one goes after the new one came: that one stays.
      if (op === "delete") this.after.delete(urn);
    } else if (now !== undefined) this.after.set(urn, inputOf(urn, now));
  }
}

function inputOf(urn: string, { type, inputs, outputs, id }: State): ResourceInput {
  const identifiers = Object.entries({ id, ...plainProperties(outputs ?? {}) }).filter(
    ([name, value]) => IDENTIFIERS.includes(name) && value !== undefined && value !== "",
  );
  return {
    urn,
    type,
    name: nameOf(urn),
    props: { ...Object.fromEntries(identifiers), ...plainProperties(inputs ?? {}) },
  };
}
