import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";

import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { EarlierState } from "../ports";
import type { Deployment, StateResource } from "./deployment";
import { finishInterrupted, type Inquiry } from "./interrupted";
import { exported, parseState, readState, type StateSource, type StateVersion } from "./state";

export interface Repair extends StateSource, Inquiry {
  /** States are kept here before anything is done about them. */
  readonly backupDir: string;
  /** Put an earlier version in the place of one that cannot be read. */
  readonly mayRestore: boolean;
  /** Writes the stack's settings for a state whose secrets are to be read. */
  readonly prepare: (state: Deployment) => void;
}

/** A state that an operation may build on. */
export interface SoundState {
  /** Undefined if there is no such stack. */
  readonly state: StateVersion | undefined;
  /** `finished`: what an interrupted update began. `restored`: an earlier version is in the place of a damaged one. */
  readonly repaired?: "finished" | "restored";
}

/**
 * Reads the state of a stack and repairs it where that is needed: an earlier version takes the place of one that cannot be
 * read, and what an interrupted update left open is finished. The old state is kept first, in a file that only the service's
 * user may read. The stack's state is written once, at the end, under Pulumi's own lock: a repair that is cut off begins
 * again. Throws `ENGINE_PENDING` and `STATE_DAMAGED` for what only a person can repair; then nothing was changed.
 */
export async function soundState(repair: Repair): Promise<SoundState> {
  const read = await readState(repair).catch((error: unknown) => {
    const isDamaged = error instanceof AppError && error.code === "STATE_DAMAGED";
    if (!isDamaged || !repair.mayRestore) throw error;
    return "damaged" as const;
  });
  if (read === undefined) return { state: read };
  if (read !== "damaged" && (read.deployment.pending_operations ?? []).length === 0) {
    return { state: read };
  }
  const before = read === "damaged" ? await lastGood(repair) : read;
  const open = before.deployment.pending_operations ?? [];
  const kept = await keep(read, repair);
  if (read !== "damaged") {
    repair.tell(
      `an interrupted update left ${open.length} operations open; the state of before is kept in ${kept}`,
    );
  }
  repair.prepare(before.deployment);
  const state = open.length === 0 ? before : await finishInterrupted(before, repair);
  await putInPlace(state, read, repair);
  return { state, repaired: read === "damaged" ? "restored" : "finished" };
}

/**
 * After an update whose provider died: the engine forgets a creation that failed, however far it had come, so what exists is taken
 * into the state now, as after an interruption. Throws as {@link soundState} does.
 */
export async function takeInLost(
  creations: readonly StateResource[],
  repair: Repair,
): Promise<void> {
  const read = await readState(repair);
  if (read === undefined) return;
  const { pending_operations: open = [] } = read.deployment;
  const lost = creations.map((resource) => ({ type: "creating", resource }));
  const deployment = { ...read.deployment, pending_operations: [...open, ...lost] };
  await keep(read, repair);
  await putInPlace(await finishInterrupted({ ...read, deployment }, repair), read, repair);
}

/** Keeps the state as it is, with its secrets encrypted as they are; answers the file. */
async function keep(read: StateVersion | "damaged", repair: Repair): Promise<string> {
  const { stamp, backupDir, backend } = repair;
  const text = read === "damaged" ? await backend.states?.read(stamp) : exported(read);
  const time = new Date().toISOString().replaceAll(/[-:.]/g, "");
  mkdirSync(backupDir, { recursive: true, mode: 0o700 });
  const file = path.join(backupDir, `${stamp}-${time}.json`);
  writeFileSync(file, text ?? "", { mode: 0o600 });
  return file;
}

/** Writes a state in the place of the one that the repair began with. The engine sees first that it fits together. */
async function putInPlace(
  state: StateVersion,
  before: StateVersion | "damaged",
  repair: Repair,
): Promise<void> {
  const { stamp, workDir, command } = repair;
  const now = await readState(repair).catch(() => "damaged" as const);
  if (!isDeepStrictEqual(now, before)) {
    throw new AppError("STACK_LOCKED", `somebody else works on ${stamp}`, {
      action: "Wait for them, then start the run again.",
    });
  }
  const file = path.join(workDir, "repaired.json");
  writeFileSync(file, exported(state), { mode: 0o600 });
  await command.run(["stack", "import", "--stack", stamp, "--file", file], workDir, {});
}

/** The newest version that can be read and has resources. */
async function lastGood(repair: Repair): Promise<StateVersion> {
  const { stamp, backend, tell } = repair;
  const earlier = (await backend.states?.earlier(stamp)) ?? [];
  for (const version of [...earlier, ...ownCopies(repair)]) {
    const { name } = version;
    const state = parseState(await version.read().catch(() => ""));
    const { length } = state?.deployment.resources ?? [];
    if (state === undefined || length === 0) continue;
    tell(
      `the state cannot be read; the version in ${name}, with ${length} resources, takes its place`,
    );
    return state;
  }
  throw new AppError(
    "STATE_DAMAGED",
    `the state of ${stamp} cannot be read, and no earlier version of it can`,
    {
      action: `Bring one back from where the states are backed up, with: pulumi stack import --stack ${stamp} --file FILE. Nothing is created until then.`,
    },
  );
}

function ownCopies({
  stamp,
  backupDir,
}: Pick<Repair, "stamp" | "backupDir">): readonly EarlierState[] {
  const names = existsSync(backupDir) ? readdirSync(backupDir) : [];
  return names
    .filter((name) => name.startsWith(`${stamp satisfies StampName}-`))
    .sort()
    .reverse()
    .map((name) => ({
      name: path.join(backupDir, name),
      read: () => Promise.resolve(readFileSync(path.join(backupDir, name), "utf8")),
    }));
}
