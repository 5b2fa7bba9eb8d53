import { RULES } from "./rules";

/** One requirement of the catalogue: its number, and what it asks for in a few words. */
interface Requirement {
  readonly number: number;
  readonly asks: string;
}

const numbered = (asks: readonly string[]): Requirement[] =>
  asks.map((text, index) => ({ number: index + 1, asks: text }));

/**
 * The catalogue of what is asked of a stack that keeps secrets and their backups, by number. Every rule says which numbers
 * it covers; a test demands that none is left over.
 */
export const CATALOGUE: readonly Requirement[] = numbered([
  "keys rotate",
  "keys rotate every 90 to 365 days",
  "no key policy lets everybody in",
  "every key has a policy of its own",
  "the lockout check of key policies stays on",
  "a deletion of a key waits long enough",
  "use and administration of a key are apart",
  "other accounts at a key are named, and of the organization",
  "grants only for AWS services, or narrowed",
  "services at a key say for whom they work",
  "kms:ViaService alone is no restriction",
  "multi-Region keys only where wanted",
  "keys are enabled, described and have an alias",
  "RSA keys that encrypt are longer than 2048 bits",
  "secrets and backups have different keys",
  "secrets have a customer key by its full ARN",
  "secrets rotate by themselves",
  "secrets rotate every 90 days or more often",
  "a deleted secret can be restored",
  "secrets have a policy, and none that is public",
  "a secret's policy names exact principals of the organization",
  "every replica of a secret has a key of its own Region",
  "the secrets that matter most have a second copy",
  "no program holds the value of a secret",
  "the value of a secret is marked secret in the state",
  "Secrets Manager calls a rotation function for one account only",
  "secrets say who owns them and how sensitive they are",
  "replication overwrites no other secret",
  "secrets are protected from their program",
  "no policy allows everything on everything",
  "no policy allows every action",
  "no policy allows a whole service on everything",
  "actions that can be narrowed are",
  "no Allow with NotAction",
  "no Allow with NotResource",
  "no Allow with NotPrincipal",
  "iam:PassRole names roles and services",
  "no way to more permissions",
  "no reading of all data",
  "no getting of everybody's credentials",
  "no changing of everybody's permissions",
  "no writing to everything",
  "no decryption with all keys",
  "no assumption of every role",
  "no role trusts everybody or a whole other account",
  "trust of other accounts is exact and demands organization, external id or MFA",
  "trust of a service says for whom it works",
  "trust of OpenID Connect demands audience and subject",
  "none of AWS's strongest policies is attached",
  "roles have a boundary, a path and short sessions",
  "no users and no lasting credentials",
  "no ForAllValues or IfExists that lets everybody through",
  "no condition for callers without MFA",
  "policies are well formed and name actions that exist",
  "policies are as short as AWS demands",
  "tag conditions work, service-linked roles are named",
  "nobody has the whole of IAM",
  "access from outside is looked for",
  "buckets keep versions",
  "backups are locked",
  "buckets block public access",
  "buckets have no ACLs",
  "buckets encrypt with a customer key",
  "buckets refuse plain HTTP",
  "buckets refuse old TLS",
  "buckets refuse objects under another key",
  "nobody deletes backups or weakens their lock",
  "no bucket policy is open",
  "other accounts at a bucket are exact, and of the organization",
  "no bucket policy locks everybody out",
  "backups are copied to another Region",
  "buckets clean up, and no sooner than the lock ends",
  "access to buckets is logged, in another bucket",
  "MFA delete, or the lock in its place",
  "buckets tell of changes, and their names cannot be taken by others",
  "no program deletes a bucket",
  "who writes objects writes to buckets of the organization only",
  "backup vaults encrypt with a customer key",
  "backup vaults are locked",
  "backup vaults deny deletion, and copy within the organization only",
  "backup plans copy, and restores are tested",
  "trails record everywhere",
  "trails sign their files",
  "trails encrypt with a customer key",
  "trails deliver to CloudWatch Logs and to a topic",
  "the bucket of a trail is private and logged",
  "trails record objects that are read and written",
  "tampering is noticed",
  "event rules see reading calls, keep failures, and buses are closed",
  "logs are encrypted, kept and closed, and alarms tell somebody",
  "functions run on supported runtimes",
  "functions are called by named callers only",
  "functions have no secrets in their environment",
  "functions keep failures, are bounded, traced, signed and without foreign layers",
  "functions have a role each, write to their own logs and end in time",
  "topics and queues are encrypted, closed and reached by the services that use them",
  "programs keep to what can be judged: no escape hatches, an exact account, tags, protection",
]);

/**
 * Parts of the catalogue that a pack cannot see, and what stands in for it: it sees the resources of one program, not what
 * an account has besides, nor how things are used; and the engine tells an analyzer neither its own options nor what is in
 * the state but no longer in the program.
 */
export const UNSEEN: Readonly<Record<string, string>> = {
  "which stacks are production (19)":
    "The shortest recovery window is 7 days everywhere; set `minimumDays` of secret-recovery-window-kept to 30 for production. A deletion that skips the window is a call, which tampering-watched has watched.",
  "secrets that nobody uses, and who rotates them (27)":
    "The day of the last use is known to AWS alone. Who rotates is a tag: add its name to `tags` of secret-tagged.",
  "accounts without any backup plan, and where a copy goes (81)":
    "Only plans of the program are judged. That a copy goes to another vault is seen; whether that vault is of another account or air-gapped is not, where its ARN is not known yet.",
  "alarms that are made elsewhere (88)":
    "A program that watches nothing is not told to; what watches a source must watch all of its calls. Unauthorized calls and the use of root are conditions on any call, so no list of calls shows them.",
  "an update with --target (97)":
    "An analyzer is not told of it. The service has no such option, so a partial update is one of a laptop only, and drift shows what it left out.",
  "an alias where the URN of a protected resource disappears (97)":
    "An analyzer sees the program's resources only. The engine itself refuses to delete what is protected, and a preview lists deletions first.",
  "whether a stack output is marked as secret (97)":
    "The engine hands values over without the mark, so a name that looks like a secret is refused in any case.",
};

/** Ids of the rules that cover a number. */
export function rulesOf(number: number): readonly string[] {
  return RULES.filter(({ catalogue }) => catalogue.includes(number)).map(({ id }) => id);
}
