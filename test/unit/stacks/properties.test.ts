import { expect } from "chai";
import fc from "fast-check";

import type { Account, Organization } from "../../../stacks/accounts";
import { matching } from "../../../stacks/criteria";
import { canonicalJson, digest } from "../../../stacks/digest";
import { STACK_KINDS } from "../../../stacks/kinds";
import { isAccountId, parseStampName, stampName } from "../../../stacks/naming";
import { planRun } from "../../../stacks/plan";
import { environmentOf, selectAccounts } from "../../../stacks/selection";
import { specFor, specsFor } from "../../../stacks/specs";
import {
  account,
  exampleFleet,
  exampleText,
  fleetOf,
  organization,
  smallFleet,
  VAULT,
} from "./fixtures";

const accountId = fc.integer({ min: 0, max: 999_999 }).map((n) => String(500_000_000_000 + n));
const units = fc.constantFrom(
  "",
  "workloads",
  "workloads/prod",
  "workloads/prod/eu",
  "workloads/dev",
  "workloads/sandbox",
  "workloads/sandbox/x",
  "security",
  "labs",
);
const anyAccount: fc.Arbitrary<Account> = fc
  .record({
    id: accountId,
    unit: units,
    status: fc.constantFrom("ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE"),
    tags: fc.dictionary(
      fc.constantFrom("strongroom", "stage"),
      fc.constantFrom("keep", "leave", "dev"),
      { maxKeys: 2 },
    ),
  })
  .map(({ id, unit, status, tags }) => account(id, unit, { status, tags }));
const anyOrganization: fc.Arbitrary<Organization> = fc
  .uniqueArray(anyAccount, { selector: ({ id }) => id, maxLength: 25 })
  .map(organization);

const fleets = [
  exampleFleet(),
  smallFleet(),
  fleetOf(
    exampleText
      .replace("  environment: shared\n", "")
      .replace("    match: {}", "    match: { organizationalUnits: [labs] }"),
  ),
];
const anyFleet = fc.constantFrom(...fleets);

