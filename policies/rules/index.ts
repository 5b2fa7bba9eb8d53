import * as backupVaults from "./backup-vaults";
import * as bucketCare from "./bucket-care";
import * as bucketGrants from "./bucket-grants";
import * as bucketPolicies from "./bucket-policies";
import * as bucketReplication from "./bucket-replication";
import * as buckets from "./buckets";
import * as events from "./events";
import * as functions from "./functions";
import * as iamActions from "./iam-actions";
import * as iamAttachments from "./iam-attachments";
import * as iamConditions from "./iam-conditions";
import * as iamDocuments from "./iam-documents";
import * as iamEscalation from "./iam-escalation";
import * as iamIdentities from "./iam-identities";
import * as iamPowers from "./iam-powers";
import * as iamTrust from "./iam-trust";
import * as iamUnconstrained from "./iam-unconstrained";
import * as iamWildcards from "./iam-wildcards";
import * as kmsCallers from "./kms-callers";
import * as kmsGrants from "./kms-grants";
import * as kmsKeys from "./kms-keys";
import * as kmsPolicies from "./kms-policies";
import * as kmsSeparation from "./kms-separation";
import * as kmsSorts from "./kms-sorts";
import * as logs from "./logs";
import * as messaging from "./messaging";
import * as secretCare from "./secret-care";
import * as messagingKeys from "./messaging-keys";
import * as programs from "./programs";
import * as secretState from "./secret-state";
import * as secrets from "./secrets";
import * as trailSurroundings from "./trail-surroundings";
import * as trails from "./trails";
import type { Rule } from "./rule";

const KMS: readonly Rule[] = [
  ...Object.values(kmsKeys),
  ...Object.values(kmsSorts),
  ...Object.values(kmsPolicies),
  ...Object.values(kmsCallers),
  ...Object.values(kmsSeparation),
  ...Object.values(kmsGrants),
];
const SECRETS: readonly Rule[] = [
  ...Object.values(secrets),
  ...Object.values(secretCare),
  ...Object.values(secretState),
];
const IAM: readonly Rule[] = [
  ...Object.values(iamWildcards),
  ...Object.values(iamUnconstrained),
  ...Object.values(iamPowers),
  ...Object.values(iamEscalation),
  ...Object.values(iamTrust),
  ...Object.values(iamConditions),
  ...Object.values(iamDocuments),
  ...Object.values(iamActions),
  ...Object.values(iamAttachments),
  ...Object.values(iamIdentities),
];
const BUCKETS: readonly Rule[] = [
  ...Object.values(buckets),
  ...Object.values(bucketPolicies),
  ...Object.values(bucketGrants),
  ...Object.values(bucketCare),
  ...Object.values(bucketReplication),
];

const BACKUP: readonly Rule[] = [...BUCKETS, ...Object.values(backupVaults)];
const AUDIT: readonly Rule[] = [
  ...Object.values(trails),
  ...Object.values(trailSurroundings),
  ...Object.values(logs),
  ...Object.values(events),
  ...Object.values(messaging),
  ...Object.values(messagingKeys),
];
const HYGIENE: readonly Rule[] = [...Object.values(functions), ...Object.values(programs)];

/** The packs and their rules. `strongroom` has every rule; the others can be used alone, on any program. */
export const PACKS = {
  strongroom: {
    description: "Everything that a stamp of Strongroom must keep to.",
    rules: [...KMS, ...SECRETS, ...IAM, ...BACKUP, ...AUDIT, ...HYGIENE],
  },
  "secrets-encryption": {
    description: "Keys and secrets: rotation, key policies, encryption, deletion windows.",
    rules: [...KMS, ...SECRETS],
  },
  "least-privilege": {
    description: "Identities and their policies: no wildcards, exact trust, boundaries.",
    rules: IAM,
  },
  "backup-recovery": {
    description:
      "Buckets and vaults that hold backups: versions, locks, copies, encryption, no public access.",
    rules: BACKUP,
  },
  "audit-logging": {
    description: "Who did what, and who hears of it: trails, logs, events, topics and queues.",
    rules: AUDIT,
  },
  "strongroom-hygiene": {
    description: "Functions, and what a program itself must keep to.",
    rules: HYGIENE,
  },
} as const satisfies Record<string, { description: string; rules: readonly Rule[] }>;

export type PackName = keyof typeof PACKS;

/** Every rule, once. */
export const RULES: readonly Rule[] = PACKS.strongroom.rules;

export { blocks, isSecurityType, judge } from "./rule";
export type { Level, Rule, RuleInfo, Settings, Verdict } from "./rule";
