import { expandAction, findAction, supportsKey, type Action } from "../iam/action-table";
import { parseArn } from "../iam/arn";
import type { Statement } from "../iam/document";
import { globsOverlap, isStarLike } from "../iam/patterns";
import { identityPoliciesOf, policiesOf, type PolicySubject } from "../model/policies";
import { defineRule } from "./rule";

export const iamActionsExist = defineRule<PolicySubject>({
  id: "iam-actions-exist",
  catalogue: [54],
  objective: "least-privilege",
  severity: "medium",
  checks: "Every action that a policy names is one that AWS has.",
  why: "A misspelt action allows nothing, and in a Deny it forbids nothing, though everybody thinks it does.",
  fix: "Correct the action's name; the table of actions is AWS's own service reference.",
  corresponds: ["UNKNOWN_ACTION", "INVALID_ACTION", "UNKNOWN_PREFIX", "INVALID_SERVICE_IN_ACTION"],
  subjects: policiesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      const patterns = [...statement.actions, ...(statement.notActions ?? [])];
      if (patterns.some((pattern) => !isStarLike(pattern) && expandAction(pattern).length === 0)) {
        yield {
          wrong: `names an action that AWS does not have (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

export const iamResourcesMatchActions = defineRule<PolicySubject>({
  id: "iam-resources-match-actions",
  catalogue: [54],
  objective: "least-privilege",
  severity: "medium",
  scope: "stack",
  checks: "Every action of an identity policy works on one of the resources that stand with it.",
  why: "AWS ignores the action for these resources: what was to be allowed is not, and the next step is a star.",
  fix: 'Name resources of the action\'s own kind; give actions that AWS cannot narrow a statement of their own with Resource "*".',
  corresponds: ["RESOURCE_MISMATCH"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      if (statement.effect !== "Allow" || statement.notResources !== undefined) return;
      const resources = statement.resources.map((one) => one.replace(/\$\{[^}]*\}/g, "*"));
      if (resources.length === 0) return;
      const stray = statement.actions.some((name) => {
        const action = findAction(name);
        return action !== undefined && !fits(action, resources);
      });
      if (stray) {
        yield {
          wrong: `allows an action on resources that it does not work on (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

/**
 * AWS's service reference names no resource for these two. The stamper allows them on the ARN of its bus only, which the
 * emulator takes; whether AWS does is not proven (docs/not-yet-proven.md), so neither way is called wrong.
 */
const NARROWED_ALL_THE_SAME = new Set(["events:putpermission", "events:removepermission"]);

/** Tells whether an action works on one of some resources; one that AWS cannot narrow works on `*` alone. */
function fits({ id, resourceTypes }: Action, resources: readonly string[]): boolean {
  if (NARROWED_ALL_THE_SAME.has(id)) return true;
  return resources.some(
    (resource) =>
      isStarLike(resource) ||
      resourceTypes.some(({ name, arns }) => arns.some((arn) => mayBe(resource, arn, name))),
  );
}

/**
 * Tells whether a resource may be of a kind, part by part: as one text, the star at the end of one ARN would swallow the
 * service of the other. What is no ARN may be anything; an object is no bucket, though a bucket's pattern would take it.
 */
function mayBe(resource: string, pattern: string, kind: string): boolean {
  const [one, other] = [parseArn(resource), parseArn(pattern)];
  if (one === undefined || other === undefined) return true;
  if (kind === "bucket" && /^[^/*]*\//.test(one.resource)) return false;
  return (["service", "region", "account", "resource"] as const).every((part) =>
    globsOverlap(one[part], other[part]),
  );
}

const TAG_KEY = /^aws:(resourcetag\/|requesttag\/|tagkeys$)/;

export const iamTagConditionsSupported = defineRule<PolicySubject>({
  id: "iam-tag-conditions-supported",
  catalogue: [56],
  objective: "least-privilege",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks: "A condition on tags stands with actions of services that send tags.",
  why: "Where the service sends none, an Allow allows nothing and a Deny forbids nothing.",
  fix: "Name the resources by ARN instead, or give these actions a statement of their own.",
  corresponds: ["ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"],
  subjects: identityPoliciesOf,
  check: (policy) =>
    policy.check(function* (statement) {
      const keys = statement.conditions.map(({ key }) => key).filter((key) => TAG_KEY.test(key));
      if (keys.some((key) => servicesOf(statement).some((service) => !sends(service, key)))) {
        yield {
          wrong: `has a condition on tags that a service does not send (${policy.property}, ${statement.label})`,
        };
      }
    }),
});

/** Prefixes of services whose actions a statement names one by one. */
function servicesOf({ actions }: Statement): string[] {
  const found = actions.flatMap((name) => findAction(name)?.service ?? []);
  return [...new Set(found)];
}

function sends(service: string, key: string): boolean {
  return expandAction(`${service}:*`).some((action) => supportsKey(action, key));
}
