import type { EngineEvent } from "@pulumi/pulumi/automation";

import { judgeDeployed, type DeployedFinding } from "../../policies/deployed";
import { resourcesOfState } from "../../policies/state-file";
import type { Exemption } from "../../stacks/exemptions";
import type { StampName } from "../../stacks/naming";
import type { PolicyViolation } from "../ports";
import type { StateResource } from "./deployment";

type Properties = Readonly<Record<string, unknown>>;

/** What the engine writes in its events in place of a secret. */
const HIDDEN = "[secret]";
/** The pack whose rules are the service's own: it has all of them. */
const PACK = "strongroom";

/**
 * Collects what a comparison found to be really there, so that the rules can judge it. The values stay in here; what leaves is
 * which rules they break.
 */
export class LiveState {
  private readonly found = new Map<string, Pick<StateResource, "inputs" | "outputs">>();
  private readonly gone = new Set<string>();

  read({ resOutputsEvent }: EngineEvent): void {
    if (resOutputsEvent === undefined) return;
    const { urn, op, new: now } = resOutputsEvent.metadata;
    if (op === "delete") this.gone.add(urn);
    else if (now !== undefined) this.found.set(urn, { inputs: now.inputs, outputs: now.outputs });
  }

  /** The resources of a state as they really are. */
  of(resources: readonly StateResource[]): readonly StateResource[] {
    return resources
      .filter(({ urn }) => !this.gone.has(urn))
      .map((resource) => {
        const { inputs, outputs } = this.found.get(resource.urn) ?? {};
        return {
          ...resource,
          inputs: seen(resource.inputs, inputs),
          outputs: seen(resource.outputs, outputs),
        };
      });
  }
}

/** The properties as they are now; where a secret is hidden in one, as the state keeps it. */
function seen(before: Properties = {}, now: Properties = before): Properties {
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [key, hides(value) ? before[key] : value]),
  );
}

function hides(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === HIDDEN;
  return Object.values(value).some(hides);
}

/**
 * The mandatory rules that what is really there breaks, and what the last run made did not: the ones that the drift weakens.
 * A rule that cannot be decided any more counts, as it does for everything deployed.
 */
export function weakenedRules(
  before: readonly StateResource[],
  live: LiveState,
  of: {
    readonly stamp: StampName;
    readonly exemptions: readonly Exemption[];
    readonly today: string;
  },
): readonly PolicyViolation[] {
  const broken = (resources: readonly StateResource[]): readonly DeployedFinding[] =>
    judgeDeployed(resourcesOfState(resources), {
      stack: of.stamp,
      exemptions: of.exemptions,
      today: of.today,
    }).findings.filter(
      // What is wrong with an exemption is about no resource, and no drift's work.
      ({ level, urn }) => level === "mandatory" && urn !== "",
    );
  const key = ({ rule, urn, verdict }: DeployedFinding): string => [rule, urn, verdict].join("\n");
  const known = new Set(broken(before).map(key));
  return broken(live.of(before))
    .filter((finding) => !known.has(key(finding)))
    .map(({ rule, level, verdict, urn, message }) => ({
      pack: PACK,
      rule,
      level,
      verdict,
      urn,
      message,
    }));
}
