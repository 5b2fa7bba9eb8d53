/** The least number of calls that the APIs allow for the functions' work, to hold what they make against. Pure. */

/** Calls by action, as IAM names them. */
export type Calls = Readonly<Record<string, number>>;

/**
 * Keeping one secret that nothing is known of but its name, as when its event comes. Its values and its description come
 * from different calls, of which none takes two secrets or says both; each value is encrypted under a data key of its
 * own, and is compared and proven by a digest that KMS makes; each object is put by itself.
 *
 * @param versions with a label, each of which has a value.
 */
export function leastBackup(versions: number): Calls {
  return {
    "secretsmanager:DescribeSecret": 1,
    "secretsmanager:GetResourcePolicy": 1,
    "secretsmanager:GetSecretValue": versions,
    "kms:GenerateDataKey": versions,
    // One more for the manifest's signature.
    "kms:GenerateMac": versions + 1,
    "s3:PutObject": versions + 1,
  };
}

/**
 * Looking at all secrets of an account and ordering what is missing: pages of 100 secrets in each Region, of 1,000 objects
 * of the bucket, batches of ten messages; the coverage is written; and the account's role is taken once.
 *
 * @param objects of the account in the bucket before the sweep.
 */
export function leastSweep(
  regions: number,
  secrets: number,
  objects: number,
  missing: number,
): Calls {
  const pages = (count: number, size: number): number => Math.max(1, Math.ceil(count / size));
  return {
    "sts:AssumeRole": 1,
    "secretsmanager:ListSecrets": regions - 1 + pages(secrets, 100),
    "s3:ListBucket": pages(objects, 1000),
    "s3:PutObject": 1,
    "sqs:SendMessage": Math.ceil(missing / 10),
  };
}

/** Saying what a restore of one secret would write: its manifest is read and proven, and the destination looked at. */
export function leastPlan(): Calls {
  return { "s3:GetObject": 1, "kms:VerifyMac": 1, "secretsmanager:DescribeSecret": 1 };
}

/**
 * Bringing one secret back that is gone, from its newest manifest: the manifest and its values are read, proven and
 * opened; the destination is looked at, so that nothing newer is overwritten; the secret is made without a value, so that
 * its policy stands first; each value is put twice, which proves it without the right to read it.
 *
 * @param versions with a label, each of which has a value.
 */
export function leastRestore(versions: number): Calls {
  return {
    "s3:GetObject": versions + 1,
    "kms:VerifyMac": 1,
    "kms:Decrypt": versions,
    "kms:GenerateMac": versions,
    "secretsmanager:DescribeSecret": 1,
    "secretsmanager:CreateSecret": 1,
    "secretsmanager:PutSecretValue": 2 * versions,
  };
}

/** Several calls' numbers together. */
export function sumOf(calls: Calls): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
