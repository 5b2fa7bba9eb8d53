import { keysOf, type KmsKey } from "../model/kms-key";
import { NOT_KNOWN_YET, Undetermined } from "../model/values";
import { defineRule } from "./rule";

export const kmsKeyRotationEnabled = defineRule<KmsKey>({
  id: "kms-key-rotation-enabled",
  catalogue: [1],
  objective: "key-rotation",
  severity: "high",
  checks: "Symmetric KMS keys whose material KMS made rotate every year or more often.",
  why: "A key that never rotates protects ever more data, and whoever once got hold of it reads all of it.",
  fix: "Set enableKeyRotation to true.",
  corresponds: [
    "KMS.4",
    "CKV_AWS_7",
    "AWS-0065",
    "CT.KMS.PR.1",
    "F19",
    "CMK_BACKING_KEY_ROTATION_ENABLED",
    "kms_cmk_rotation_enabled",
  ],
  frameworks: { "CIS AWS Foundations": ["4.6"] },
  subjects: (stack) => keysOf(stack).filter((key) => !isReplicaOrExternal(key)),
  *check(key) {
    if (key.isRotatable && !key.rotates) yield { wrong: "does not rotate" };
  },
});

export const kmsKeyPolicyExplicit = defineRule<KmsKey>({
  id: "kms-key-policy-explicit",
  catalogue: [4],
  objective: "key-access",
  severity: "high",
  scope: "stack",
  checks: "Every KMS key has a key policy of its own, on the key or in a KeyPolicy.",
  why: "The default policy hands the key to everybody whom some IAM policy of the account lets near it.",
  fix: "Set policy to a document that names who administers and who uses the key.",
  corresponds: ["CKV2_AWS_64"],
  subjects: keysOf,
  *check(key) {
    const own = key.resource.view.raw("policy", "keyPolicy");
    if (own !== undefined && own !== "") return;
    if (key.policyResources.length > 0) return;
    const stray = key.unplacedPolicies[0];
    if (stray !== undefined) throw new Undetermined(`keyId of "${stray.name}"`, NOT_KNOWN_YET);
    yield { wrong: "has the default key policy" };
  },
});

export const kmsKeyLockoutCheckKept = defineRule<KmsKey>({
  id: "kms-key-lockout-check-kept",
  catalogue: [5],
  objective: "key-lifecycle",
  severity: "high",
  scope: "stack",
  checks: "No KMS key or key policy turns off the check that keeps its policy changeable.",
  why: "A policy that locks everybody out cannot be undone without AWS Support, and the data under the key is lost.",
  fix: "Remove bypassPolicyLockoutSafetyCheck or set it to false.",
  corresponds: ["disallowBypassPolicyLockoutSafetyCheck"],
  subjects: keysOf,
  *check(key) {
    if (key.bypassesLockoutCheck) yield { wrong: "turns off the policy lockout safety check" };
  },
});

export const kmsKeyDeletionWindowLong = defineRule<KmsKey>({
  id: "kms-key-deletion-window-long",
  catalogue: [6],
  objective: "key-lifecycle",
  severity: "critical",
  checks: "A scheduled deletion of a KMS key waits long enough to be noticed and cancelled.",
  why: "When the waiting time ends, everything encrypted under the key is lost, locked backups included.",
  fix: "Set deletionWindowInDays (aws-native: pendingWindowInDays) to 30.",
  corresponds: [
    "KMS.3",
    "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
    "kms_cmk_not_deleted_unintentionally",
  ],
  parameters: {
    productionDays: {
      type: "integer",
      description:
        "Least days, unless the tag environment names another environment than production.",
      default: 30,
      minimum: 7,
      maximum: 30,
    },
    otherDays: {
      type: "integer",
      description: "Least days for keys whose tag environment names another environment.",
      default: 7,
      minimum: 7,
      maximum: 30,
    },
  },
  subjects: keysOf,
  *check(key, settings) {
    const least = Number(key.isProduction ? settings["productionDays"] : settings["otherDays"]);
    if (key.deletionWindowDays < least) {
      yield {
        wrong: `can be deleted within less than ${least} days`,
        set: `Set deletionWindowInDays (aws-native: pendingWindowInDays) to ${least} or more.`,
      };
    }
  },
});

function isReplicaOrExternal(key: KmsKey): boolean {
  return /ReplicaKey|ExternalKey/.test(key.resource.type);
}
