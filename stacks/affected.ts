import type { Organization } from "./accounts";
import { digest } from "./digest";
import type { Fleet } from "./fleet";
import { STACK_KINDS, type StackKind } from "./kinds";
import { parseStampName, type StampName } from "./naming";
import { connectionFor, specsFor } from "./specs";

/** A stamp that a change can affect, and why. */
export interface AffectedStamp {
  readonly stamp: StampName;
  readonly because: string;
}

/** What a change means for the stamps of the fleet. */
export interface Affected {
  readonly stamps: readonly AffectedStamp[];
  /** Stamps that the fleet asked for before and no longer asks for: no run takes them down by itself. */
  readonly leaving: readonly StampName[];
  /** Stamps that stay exactly as they are. */
  readonly unaffected: number;
}

/** What is compared. */
export interface FleetChange {
  /** The fleet as it was; undefined where there was none, or none that can be read: then everything is affected. */
  readonly before: Fleet | undefined;
  readonly after: Fleet;
  readonly organization: Organization;
  /** Paths of the files that changed, from the top of the repository; the fleet file may be among them. */
  readonly paths: readonly string[];
  /** Path of the fleet file: what changed in it is known exactly. */
  readonly fleetPath?: string;
}

/** Which stamps a change can affect: by their specs, and by the programs, rules and parts that make them. Pure. */
export function affectedStamps(change: FleetChange): Affected {
  const { before, after, organization, paths, fleetPath } = change;
  const byKind = new Map(
    STACK_KINDS.map((kind) => [
      kind,
      paths.find((path) => path !== fleetPath && kindsOfPath(path).includes(kind)),
    ]),
  );
  const now = identities(after, organization);
  const old = before === undefined ? undefined : identities(before, organization);
  const stamps: AffectedStamp[] = [];
  for (const [stamp, identity] of now) {
    const path = byKind.get(parseStampName(stamp).kind);
    const because = reasonOf(identity, old, stamp, path);
    if (because !== undefined) stamps.push({ stamp, because });
  }
  return {
    stamps,
    leaving: [...(old?.keys() ?? [])].filter((stamp) => !now.has(stamp)),
    unaffected: now.size - stamps.length,
  };
}

function reasonOf(
  identity: string,
  old: ReadonlyMap<StampName, string> | undefined,
  stamp: StampName,
  path: string | undefined,
): string | undefined {
  if (old === undefined) return "there is no fleet file to compare with";
  const known = old.get(stamp);
  if (known === undefined) return "it is new in the fleet";
  if (known !== identity) return "the fleet file gives it other settings";
  return path === undefined ? undefined : `${path} changed`;
}

/** Everything that the fleet file says of a stamp: what it is to be, and how a run gets into its account. */
function identities(fleet: Fleet, organization: Organization): Map<StampName, string> {
  return new Map(
    [...specsFor(fleet, organization)].map(([stamp, spec]) => {
      const { kind, accountId } = parseStampName(stamp);
      const connection = connectionFor(fleet, kind, accountId, { s3UsePathStyle: false });
      return [stamp, digest({ spec, connection })];
    }),
  );
}

/** Folders and files that no stack is made of. */
const HARMLESS = [
  /^(docs|test|bench|demo|deploy|emulator|\.github|\.ci|\.vscode)\//,
  /^server\/(?!engine\/)/,
  /(^|\/)(README|CHANGELOG|ARCHITECTURE|LICENSE)[^/]*$/i,
  /\.md$/i,
  /^\.(gitignore|mocharc\.cjs|prettierignore|prettierrc\.json)$/,
  /^eslint\.config\.mjs$/,
];

/** The kinds of stacks that a file is part of. One that nobody knows may be part of all: too much is looked at, never too little. */
export function kindsOfPath(path: string): readonly StackKind[] {
  if (HARMLESS.some((pattern) => pattern.test(path))) return [];
  // The vault's stack deploys the functions.
  if (path.startsWith("lambdas/")) return ["vault"];
  const own = /^programs\/kinds\/([a-z]+)[^/]*\.ts$/.exec(path)?.[1];
  const kind = STACK_KINDS.find((candidate) => candidate === own);
  return kind === undefined ? STACK_KINDS : [kind];
}