describe("For every organization", () => {
  it("each account is selected or skipped, once", () => {
    fc.assert(
      fc.property(anyFleet, anyOrganization, (fleet, org) => {
        const { selected, skipped } = selectAccounts(fleet, org);
        const ids = [...selected, ...skipped].map((entry) => entry.account.id).sort();
        expect(ids).to.deep.equal(org.accounts.map(({ id }) => id).sort());
      }),
    );
  });

  it("exclusion wins, and a closed account gets nothing", () => {
    fc.assert(
      fc.property(anyFleet, anyOrganization, (fleet, org) => {
        for (const {
          account: { id, status },
          kinds,
        } of selectAccounts(fleet, org).selected) {
          const excluded = matching(
            org.accounts.find((entry) => entry.id === id)!,
            fleet.selection.exclude,
          );
          if (excluded !== undefined) expect(kinds).to.not.include("member");
          if (excluded !== undefined && id !== VAULT) expect.fail(`${id} is excluded`);
          expect(status).to.equal("ACTIVE");
        }
      }),
    );
  });

  it("no stamp comes before what it depends on, either way", () => {
    fc.assert(
      fc.property(
        anyFleet,
        anyOrganization,
        fc.constantFrom("build", "take-down"),
        (fleet, org, direction) => {
          const done = new Set<string>();
          for (const { stamps } of planRun(fleet, org, {}, direction).waves) {
            for (const { stamp, dependsOn } of stamps) {
              for (const needed of dependsOn)
                expect(done, `${stamp} needs ${needed}`).to.include(needed);
              expect(done).to.not.include(stamp);
              done.add(stamp);
            }
          }
          expect([...done].sort()).to.deep.equal([...specsFor(fleet, org).keys()].sort());
        },
      ),
    );
  });

  it("plan and specs do not depend on the order in which discovery met the accounts", () => {
    fc.assert(
      fc.property(
        anyFleet,
        anyOrganization.chain((org) =>
          fc.tuple(
            fc.constant(org),
            fc.shuffledSubarray([...org.accounts], { minLength: org.accounts.length }),
          ),
        ),
        (fleet, [org, accounts]) => {
          const shuffled = { ...org, accounts };
          expect(planRun(fleet, shuffled)).to.deep.equal(planRun(fleet, org));
          expect([...specsFor(fleet, shuffled)]).to.deep.equal([...specsFor(fleet, org)]);
        },
      ),
    );
  });

  it("an account that joins gets its environment's settings and changes nobody else's", () => {
    fc.assert(
      fc.property(anyFleet, anyOrganization, anyAccount, (fleet, org, newcomer) => {
        fc.pre(org.accounts.every(({ id }) => id !== newcomer.id));
        const before = specsFor(fleet, org);
        const later = { ...org, accounts: [...org.accounts, newcomer] };
        const after = specsFor(fleet, later);
        for (const [stamp, spec] of before) expect(after.get(stamp)).to.deep.equal(spec);
        const member = after.get(stampName("member", newcomer.id));
        if (member === undefined) return;
        const environment = environmentOf(fleet, newcomer)!;
        expect(member).to.deep.include({
          environment: environment.name,
          regions: environment.regions,
          rotationDays: environment.rotationDays,
        });
        expect(specFor(fleet, later, stampName("member", newcomer.id))).to.deep.equal(member);
      }),
    );
  });

  it("a newcomer moves at most one account from one wave to another", () => {
    fc.assert(
      fc.property(anyOrganization, anyAccount, (org, newcomer) => {
        fc.pre(org.accounts.every(({ id }) => id !== newcomer.id));
        const fleet = exampleFleet();
        const waves = (accounts: readonly Account[]) =>
          new Map(
            planRun(fleet, { ...org, accounts }).accounts.map(({ accountId: id, wave }) => [
              id,
              wave,
            ]),
          );
        const before = waves(org.accounts);
        const after = waves([...org.accounts, newcomer]);
        expect([...before].filter(([id, wave]) => after.get(id) !== wave)).to.have.length.at.most(
          1,
        );
      }),
    );
  });
});

describe("Names and digests", () => {
  it("take a stamp's name apart into what it was made of", () => {
    fc.assert(
      fc.property(fc.constantFrom(...STACK_KINDS), fc.stringMatching(/^\d{12}$/), (kind, id) => {
        expect(parseStampName(stampName(kind, id))).to.deep.equal({ kind, accountId: id });
      }),
    );
  });

  it("refuse every other text as a stamp's name", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^(access|vault|member|org)-\d{0,13}$/)),
        (text) => {
          const [kind, id, ...more] = text.split("-");
          fc.pre(
            !(
              (STACK_KINDS as readonly string[]).includes(kind ?? "") &&
              isAccountId(id ?? "") &&
              more.length === 0
            ),
          );
          expect(() => parseStampName(text))
            .to.throw()
            .with.property("code", "SPEC_STAMP_NAME");
        },
      ),
    );
  });

  it("spell a value one way, whatever the order of its keys, and read back the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shuffled = (item: unknown): unknown =>
          Array.isArray(item)
            ? item.map(shuffled)
            : typeof item === "object" && item !== null
              ? Object.fromEntries(
                  Object.entries(item)
                    .reverse()
                    .map(([key, inner]) => [key, shuffled(inner)]),
                )
              : item;
        expect(canonicalJson(shuffled(value))).to.equal(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(canonicalJson({ b: [1, { d: null, c: "ü" }], a: undefined, A: true })).to.equal(
      '{"A":true,"b":[1,{"c":"ü","d":null}]}',
    );
  });

  it("refuse what JSON would lose", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    for (const value of [
      undefined,
      NaN,
      Infinity,
      () => 1,
      1n,
      new Date(0),
      new Map(),
      [undefined],
      cycle,
    ]) {
      expect(() => canonicalJson(value)).to.throw(TypeError);
    }
    const twice = { a: 1 };
    expect(canonicalJson([twice, twice])).to.equal('[{"a":1},{"a":1}]');
    expect(digest({})).to.equal("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });
});
