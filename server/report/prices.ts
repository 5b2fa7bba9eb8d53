/**
 * List prices of what a stack's keys and secrets cost, in USD, as AWS publishes them for most commercial Regions on
 * https://aws.amazon.com/kms/pricing/ and https://aws.amazon.com/secrets-manager/pricing/. The first two rotations of a
 * key's material add a dollar a month each; a preview cannot see them.
 */
export const PRICES = {
  source: "aws.amazon.com/kms/pricing, aws.amazon.com/secrets-manager/pricing",
  date: "2026-03",
  /** A month, each. */
  units: {
    keys: { what: "KMS keys", price: 1 },
    keyReplicas: { what: "replicas of KMS keys", price: 1 },
    secrets: { what: "secrets", price: 0.4 },
    secretReplicas: { what: "replicas of secrets", price: 0.4 },
  },
  /** What depends on use. */
  requests: [
    "requests to KMS: 0.03 for each 10 000",
    "requests to Secrets Manager: 0.05 for each 10 000",
    "rotated key material: 1 a month for each of the first two rotations of a key",
  ],
} as const;

/** How many there are of what is charged by the month. */
export type BilledUnits = Readonly<Record<keyof typeof PRICES.units, number>>;
