import { readFile } from "node:fs/promises";
import path from "node:path";

import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { Fleet } from "../../stacks/fleet";
import { parseFleetFile, placeProblems } from "../../stacks/fleet-file";

/** A fleet file as it was when it was read. */
export interface LoadedFleet {
  readonly fleet: Fleet;
  /** The file's name, without the folders of this machine. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of what the file says: comments and order of keys do not count. */
  readonly digest: string;
}

/** Where the fleet comes from. Read for each plan, so that an edit counts without a restart. */
export type FleetSource = () => Promise<LoadedFleet>;

/** Reads the fleet file; parses it again only when it changed. Throws `SPEC_INVALID` with every mistake. */
export function fleetFileSource(file: string): FleetSource {
  const name = path.basename(file);
  let last: LoadedFleet | undefined;
  return async () => {
    const text = await readText(file);
    if (last?.text === text) return last;
    const fleet = parseFleetFile(text, name);
    last = { fleet, name, text, digest: digest(fleet) };
    return last;
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError(
      "SPEC_INVALID",
      `The fleet file ${path.basename(file)} cannot be read (${code ?? "unknown"}).`,
      {
        action: "Copy stacks/fleet.example.yaml and set STRONGROOM_FLEET to your copy.",
        cause,
      },
    );
  }
}

/**
 * Adds line and column to mistakes of the fleet file that show only against the real organization, such as an account
 * that it does not have. Mistakes of a request keep their own pointers.
 */
export function withPlaces<T>({ text, name }: LoadedFleet, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AppError) || error.problems.length === 0) throw error;
    throw new AppError(error.code, `${name}: ${error.message}`, {
      ...(error.action === undefined ? {} : { action: error.action }),
      problems: placeProblems(text, error.problems),
      cause: error,
    });
  }
}
