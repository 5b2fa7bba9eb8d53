import { isRestricted } from "../iam/conditions";
import { parseArn } from "../iam/arn";
import { keyFault, keyFaultText } from "../model/key-reference";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import { secretsOf, type Secret } from "../model/secret";
import type { Resource } from "../model/stack";
import { each, type Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

export const secretUsesCustomerKey = defineRule<Secret>({
  id: "secret-uses-customer-key",
  catalogue: [16],
  objective: "encryption-at-rest",
  severity: "high",
  scope: "stack",
  checks: "Every secret is encrypted with a customer managed key, named by its full ARN.",
  why: "AWS's own key cannot be shared, audited or restored from another account, and a bare id means another key there.",
  fix: "Set kmsKeyId to the ARN of a customer managed key.",
  corresponds: ["CKV_AWS_149", "AWS-0098", "W77", "SECRETSMANAGER_USING_CMK"],
  subjects: secretsOf,
  *check({ resource }, _settings, stack) {
    const value = resource.view.raw("kmsKeyId");
    const fault = keyFault(stack, resource, value, "kmsKeyId", "kmsKeyId");
    if (fault !== undefined) yield { wrong: keyFaultText(fault, "kmsKeyId") };
  },
});

export const secretRotationFrequent = defineRule<Subject>({
  id: "secret-rotation-frequent",
  catalogue: [18],
  objective: "credentials",
  severity: "medium",
  checks: "Secrets that rotate do so at least every 90 days.",
  why: "The longer a value lives, the longer a copy of it that leaked is good for.",
  fix: "Set rotationRules.automaticallyAfterDays to 90 or less.",
  corresponds: ["SecretsManager.4", "CKV_AWS_304", "secretsmanager-secret-periodic-rotation"],
  parameters: {
    maximumDays: {
      type: "integer",
      description: "Longest time between two rotations, days.",
      default: 90,
      minimum: 1,
      maximum: 1000,
    },
  },
  subjects: (stack) => stack.ofTypes(TYPES.secretRotation).map((resource) => ({ resource })),
  *check({ resource }, settings) {
    const most = Number(settings["maximumDays"]);
    const rules = resource.view.object("rotationRules");
    const schedule = rules?.string("scheduleExpression");
    const days =
      schedule === undefined
        ? rules?.number("automaticallyAfterDays")
        : daysBetween(schedule, rules?.pathOf("scheduleExpression") ?? "");
    if (days === undefined) yield { wrong: "has no rotation schedule" };
    else if (days > most) {
      yield {
        wrong: `lets more than ${most} days pass between two rotations`,
        set: `Set rotationRules.automaticallyAfterDays to ${most} or less.`,
      };
    }
  },
});

export const secretRecoveryWindowKept = defineRule<Subject>({
  id: "secret-recovery-window-kept",
  catalogue: [19],
  objective: "backup",
  severity: "high",
  checks: "A deleted secret can be restored for at least a week.",
  why: "With a recovery window of 0 a deletion is final at once.",
  fix: "Set recoveryWindowInDays to 30, or leave it out.",
  corresponds: [],
  parameters: {
    minimumDays: {
      type: "integer",
      description: "Least days in which a deleted secret can be restored.",
      default: 7,
      minimum: 7,
      maximum: 30,
    },
  },
  // Cloud Control has no such property: AWS's default of 30 days always holds there.
  subjects: (stack) => secretsOf(stack).filter(({ resource }) => !resource.isNative),
  *check({ resource }, settings) {
    const least = Number(settings["minimumDays"]);
    if ((resource.view.number("recoveryWindowInDays") ?? 30) < least) {
      yield {
        wrong: `is lost less than ${least} days after its deletion`,
        set: `Set recoveryWindowInDays to ${least} or more, or leave it out.`,
      };
    }
  },
});

export const secretPolicyBlocksPublic = defineRule<Secret>({
  id: "secret-policy-blocks-public",
  catalogue: [20],
  objective: "no-outsiders",
  severity: "high",
  scope: "stack",
  checks: "Every secret has a resource policy that Secrets Manager itself checks for being public.",
  why: "Without one, any IAM policy of the account opens the secret; with a public one, everybody reads it.",
  fix: "Add a SecretPolicy (aws-native: ResourcePolicy) with blockPublicPolicy set to true.",
  corresponds: ["secretsmanager_not_publicly_accessible"],
  subjects: secretsOf,
  *check({ resource, policyResources, unplacedPolicies }) {
    const own = resource.view.raw("policy");
    if (policyResources.length === 0) {
      const stray = unplacedPolicies[0];
      if (stray !== undefined) throw new Undetermined(`secret of "${stray.name}"`, NOT_KNOWN_YET);
      const has = own !== undefined && own !== "" && own !== "{}";
      yield { wrong: has ? "has a policy that is not checked for being public" : "has no policy" };
    }
    yield* each(policyResources, function* ({ name, view }) {
      if (view.boolean("blockPublicPolicy") !== true) {
        yield { wrong: `has a policy that is not checked for being public ("${name}")` };
      }
    });
  },
});

export const secretPolicyNoWildcardPrincipal = defineRule<PolicySubject>({
  id: "secret-policy-no-wildcard-principal",
  catalogue: [20],
  objective: "no-outsiders",
  severity: "critical",
  checks: "No secret's policy lets everybody in without a condition that names the callers.",
  why: "Anybody with an AWS account and access to the key could read the secret.",
  fix: "Name the roles that may read the secret, or add a condition on aws:PrincipalOrgID.",
  corresponds: ["secretsmanager_not_publicly_accessible"],
  subjects: (stack) => policiesOfKind(stack, "secret"),
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow" || statement.principals?.everybody !== true) return;
      if (!isRestricted(statement)) {
        yield { wrong: `lets everybody in (${policy.property}, ${statement.label})` };
      }
    }),
});

