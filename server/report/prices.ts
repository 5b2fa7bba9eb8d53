/**
 * List prices of what a stack's keys, secrets and requests cost, in USD, as AWS publishes them for most commercial Regions
 * on https://aws.amazon.com/kms/pricing/, https://aws.amazon.com/secrets-manager/pricing/ and
 * https://aws.amazon.com/s3/pricing/ (S3 Standard of us-east-1; others take some percent more). The first two rotations of a key's material add a dollar a month each; a
 * preview cannot see them.
 */
export const PRICES = {
  source:
    "aws.amazon.com/kms/pricing, aws.amazon.com/secrets-manager/pricing, aws.amazon.com/s3/pricing",
  date: "2026-03",
  /** A month, each. */
  units: {
    keys: { what: "KMS keys", price: 1 },
    keyReplicas: { what: "replicas of KMS keys", price: 1 },
    secrets: { what: "secrets", price: 0.4 },
    secretReplicas: { what: "replicas of secrets", price: 0.4 },
  },
  /** One request, each. */
  request: {
    secretsManager: 0.05 / 10_000,
    kms: 0.03 / 10_000,
    /** PUT and LIST; a GET is less than a tenth of it. */
    s3: 0.005 / 1000,
  },
  /** What depends on use. */
  use: ["rotated key material: 1 a month for each of the first two rotations of a key"],
} as const;

/** How many there are of what is charged by the month, and what makes requests by itself. */
export interface BilledUnits extends Readonly<Record<keyof typeof PRICES.units, number>> {
  /** How often a month the stack's schedule has all members swept; absent without a schedule, null where it cannot be read. */
  readonly sweeps?: number | null;
  /** Regions of a member that each sweep looks at; absent where there are none. */
  readonly sweptRegions?: number;
}
