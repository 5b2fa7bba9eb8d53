import { expect } from "chai";

import { Stack, type ResourceInput } from "../../policies/model/stack";
import { UNKNOWN } from "../../policies/model/values";
import { judge, RULES } from "../../policies/rules";
import { programOf } from "../../programs/program";
import { stampName } from "../../stacks/naming";
import type { StackSpec } from "../../stacks/spec";
import { firstPreviewOf } from "../support/recorded-preview";
import { record } from "../support/recorder";
import {
  accessSpec,
  ACCOUNTS,
  connection,
  memberSpec,
  ROTATION,
  vaultSpec,
} from "../support/specs";

const SPECS: Readonly<Record<string, StackSpec>> = {
  "access to a member": accessSpec(),
  "access to the vault": accessSpec({ accountId: ACCOUNTS.vault }),
  "access to a member whose secrets are rotated": accessSpec({ rotates: true }),
  "access to a vault that rotates": accessSpec({ accountId: ACCOUNTS.vault, rotates: true }),
  "the vault": vaultSpec(),
  "a vault that rotates": vaultSpec({ rotates: true }),
  "a member": memberSpec(),
  "a member whose secrets are rotated": memberSpec({ rotation: ROTATION }),
  "a member of one Region that keeps every secret": memberSpec({
    regions: ["eu-central-1"],
    secrets: { namePrefixes: [], tags: {} },
    watchReads: false,
  }),
  "a member outside production whose keys wait the shortest time": memberSpec({
    environment: "dev",
    keyDeletionDays: 7,
  }),
};

async function previewOf(spec: StackSpec): Promise<ResourceInput[]> {
  const recording = await record(programOf(spec, connection(spec.accountId)));
  const stack = stampName(spec.kind, spec.accountId);
  const outputs: ResourceInput = {
    type: "pulumi:pulumi:Stack",
    name: `strongroom-${stack}`,
    urn: `urn:pulumi:${stack}::strongroom::pulumi:pulumi:Stack::strongroom-${stack}`,
    props: Object.fromEntries(Object.keys(recording.result).map((name) => [name, UNKNOWN])),
  };
  return [...firstPreviewOf(recording, stack, spec.accountId), outputs];
}

/** Mandatory rules about types that no program of Strongroom makes, with the reason: none is off by mistake. */
const WITHOUT_SUBJECT: readonly { readonly why: string; readonly rules: readonly string[] }[] = [
  {
    why: "Strongroom keeps the secrets of others and makes none.",
    rules: [
      "secret-uses-customer-key",
      "secret-rotation-frequent",
      "secret-recovery-window-kept",
      "secret-policy-blocks-public",
      "secret-policy-no-wildcard-principal",
      "secret-replicas-use-own-keys",
      "secret-value-not-in-program",
      "secret-replica-not-overwritten",
      "secret-protected",
      "secret-rotates",
      "secret-policy-principals-exact",
      "secret-has-second-copy",
      "secret-value-marked-secret",
    ],
  },
  {
    why: "Backups are objects in locked buckets; AWS Backup does not know secrets.",
    rules: [
      "backup-vault-copies-within-organization",
      "backup-vault-denies-deletion",
      "backup-vault-encrypted",
      "backup-vault-locked",
    ],
  },
  {
    why: "The trail is the organization's; Strongroom only listens to its events.",
    rules: [
      "trail-bucket-closed",
      "trail-watched",
      "trail-encrypted",
      "trail-everywhere",
      "trail-reaches-logs",
      "trail-records-objects",
      "trail-validated",
    ],
  },
  {
    why: "The bus has a policy, topics have subscribers of the user's own, and logs are closed by IAM alone.",
    rules: ["event-bus-grants-named", "topic-subscriptions-encrypted", "log-policy-not-open"],
  },
  {
    why: "Who may use a key stands in its policy; no program makes grants.",
    rules: ["kms-grant-narrow"],
  },
  {
    why: "Functions have no layers.",
    rules: ["lambda-layers-own"],
  },
];

/** Advice that the programs do not follow, each with the reason. */
const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  "kms-multi-region-wanted":
    "A key of one Region cannot become a multi-Region key, so a member that gets a second Region later needs it now.",
  "bucket-tells-of-changes":
    "CloudTrail's data events and the access logs tell of every object; a notification would only say it again.",
  "lambda-environment-encrypted":
    "The environment holds names and ARNs; a key of one's own needs grants that the stamper may not make.",
  "lambda-failures-kept": "Whoever asks for a restore or a report waits for the answer.",
  "lambda-concurrency-bounded": "A new account has ten runs in all and refuses every reservation.",
  "lambda-traced": "Traces would name secrets to whoever may read them.",
  "lambda-in-network": "The functions talk to AWS alone, which a network would only make dearer.",
  "lambda-code-signed":
    "The code comes from the reviewed build; there is no signing profile to trust.",
};

describe("the programs of Strongroom", () => {
  for (const [name, spec] of Object.entries(SPECS)) {
    it(`break no rule and leave none undetermined at the first preview of ${name}`, async () => {
      const stack = new Stack(await previewOf(spec));
      const found = RULES.flatMap((rule) => judge(rule, stack)).flatMap((verdict) =>
        verdict.verdict === "pass" || Object.hasOwn(NOT_FOLLOWED, verdict.rule.id)
          ? []
          : [`${verdict.rule.id}: ${verdict.message}`],
      );
      expect(found).to.deep.equal([]);
    });
  }

  it("leave nothing but advice aside", () => {
    for (const id of Object.keys(NOT_FOLLOWED)) {
      expect(RULES.find((rule) => rule.id === id)?.level, id).to.equal("advisory");
    }
  });

  it("give every mandatory rule something to judge", async () => {
    const stacks = await previewsOfAll();
    const idle = RULES.filter(
      (rule) =>
        rule.level === "mandatory" && !stacks.some((stack) => judge(rule, stack).length > 0),
    ).map(({ id }) => id);
    const expected = WITHOUT_SUBJECT.flatMap(({ rules }) => rules);
    expect(idle.sort()).to.deep.equal(expected.sort());
  });
});

async function previewsOfAll(): Promise<Stack[]> {
  const stacks: Stack[] = [];
  // One after the other: the recorder's mocks are global to Pulumi's runtime.
  for (const spec of Object.values(SPECS)) stacks.push(new Stack(await previewOf(spec)));
  return stacks;
}