export const secretReplicasUseOwnKeys = defineRule<Secret>({
  id: "secret-replicas-use-own-keys",
  catalogue: [22],
  objective: "encryption-at-rest",
  severity: "high",
  scope: "stack",
  checks: "Every replica of a secret has a customer managed key of its own Region.",
  why: "A replica without one falls back to AWS's own key, and cannot be promoted under control.",
  fix: "Set kmsKeyId of every replica to the ARN of a customer managed key of that Region.",
  corresponds: [],
  subjects: (stack) =>
    secretsOf(stack).filter(({ resource }) => {
      const replicas = resource.view.raw("replicas", "replicaRegions");
      return replicas !== undefined && !(Array.isArray(replicas) && replicas.length === 0);
    }),
  check({ resource, replicas, replicasProperty }, _settings, stack) {
    return each(replicas, function* (replica) {
      const value = replica.raw("kmsKeyId");
      const path = replica.pathOf("kmsKeyId");
      const fault = keyFault(stack, resource, value, replicasProperty, path);
      if (fault !== undefined) yield { wrong: `has a replica that ${keyFaultText(fault, path)}` };
      else if (typeof value === "string" && parseArn(value)?.region !== replica.string("region")) {
        yield { wrong: `has a replica with a key of another Region (${path})` };
      }
    });
  },
});

const VALUE_PROPERTIES = ["secretString", "secretBinary", "secretStringWo"];

interface SecretValue extends Subject {
  readonly property: string;
}

export const secretValueNotInProgram = defineRule<SecretValue>({
  id: "secret-value-not-in-program",
  catalogue: [24],
  objective: "credentials",
  severity: "critical",
  scope: "stack",
  checks: "No program holds the value of a secret: it is empty, or another resource generates it.",
  why: "A value that stands in a program is in its repository, its state and its logs.",
  fix: "Leave the value out and set it through Secrets Manager, or have it generated.",
  corresponds: [],
  subjects: (stack) =>
    stack
      .ofTypes([...TYPES.secretVersion, ...TYPES.secret])
      .flatMap((resource) =>
        VALUE_PROPERTIES.filter((property) => resource.view.raw(property) !== undefined).map(
          (property) => ({ resource, property }),
        ),
      ),
  *check({ resource, property }) {
    const value = resource.view.raw(property);
    if (value === "" || isMadeFromOutputs(resource, property)) return;
    if (value === UNKNOWN) throw new Undetermined(property, NOT_KNOWN_YET);
    yield { wrong: `takes its value from the program (${property})` };
  },
});

export const secretReplicaNotOverwritten = defineRule<Subject>({
  id: "secret-replica-not-overwritten",
  catalogue: [28],
  objective: "backup",
  severity: "high",
  checks: "Replication never overwrites a secret of the same name in another Region.",
  why: "The secret that stood there before is gone, with all its versions.",
  fix: "Remove forceOverwriteReplicaSecret or set it to false.",
  corresponds: [],
  subjects: (stack) => secretsOf(stack).filter(({ resource }) => !resource.isNative),
  *check({ resource }) {
    if (resource.view.boolean("forceOverwriteReplicaSecret") === true) {
      yield { wrong: "overwrites secrets of the same name in other Regions" };
    }
  },
});

export const secretProtected = defineRule<Subject>({
  id: "secret-protected",
  catalogue: [29, 97],
  objective: "backup",
  severity: "high",
  checks: "Every secret that a program makes is protected from deletion by it.",
  why: "A renamed resource or a removed line would delete the secret.",
  fix: "Set the resource option protect to true.",
  corresponds: [],
  subjects: secretsOf,
  *check({ resource }) {
    if (!resource.isKept) yield { wrong: "is not protected" };
  },
});

function isMadeFromOutputs(resource: Resource, property: string): boolean {
  return (resource.dependenciesOf(property)?.length ?? 0) > 0;
}

const UNIT_DAYS: Readonly<Record<string, number>> = { hour: 1 / 24, day: 1 };

/** Days between two runs of a schedule: `rate(...)`, or a `cron(...)` whose day and month fields say how often. */
function daysBetween(schedule: string, path: string): number {
  const [, count, unit = ""] = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule) ?? [];
  if (count !== undefined) return Number(count) * (UNIT_DAYS[unit] ?? 1);
  const fields = /^cron\(([^)]*)\)$/.exec(schedule)?.[1]?.trim().split(/\s+/);
  const [, , day = "", month = "", weekday = ""] = fields ?? [];
  if (fields?.length !== 6) throw new Undetermined(path, "is not a schedule");
  if (month === "*") return weekday !== "?" && weekday !== "*" ? 7 : day === "*" ? 1 : 31;
  const step = /^(?:\*|\d+)\/(\d+)$/.exec(month)?.[1];
  if (step !== undefined) return Number(step) * 31;
  throw new Undetermined(path, "names months, so the time between two rotations cannot be told");
}
