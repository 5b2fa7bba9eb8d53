import type { StampResult } from "../runs-ports";
import type { PreviewReport } from "./model";
import { PRICES } from "./prices";

type Side = keyof NonNullable<StampResult["billed"]>;
type Stamps = readonly Pick<StampResult, "billed" | "kind">[];

const { secretsManager, kms, s3 } = PRICES.request;
/**
 * What one sweep asks where everything is kept already, as docs/benchmarks.md counts it: for each account two listings of
 * the bucket and the coverage that is put there, for each Region one `ListSecrets`. Taking the reader's role is free.
 */
const CALLS = { account: 3, region: 1 } as const;
const SWEEP = { account: CALLS.account * s3, region: CALLS.region * secretsManager } as const;
/** Keeping one changed version, measured there too: four calls of Secrets Manager, three of KMS, three of S3. */
const BACKUP = 4 * secretsManager + 3 * kms + 3 * s3;

/** All sweeps of a month on one side of a preview. */
interface Sweeps {
  readonly times: number;
  readonly requests: number;
  readonly price: number;
}

/** What the sweeps ask more or less in a month; undefined where nothing differs, or the preview does not show the schedule. */
export function requestsOf(stamps: Stamps): PreviewReport["cost"]["requests"] {
  const [before, after] = [sweepsOn("before", stamps), sweepsOn("after", stamps)];
  if (before === undefined || after === undefined) return undefined;
  if (before.requests === after.requests) return undefined;
  const often = [...new Set([before.times, after.times].map(Math.round))].join(", then ");
  return {
    what: "requests (estimate)",
    before: before.requests,
    after: after.requests,
    difference: after.price - before.price,
    assumed: [
      `${often} sweeps a month of the accounts in this preview`,
      "each with two LIST and one PUT of S3 for an account and one ListSecrets for a Region",
      "at most 100 secrets in a Region and 1 000 objects of an account in the bucket",
      "all of them kept already",
    ],
  };
}

/** What makes requests and is in no sum, with its price. */
export function requestsNotCounted(stamps: Stamps): string[] {
  return [
    ...sweepsNotCounted(stamps),
    `backups of changed secrets: ${plain(BACKUP)} for each changed version (10 calls)`,
    `reads by applications: ${plain(secretsManager * 10_000)} for each 10 000 of Secrets Manager, ${plain(kms * 10_000)} for each 10 000 of KMS that they cause`,
    "drills, restores and rotations, the functions' time, queues and logs",
  ];
}

function sweepsNotCounted(stamps: Stamps): string[] {
  const [before, after] = [sweepsOn("before", stamps), sweepsOn("after", stamps)];
  if (before === undefined || after === undefined) {
    return [
      `sweeps, whose schedule this preview does not show: ${plain(SWEEP.account)} for an account each time, and ${plain(SWEEP.region)} for each of its Regions`,
    ];
  }
  const left = stamps.filter(({ kind, billed }) => kind === "member" && billed === undefined);
  const more = after.times - before.times;
  if (more === 0 || left.length === 0) return [];
  const sign = more < 0 ? "−" : "+";
  const [account, region] = [SWEEP.account, SWEEP.region].map((price) =>
    plain(Math.abs(more) * price),
  );
  return [
    `sweeps of accounts that were not looked at (${left.length}): ${sign}${account} a month for each, and ${sign}${region} for each of its Regions`,
  ];
}

function sweepsOn(side: Side, stamps: Stamps): Sweeps | undefined {
  const looked = stamps.flatMap(({ kind, billed }) =>
    billed === undefined ? [] : [{ kind, units: billed[side] }],
  );
  const vaults = looked.filter(({ kind }) => kind === "vault").map(({ units }) => units.sweeps);
  if (vaults.length === 0 || vaults.includes(null)) return undefined;
  const times = vaults.reduce<number>((sum, sweeps) => sum + (sweeps ?? 0), 0);
  const swept = looked
    .filter(({ kind }) => kind === "member")
    .map(({ units: { sweptRegions = 0 } }) => sweptRegions)
    .filter((regions) => regions > 0);
  const regions = swept.reduce((sum, own) => sum + own, 0);
  return {
    times,
    requests: Math.round(times * (swept.length * CALLS.account + regions * CALLS.region)),
    price: times * (swept.length * SWEEP.account + regions * SWEEP.region),
  };
}

/** Two digits that say something, without an exponent: `0.000015`. */
const plain = (price: number): string =>
  price.toLocaleString("en-US", { maximumSignificantDigits: 2, useGrouping: false });
