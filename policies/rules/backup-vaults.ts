import { demandsOrganization } from "../iam/conditions";
import { globMatches } from "../iam/patterns";
import { customerKeyProblems, resourcesOf } from "../model/customer-key";
import { join } from "../model/join";
import { foreignPrincipals } from "../model/own-account";
import { policiesOfKind, policiesOn, type PolicySubject } from "../model/policies";
import type { Resource, Stack } from "../model/stack";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { NOT_KNOWN_YET, Undetermined, type View } from "../model/values";
import { defineRule } from "./rule";

const vaultsOf = (stack: Stack): Subject[] =>
  resourcesOf(TYPES.backupVault)(stack).filter(({ resource }) => !isAirGapped(resource));

/** Such a vault is locked and closed by its nature. */
const isAirGapped = ({ type }: Resource): boolean => type.includes("LogicallyAirGapped");

export const backupVaultEncrypted = defineRule<Subject>({
  id: "backup-vault-encrypted",
  catalogue: [78],
  objective: "encryption-at-rest",
  severity: "high",
  scope: "stack",
  checks: "Every vault of AWS Backup encrypts with a customer managed key.",
  why: "AWS's own key cannot be used from another account, so the backups cannot be restored there.",
  fix: "Set kmsKeyArn (aws-native: encryptionKeyArn) to the ARN of a customer managed key.",
  corresponds: ["Backup.1", "CKV_AWS_166", "backup_vaults_encrypted"],
  subjects: vaultsOf,
  check: ({ resource }, _settings, stack) =>
    customerKeyProblems(stack, resource, [resource.isNative ? "encryptionKeyArn" : "kmsKeyArn"]),
});

function partsOf(
  stack: Stack,
  vault: Resource,
  types: readonly string[],
): { parts: readonly Resource[]; unplaced: string | undefined } {
  const { parts, unplaced } = join(stack, types, [vault], {
    properties: ["backupVaultName"],
    wholes: new Set([vault.type]),
    identifiers: ["name", "backupVaultName", "id"],
  });
  return { parts: parts.get(vault.urn) ?? [], unplaced: unplaced[0]?.name };
}

export const backupVaultLocked = defineRule<Subject>({
  id: "backup-vault-locked",
  catalogue: [79],
  objective: "integrity",
  severity: "critical",
  scope: "stack",
  checks:
    "Every vault of AWS Backup is locked with a shortest retention; a lock that cannot be undone waits three days or more and was acknowledged in the settings.",
  why: "Whoever gets hold of the account could delete the backups, and a lock set by mistake stays for ever.",
  fix: "Add a VaultLockConfiguration (aws-native: lockConfiguration) with minRetentionDays.",
  corresponds: [],
  parameters: {
    minimumDays: {
      type: "integer",
      description: "Least value of minRetentionDays.",
      default: 1,
      minimum: 1,
      maximum: 36500,
    },
    complianceAcknowledged: {
      type: "boolean",
      description: "Says that a lock that nobody can undo (changeableForDays) is wanted.",
      default: false,
    },
  },
  subjects: vaultsOf,
  *check({ resource }, settings, stack) {
    const { parts, unplaced } = partsOf(stack, resource, TYPES.backupVaultLock);
    const locks: View[] = [
      ...parts.map(({ view }) => view),
      ...resource.view.objects("lockConfiguration"),
    ];
    if (locks.length === 0) {
      if (unplaced !== undefined) throw new Undetermined(`vault of "${unplaced}"`, NOT_KNOWN_YET);
      yield { wrong: "is not locked" };
    }
    for (const lock of locks) {
      const least = Number(settings["minimumDays"]);
      if ((lock.number("minRetentionDays") ?? 0) < least) {
        yield { wrong: `is locked for less than ${least} days` };
      }
      const days = lock.number("changeableForDays");
      if (days === undefined) continue;
      if (days < 3) yield { wrong: "has a lock that cannot be undone within three days" };
      if (settings["complianceAcknowledged"] !== true) {
        yield {
          wrong: "has a lock that nobody can undo, and no setting says that this is wanted",
          set: "Set the rule's setting complianceAcknowledged to true, or remove changeableForDays.",
        };
      }
    }
  },
});

const KEPT = ["backup:deleterecoverypoint", "backup:updaterecoverypointlifecycle"];

