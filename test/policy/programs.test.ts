import { expect } from "chai";

import { Stack, type ResourceInput } from "../../policies/model/stack";
import { judge, RULES } from "../../policies/rules";
import { programOf } from "../../programs/program";
import { stampName } from "../../stacks/naming";
import type { StackSpec } from "../../stacks/spec";
import { firstPreviewOf } from "../support/recorded-preview";
import { record } from "../support/recorder";
import { accessSpec, ACCOUNTS, connection, memberSpec, vaultSpec } from "../support/specs";

const SPECS: Readonly<Record<string, StackSpec>> = {
  "access to a member": accessSpec(),
  "access to the vault": accessSpec({ accountId: ACCOUNTS.vault }),
  "the vault": vaultSpec(),
  "a member": memberSpec(),
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
  return firstPreviewOf(recording, stampName(spec.kind, spec.accountId), spec.accountId);
}

/**
 * Rules about types that no program of Strongroom makes: it keeps the secrets of others and makes none, and its roles
 * need no grants of public access. Named here, so that a rule that is off by mistake is not taken for one of them.
 */
const WITHOUT_SUBJECT = new Set([
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
]);

/** Advice that a program does not follow, by the name of its spec, each with the reason. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // A key of one Region cannot become a multi-Region key, so a member that gets a second Region later needs it now.
  "a member of one Region that keeps every secret": ["kms-multi-region-wanted"],
};

describe("the programs of Strongroom", () => {
  for (const [name, spec] of Object.entries(SPECS)) {
    it(`break no rule and leave none undetermined at the first preview of ${name}`, async () => {
      const stack = new Stack(await previewOf(spec));
      const found = RULES.flatMap((rule) => judge(rule, stack)).flatMap((verdict) =>
        verdict.verdict === "pass" || KNOWN[name]?.includes(verdict.rule.id) === true
          ? []
          : [`${verdict.rule.id}: ${verdict.message}`],
      );
      expect(found).to.deep.equal([]);
    });
  }

  it("follow all advice but the named", async () => {
    for (const [name, rules] of Object.entries(KNOWN)) {
      const spec = SPECS[name];
      if (spec === undefined) throw new Error(`no spec ${name}`);
      const stack = new Stack(await previewOf(spec));
      for (const id of rules) {
        const rule = RULES.find((one) => one.id === id);
        expect(rule?.level, id).to.equal("advisory");
        const found = rule === undefined ? [] : judge(rule, stack);
        expect(found.map(({ verdict }) => verdict)).to.include("fail");
      }
    }
  });

  it("give every mandatory rule something to judge", async () => {
    const stacks = await previewsOfAll();
    const idle = RULES.filter(
      (rule) =>
        rule.level === "mandatory" && !stacks.some((stack) => judge(rule, stack).length > 0),
    ).map(({ id }) => id);
    expect(idle.sort()).to.deep.equal([...WITHOUT_SUBJECT].sort());
  });
});

async function previewsOfAll(): Promise<Stack[]> {
  const stacks: Stack[] = [];
  // One after the other: the recorder's mocks are global to Pulumi's runtime.
  for (const spec of Object.values(SPECS)) stacks.push(new Stack(await previewOf(spec)));
  return stacks;
}
