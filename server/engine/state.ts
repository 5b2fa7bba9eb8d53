import { writeFileSync } from "node:fs";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { StackBackend } from "../ports";
import { CommandFailed, type LeanCommand } from "./command";
import type { Deployment } from "./deployment";
import { saysNoSuchStack } from "./engine-errors";
import { projectFile } from "./settings";

/** A state with what the engine says about its form. */
export interface StateVersion {
  readonly version: number;
  readonly features?: readonly string[];
  readonly deployment: Deployment;
}

/** Where a state is and how it is read. */
export interface StateSource {
  readonly stamp: StampName;
  readonly backend: StackBackend;
  readonly backendUrl: string;
  /** A folder in which a project file may be written. */
  readonly workDir: string;
  readonly command: Pick<LeanCommand, "run">;
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A state from its text, as a backend keeps it or as `pulumi stack export` prints it; undefined where it is empty, torn or
 * something else. A stack that was only just made has a state without resources.
 */
export function parseState(text: string): StateVersion | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(parsed) || typeof parsed["version"] !== "number") return undefined;
  const { version, features, checkpoint } = parsed;
  if (checkpoint !== undefined && !isObject(checkpoint)) return undefined;
  const deployment = (isObject(checkpoint) ? checkpoint["latest"] : parsed["deployment"]) ?? {};
  if (!isObject(deployment)) return undefined;
  const { resources = [], pending_operations = [] } = deployment;
  if (!Array.isArray(resources) || !Array.isArray(pending_operations)) return undefined;
  const named = (value: unknown): boolean =>
    isObject(value) && typeof value["urn"] === "string" && typeof value["type"] === "string";
  if (!resources.every(named)) return undefined;
  if (!pending_operations.every((one) => isObject(one) && named(one["resource"]))) return undefined;
  return {
    version,
    ...(Array.isArray(features) ? { features: features as string[] } : {}),
    deployment,
  };
}

/**
 * The state of a stack; undefined if there is no such stack. Throws `STATE_DAMAGED` for one that cannot be understood, and
 * `STATE_UNREACHABLE` where the backend does not answer: neither is ever taken for a stack that does not exist.
 */
export async function readState(source: StateSource): Promise<StateVersion | undefined> {
  const { stamp, backend, workDir, command, backendUrl } = source;
  if (backend.states !== undefined) {
    const text = await backend.states.read(stamp).catch((error: unknown) => {
      throw unreachable(stamp, error);
    });
    if (text === undefined) return undefined;
    const state = parseState(text);
    if (state === undefined) throw damaged(stamp);
    return state;
  }
  writeFileSync(path.join(workDir, "Pulumi.yaml"), projectFile(backendUrl));
  try {
    const { stdout } = await command.run(["stack", "export", "--stack", stamp], workDir, {});
    const state = parseState(stdout);
    if (state === undefined) throw damaged(stamp);
    return state;
  } catch (error) {
    if (error instanceof CommandFailed && saysNoSuchStack(error.end.stderr)) return undefined;
    throw error;
  }
}

export const damaged = (stamp: StampName): AppError =>
  new AppError("STATE_DAMAGED", `the state of ${stamp} is empty, torn or no state at all`, {
    action: `Start an up of ${stamp}: it puts the last good version back and says what it would do next. Nothing else works on a stack whose state cannot be read.`,
  });

export function unreachable(stamp: StampName, error: unknown): AppError {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new AppError("STATE_UNREACHABLE", `the state of ${stamp} cannot be read (${said})`, {
    action:
      "Look at the state backend and at who may use it; nothing was changed. Start the run again when it answers.",
    cause: error,
  });
}

/** Sees to it that a state's text is the one form in which the engine takes it in (`pulumi stack import`). */
export const exported = ({ version, features, deployment }: StateVersion): string =>
  JSON.stringify({ version, ...(features === undefined ? {} : { features }), deployment });
