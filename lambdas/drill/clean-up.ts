import { NAMES } from "../../stacks/naming";
import { eachSettled } from "../../stacks/at-once";
import { asFunctionError } from "../work/retry";
import type { DrillPorts } from "./ports";
import { drillSpaceName } from "./rehearse";

const PARALLEL = 8;
/** Longer than a function can run (15 minutes): what a drill left that long ago, it will not take away any more. */
const DEAD_AFTER_MS = 20 * 60_000;

/**
 * Takes away the secrets of this drill, and those that an earlier one left when it died; the ones of a drill that may still
 * be running stay. Answers what could not be done, as sentences.
 */
export async function cleanUp(drillId: string, ports: DrillPorts): Promise<readonly string[]> {
  const regions = [...new Set([ports.primaryRegion, ports.recoveryRegion])];
  const problems = await Promise.all(regions.map((region) => cleanRegion(region, drillId, ports)));
  return problems.flat();
}

async function cleanRegion(
  region: string,
  drillId: string,
  ports: DrillPorts,
): Promise<readonly string[]> {
  const space = ports.space(region);
  const now = ports.clock.now().getTime();
  const arns: string[] = [];
  try {
    for await (const secret of space.reader.list({ name: NAMES.drillPrefix })) {
      // The filter of Secrets Manager does not tell upper from lower case; the role's permission does.
      if (!secret.place.name.startsWith(NAMES.drillPrefix)) continue;
      const own = secret.place.name.startsWith(drillSpaceName(drillId));
      if (own || now - Date.parse(secret.changedAt) > DEAD_AFTER_MS) arns.push(secret.arn);
    }
  } catch (error) {
    return [`The drills' secrets in ${region} cannot be listed: ${asFunctionError(error).message}`];
  }
  const ends = await eachSettled(arns, PARALLEL, (arn) => space.remove(arn));
  return ends.flatMap((end, index) =>
    end.ok ? [] : [`${arns[index] ?? ""} stays behind: ${asFunctionError(end.error).message}`],
  );
}
