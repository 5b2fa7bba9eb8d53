import { bucketsOf, isLogBucket, type Bucket } from "../model/bucket";
import { encryptionKeysOf, KeyIdentity, type KeyUse, type UsedKey } from "../model/key-use";
import { policiesOn } from "../model/policies";
import { secretsOf } from "../model/secret";
import type { Resource, Stack } from "../model/stack";
import type { Statement } from "../iam/document";
import { namesAction } from "../iam/statements";
import { defineRule } from "./rule";

const keyOf = (holder: Resource): KeyUse => ({
  holder,
  property: "kmsKeyId",
  value: holder.view.raw("kmsKeyId"),
});

/** A bucket for backups and a key that encrypts it. */
interface BackupKeyUse extends UsedKey {
  readonly bucket: Bucket;
}

const backupKeysOf = (stack: Stack): BackupKeyUse[] =>
  bucketsOf(stack)
    .filter((bucket) => !isLogBucket(stack, bucket))
    .flatMap((bucket) =>
      encryptionKeysOf(stack, bucket).map((use) => ({ ...use, bucket, resource: bucket.resource })),
    );

export const kmsBackupKeyApart = defineRule<BackupKeyUse>({
  id: "kms-backup-key-apart",
  catalogue: [15],
  objective: "key-access",
  severity: "high",
  scope: "stack",
  checks: "Backups are encrypted with another key than the secrets that they hold.",
  why: "Whoever destroys the one key destroys secret and backup together.",
  fix: "Make a key for backups alone.",
  corresponds: [],
  subjects: backupKeysOf,
  *check({ key }, _settings, stack) {
    const identity = stack.family(KeyIdentity.of);
    const backup = identity.known(key);
    for (const { resource, replicas, replicasProperty } of secretsOf(stack)) {
      const uses: readonly KeyUse[] = [
        keyOf(resource),
        ...replicas.map((view): KeyUse => ({
          holder: resource,
          property: replicasProperty,
          value: view.raw("kmsKeyId"),
        })),
      ];
      if (uses.some((use) => identity.tell(use) === backup)) {
        yield { wrong: "is encrypted with the key of a secret" };
        return;
      }
    }
  },
});

export const kmsBackupKeyClosed = defineRule<BackupKeyUse>({
  id: "kms-backup-key-closed",
  catalogue: [15],
  objective: "key-access",
  severity: "high",
  scope: "stack",
  checks: "The policy of a key for backups denies decryption to all but named roles.",
  why: "An IAM policy of the account, written later, would open the backups to a workload.",
  fix: "Add a Deny of kms:Decrypt for everybody whose aws:PrincipalArn is not one of the restoring roles.",
  corresponds: [],
  subjects: (stack) => {
    const identity = stack.family(KeyIdentity.of);
    return backupKeysOf(stack).filter(({ key }) => identity.resource(key) !== undefined);
  },
  *check({ key }, _settings, stack) {
    const identity = stack.family(KeyIdentity.of);
    const resource = identity.resource(key);
    if (resource === undefined) return;
    const policies = identity.holdersOfPolicies(resource).flatMap((one) => policiesOn(stack, one));
    const statements = policies.flatMap((policy) => policy.statements());
    if (!statements.some(deniesDecryption)) {
      yield { wrong: "is encrypted with a key whose policy does not deny decryption" };
    }
  },
});

const NEGATED = new Set(["arnnotequals", "arnnotlike", "stringnotequals", "stringnotlike"]);

function deniesDecryption(statement: Statement): boolean {
  return (
    statement.effect === "Deny" &&
    statement.principals?.everybody === true &&
    namesAction(statement, "kms:decrypt") &&
    statement.conditions.every(
      ({ key, operator }) => key === "aws:principalarn" && NEGATED.has(operator),
    )
  );
}
