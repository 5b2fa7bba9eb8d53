import { join } from "../model/join";
import { policiesOfKind, type PolicySubject } from "../model/policies";
import { secretsOf, type Secret } from "../model/secret";
import { tagOf, type Resource } from "../model/stack";
import { TYPES } from "../model/types";
import { isMap, NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { onlyExactPrincipals } from "./exact-principals";
import { defineRule } from "./rule";

export const secretRotates = defineRule<Secret>({
  id: "secret-rotates",
  catalogue: [17],
  objective: "credentials",
  severity: "medium",
  scope: "stack",
  checks: "Every secret rotates by itself, unless a tag says that it cannot.",
  why: "A value that nobody changes outlives everybody who once knew it.",
  fix: "Add a SecretRotation (aws-native: RotationSchedule), or the tag rotation with the value none for a value that cannot be rotated.",
  corresponds: [
    "SecretsManager.1",
    "CKV2_AWS_57",
    "SECRETSMANAGER_ROTATION_ENABLED_CHECK",
    "secretsmanager_automatic_rotation_enabled",
  ],
  subjects: secretsOf,
  *check({ resource }, _settings, stack) {
    const { parts, unplaced } = join(stack, TYPES.secretRotation, [resource], {
      properties: ["secretId"],
      wholes: new Set([resource.type]),
      identifiers: ["id", "arn", "name"],
    });
    if (parts.has(resource.urn) || tagOf(resource, "rotation") === "none") return;
    requireKnownTags(resource);
    const stray = unplaced[0];
    if (stray !== undefined) throw new Undetermined(`secretId of "${stray.name}"`, NOT_KNOWN_YET);
    yield { wrong: "does not rotate" };
  },
});

export const secretPolicyPrincipalsExact = defineRule<PolicySubject>({
  id: "secret-policy-principals-exact",
  catalogue: [21],
  objective: "no-outsiders",
  severity: "high",
  checks:
    "A secret's policy lets in exact roles, and from other accounts only within the organization.",
  why: "A whole account, or a role that only looks like the right one, reads the secret.",
  fix: "Name the roles by their ARNs; for another account's, add a condition on aws:PrincipalOrgID.",
  corresponds: ["secretsmanager_has_restrictive_resource_policy"],
  subjects: (stack) => policiesOfKind(stack, "secret"),
  check: onlyExactPrincipals({ who: "roles" }),
});

export const secretHasSecondCopy = defineRule<Secret>({
  id: "secret-has-second-copy",
  catalogue: [23],
  objective: "backup",
  severity: "high",
  checks: "Every secret that matters most has a replica, or is kept by a backup.",
  why: "A Region that fails, or a deletion, takes the only copy.",
  fix: "Add a replica in another Region, or the tag backup with the value yes where Strongroom keeps it; a secret that may be lost has the tag tier with a number above 1.",
  corresponds: [],
  subjects: secretsOf,
  *check({ resource, replicas }) {
    const tier = tagOf(resource, "tier");
    if (tier !== undefined && /^([2-9]|\d\d+)$/.test(tier)) return;
    if (replicas.length > 0 || /^(yes|true)$/i.test(tagOf(resource, "backup") ?? "")) return;
    requireKnownTags(resource);
    yield { wrong: "has one copy only" };
  },
});

export const secretTagged = defineRule<Secret>({
  id: "secret-tagged",
  catalogue: [27],
  objective: "inventory",
  severity: "low",
  level: "advisory",
  checks: "Every secret says by tags who owns it and how sensitive it is.",
  why: "When it leaks, or when nobody uses it any more, somebody must be found who decides.",
  fix: "Set the tags owner and data-class.",
  corresponds: ["SecretsManager.3"],
  parameters: {
    tags: {
      type: "array",
      description: "Names of the tags that every secret must have.",
      default: ["owner", "data-class"],
      items: { type: "string" },
    },
  },
  subjects: secretsOf,
  *check({ resource }, settings) {
    const wanted = settings["tags"];
    for (const name of Array.isArray(wanted) ? (wanted as readonly string[]) : []) {
      if (tagOf(resource, name.toLowerCase()) !== undefined) continue;
      requireKnownTags(resource);
      yield { wrong: `lacks the tag ${name}` };
    }
  },
});

/** A tag that is not there may still come where the tags are not known. */
function requireKnownTags(resource: Resource): void {
  const tags = resource.view.raw("tags");
  if (tags === UNKNOWN || (isMap(tags) && Object.values(tags).includes(UNKNOWN))) {
    throw new Undetermined("tags", NOT_KNOWN_YET);
  }
}