export const backupVaultDeniesDeletion = defineRule<Subject>({
  id: "backup-vault-denies-deletion",
  catalogue: [80],
  objective: "integrity",
  severity: "high",
  scope: "stack",
  checks:
    "Every vault's policy denies the deletion of recovery points and the shortening of their life.",
  why: "An IAM policy of the account, written later, would let somebody delete the backups.",
  fix: "Add a VaultPolicy that denies everybody backup:DeleteRecoveryPoint and backup:UpdateRecoveryPointLifecycle.",
  corresponds: ["BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"],
  subjects: vaultsOf,
  *check({ resource }, _settings, stack) {
    const { parts, unplaced } = partsOf(stack, resource, TYPES.backupVaultPolicy);
    const statements = [resource, ...parts]
      .flatMap((holder) => policiesOn(stack, holder))
      .flatMap((policy) => policy.statements());
    const denied = KEPT.every((action) =>
      statements.some(
        (statement) =>
          statement.effect === "Deny" &&
          statement.principals?.everybody === true &&
          statement.actions.some((pattern) => globMatches(pattern, action)) &&
          statement.conditions.every(
            ({ key, operator }) => key === "aws:principalarn" && operator.includes("not"),
          ),
      ),
    );
    if (denied) return;
    if (statements.length === 0 && unplaced !== undefined) {
      throw new Undetermined(`vault of "${unplaced}"`, NOT_KNOWN_YET);
    }
    yield { wrong: "lets recovery points be deleted" };
  },
});

export const backupPlanCopies = defineRule<Subject>({
  id: "backup-plan-copies",
  catalogue: [81],
  objective: "backup",
  severity: "medium",
  level: "advisory",
  checks: "Every plan of AWS Backup copies its backups to another vault and keeps them for weeks.",
  why: "A vault in the same account and Region is lost together with what it keeps.",
  fix: "Add a copy action to each rule, and lifecycle.deleteAfter (aws-native: deleteAfterDays) of 35 or more.",
  corresponds: [
    "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK",
    "backup_plans_exist",
    "Backup.5",
  ],
  parameters: {
    minimumDays: {
      type: "integer",
      description: "Shortest time that a backup is kept, days.",
      default: 35,
      minimum: 1,
      maximum: 36500,
    },
  },
  subjects: resourcesOf(TYPES.backupPlan),
  *check({ resource: { view } }, settings) {
    const plan = view.object("backupPlan") ?? view;
    const least = Number(settings["minimumDays"]);
    for (const rule of plan.objects("rules", "backupPlanRule")) {
      if (rule.objects("copyActions").length === 0)
        yield { wrong: "has a rule that copies nothing" };
      const days = rule.object("lifecycle")?.number("deleteAfter", "deleteAfterDays");
      if (days !== undefined && days < least) {
        yield { wrong: `keeps backups for less than ${least} days` };
      }
    }
  },
});

export const backupVaultCopiesWithin = defineRule<PolicySubject>({
  id: "backup-vault-copies-within-organization",
  catalogue: [80],
  objective: "no-outsiders",
  severity: "high",
  checks:
    "A vault's policy lets in copies and other calls of other accounts only within the organization.",
  why: "An account that leaves the organization could still write to the vault, or copy the backups away.",
  fix: "Add a condition on aws:PrincipalOrgID.",
  corresponds: ["backup_vaults_cross_account"],
  subjects: (stack) => policiesOfKind(stack, "vault"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow") return;
      const foreign = foreignPrincipals(statement, policy.resource.accountId);
      if (statement.principals?.everybody !== true && foreign.length === 0) return;
      if (!demandsOrganization(statement)) {
        yield {
          wrong: `lets other accounts in without the organization (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

export const backupRestoreTested = defineRule<Subject>({
  id: "backup-restore-tested",
  catalogue: [81],
  objective: "backup-tested",
  severity: "medium",
  level: "advisory",
  scope: "stack",
  checks: "A stack with a backup plan also has a plan that tests restores.",
  why: "A backup that was never restored is a hope.",
  fix: "Add a RestoreTestingPlan with a selection.",
  corresponds: ["backup_restore_testing_plan"],
  subjects: resourcesOf(TYPES.backupPlan),
  *check(_plan, _settings, stack) {
    const tests = stack.ofTypes(TYPES.restoreTestingPlan);
    if (tests.length === 0) yield { wrong: "makes backups that nobody tests" };
    for (const { view } of tests) view.string("scheduleExpression");
  },
});
