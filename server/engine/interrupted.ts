import { AppError, type Problem } from "../../stacks/errors";
import type { FindLost } from "../ports";
import {
  asIfCreated,
  described,
  inRegion,
  isOurs,
  knownIds,
  type PendingCreate,
  planPending,
  touched,
} from "./pending";
import type { StateResource } from "./deployment";
import { ScratchStack } from "./scratch";
import type { StateSource, StateVersion } from "./state";

/** What it takes to find out what became of an interrupted update. The work folder holds the stack's settings. */
export interface Inquiry extends Pick<StateSource, "stamp" | "workDir" | "command"> {
  readonly accountId: string;
  readonly find: FindLost;
  /** Tells people what was found. */
  readonly tell: (text: string) => void;
}

interface Found {
  readonly resource: StateResource;
  readonly id: string;
}

/**
 * Finishes what an interrupted update began: asks AWS for everything whose creation nobody saw the end of, takes what is there
 * into the state and forgets what is not, so that nothing is created twice. Answers that state; all of it happens on a copy.
 * Throws `ENGINE_PENDING` with what to do for what only a person can find.
 *
 * The engine's own way, `pulumi refresh --import-pending-creates`, loses them: it notes the id beside the pending operation, and
 * a refresh keeps no pending operation but a creation (pkg v3.259.0: `pendingCreatesToImports`, `SnapshotManager.snap`).
 */
export async function finishInterrupted(
  before: StateVersion,
  inquiry: Inquiry,
): Promise<StateVersion> {
  const { stamp, tell, command, workDir } = inquiry;
  const { deployment } = before;
  const plan = planPending(deployment, inquiry);
  const { found, missing, unclear } = await look(plan, before, inquiry);
  if (unclear.length > 0) throw forAPerson(inquiry, unclear);
  for (const resource of missing) tell(`${described(resource)} was not created`);
  const copy = { ...before, deployment: asIfCreated(deployment, found) };
  const urns = [...found.map(({ resource }) => resource.urn), ...touched(deployment)];
  if (urns.length === 0) return copy;
  const after = await new ScratchStack(stamp, command, workDir, copy).refresh(urns);
  const foreign: Problem[] = [];
  for (const { resource, id } of found) {
    const there = (after.deployment.resources ?? []).find(({ urn }) => urn === resource.urn);
    const what = described(resource);
    if (there === undefined) tell(`${what} was not created`);
    else if (isOurs(there, stamp)) tell(`${what} is there (${id}): it was taken into the state`);
    else foreign.push({ message: `${what}: ${id} is there and does not carry the stamp's tag` });
  }
  if (foreign.length > 0) throw forAPerson(inquiry, foreign);
  return after;
}

async function look(
  plan: readonly PendingCreate[],
  { deployment }: StateVersion,
  { find }: Inquiry,
): Promise<{ found: Found[]; missing: StateResource[]; unclear: Problem[] }> {
  const found: Found[] = [];
  const missing: StateResource[] = [];
  const unclear: Problem[] = [];
  for (const { resource, whereabouts, why = "nobody knows how to find it" } of plan) {
    if (whereabouts === undefined) {
      unclear.push({ message: `${described(resource)}: ${why}` });
    } else if ("id" in whereabouts) {
      found.push({ resource, id: whereabouts.id });
    } else {
      const known = knownIds(deployment, resource.type);
      const ids = (await find(whereabouts.search)).filter((id) => !known.has(id));
      const [id] = ids;
      if (id === undefined) missing.push(resource);
      else if (ids.length === 1) {
        found.push({ resource, id: inRegion(id, whereabouts.search.region) });
      } else unclear.push({ message: `${described(resource)}: may be any of ${ids.join(", ")}` });
    }
  }
  return { found, missing, unclear };
}

function forAPerson({ stamp, accountId }: Inquiry, problems: readonly Problem[]): AppError {
  return new AppError(
    "ENGINE_PENDING",
    `an interrupted update of ${stamp} left ${problems.length} creations that a person has to look at; nothing was created again`,
    {
      action: `Look for each in account ${accountId}. Then run: pulumi refresh --stack ${stamp} --clear-pending-creates, and for what is there and stays: pulumi import TYPE NAME ID --stack ${stamp}. Then start the run again.`,
      problems,
    },
  );
}
