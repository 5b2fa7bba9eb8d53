import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Organization } from "../../stacks/accounts";
import { AppError } from "../../stacks/errors";
import type { OrganizationPort } from "../ports";
import { readIfThere } from "../text-file";

export interface OrganizationCacheOptions {
  readonly port: OrganizationPort;
  /** The last organization is kept in `<stateDir>/organization.json`. */
  readonly stateDir: string;
  /** How long a list is used without reading it again, seconds. */
  readonly maxAgeSeconds: number;
  /** Share of the accounts that may be gone since the last time, percent; more is refused. */
  readonly maxShrinkPercent: number;
  readonly now?: () => Date;
  /** Told of a discovery whose failure is covered by an older list. */
  readonly onStale?: (error: AppError) => void;
}

/** The organization, read as often as needed and not more, and never replaced by one that looks cut off. */
export interface OrganizationCache {
  /** A list that is young enough, read now if need be. Throws `ORG_*`: plans are made on nothing older. */
  fresh(): Promise<Organization>;
  /** Reads the organization now. */
  refresh(): Promise<Organization>;
  /** The last list, however old, to look at; reads it if there is none. */
  latest(): Promise<Organization>;
  /** Age of the last list, seconds; undefined if there is none. */
  ageSeconds(): Promise<number | undefined>;
}

/** Makes the cache. Requests that come together share one discovery. */
export function createOrganizationCache(options: OrganizationCacheOptions): OrganizationCache {
  const file = path.join(options.stateDir, "organization.json");
  const now = options.now ?? (() => new Date());
  let known: Organization | undefined;
  let running: Promise<Organization> | undefined;

  const last = async (): Promise<Organization | undefined> => (known ??= await readSnapshot(file));
  const age = (organization: Organization): number =>
    Math.max(0, (now().getTime() - Date.parse(organization.discoveredAt)) / 1000);

  const discover = async (): Promise<Organization> => {
    const before = await last();
    const found = await options.port.discover();
    requireWhole(found, before, options.maxShrinkPercent, file);
    await writeSnapshot(file, found);
    known = found;
    return found;
  };
  const refresh = (): Promise<Organization> =>
    (running ??= discover().finally(() => {
      running = undefined;
    }));
  const fresh = async (): Promise<Organization> => {
    const before = await last();
    return before !== undefined && age(before) <= options.maxAgeSeconds ? before : refresh();
  };

  return {
    fresh,
    refresh,
    async latest() {
      try {
        return await fresh();
      } catch (error) {
        if (known === undefined) throw error;
        options.onStale?.(AppError.from(error));
        return known;
      }
    },
    async ageSeconds() {
      const before = await last();
      return before === undefined ? undefined : age(before);
    },
  };
}

/**
 * A list that misses a page, or another organization's, looks like closed accounts. AWS keeps closed accounts listed
 * for 90 days, so many that vanish at once are an accident until a person says otherwise.
 */
function requireWhole(
  found: Organization,
  before: Organization | undefined,
  maxShrinkPercent: number,
  file: string,
): void {
  if (found.accounts.length === 0) {
    throw new AppError("ORG_INCOMPLETE", "AWS listed no account at all.", {
      action: "Check the credentials and try again.",
    });
  }
  if (before === undefined) return;
  if (before.id !== found.id) {
    throw new AppError(
      "ORG_MISMATCH",
      `The credentials belong to ${found.id}; until now it was ${before.id}.`,
      {
        action: `Use credentials of ${before.id}, or a state folder of its own for ${found.id}.`,
      },
    );
  }
  const ids = new Set(found.accounts.map(({ id }) => id));
  const gone = before.accounts.filter(({ id }) => !ids.has(id));
  if ((gone.length / before.accounts.length) * 100 <= maxShrinkPercent) return;
  throw new AppError(
    "ORG_SHRUNK",
    `${gone.length} of ${before.accounts.length} accounts are gone since ${before.discoveredAt} ` +
      `(${gone
        .slice(0, 5)
        .map(({ id }) => id)
        .join(", ")}${gone.length > 5 ? ", …" : ""}).`,
    {
      action:
        `If they were really removed, start the service once with a larger STRONGROOM_DISCOVERY_MAX_SHRINK_PERCENT ` +
        `(now ${maxShrinkPercent}) or remove ${file}; otherwise check the service's permissions.`,
    },
  );
}

async function readSnapshot(file: string): Promise<Organization | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    const { version, organization } = JSON.parse(text) as {
      version: unknown;
      organization: Organization;
    };
    if (version === 1 && Array.isArray(organization.accounts)) return organization;
  } catch {
    // Said below.
  }
  // Going on without it would also go on without the protection against a list that has shrunk.
  throw new AppError("ORG_INCOMPLETE", `The last list of accounts in ${file} cannot be read.`, {
    action: "Restore the file, or remove it to accept the next list as it comes.",
  });
}

async function writeSnapshot(file: string, organization: Organization): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify({ version: 1, organization })}\n`, { mode: 0o600 });
  await rename(fresh, file);
}
