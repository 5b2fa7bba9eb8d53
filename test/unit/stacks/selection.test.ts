import { expect } from "chai";

import { selectAccounts, type Selection } from "../../../stacks/selection";
import {
  account,
  DELEGATED,
  edited,
  exampleFleet,
  fleetOf,
  MANAGEMENT,
  organization,
  smallFleet,
  VAULT,
} from "./fixtures";
import { thrown } from "./thrown";

const PROD = "200000000001";
const reasons = ({ skipped }: Selection) =>
  Object.fromEntries(skipped.map(({ account: { id }, cause, reason }) => [id, [cause, reason]]));
const kindsOf = ({ selected }: Selection, id: string) =>
  selected.find((entry) => entry.account.id === id)?.kinds;

describe("The selection of accounts", () => {
  it("gives a reason for every account that it leaves out", () => {
    const selection = selectAccounts(
      exampleFleet(),
      organization([
        account("200000000001", "workloads/prod", { status: "SUSPENDED" }),
        account("200000000002", "workloads/sandbox/team"),
        account("200000000003", "workloads/prod", { tags: { strongroom: "leave" } }),
        account("200000000004", "labs"),
        account("200000000005", "labs", { tags: { strongroom: "keep" } }),
      ]),
    );
    expect(reasons(selection)).to.deep.equal({
      [MANAGEMENT]: [
        "management",
        `It is the management account; name "${MANAGEMENT}" under selection.include.accounts to include it.`,
      ],
      "200000000001": ["not-active", "The account is SUSPENDED; AWS lets nobody in."],
      "200000000002": [
        "excluded",
        "selection.exclude leaves it out by the organizational unit workloads/sandbox.",
      ],
      "200000000003": ["excluded", "selection.exclude leaves it out by the tag strongroom=leave."],
      "200000000004": ["not-included", "Nothing under selection.include matches it."],
    });
    expect(
      selection.selected.map(({ account: { id }, environment, reason }) => [
        id,
        environment?.name,
        reason,
      ]),
    ).to.deep.equal([
      [DELEGATED, "shared", "selection.include takes it in by its id; environment shared."],
      [
        VAULT,
        "shared",
        "selection.include takes it in by the organizational unit security; environment shared.",
      ],
      [
        "200000000005",
        "shared",
        "selection.include takes it in by the tag strongroom=keep; environment shared.",
      ],
    ]);
  });

  it("leaves out an account without environment unless there is one for the others", () => {
    const fleet = fleetOf(
      edited([
        "      all: true\n    regions",
        "      organizationalUnits: [workloads/dev]\n    regions",
      ]),
    );
    expect(reasons(selectAccounts(fleet, organization([])))[DELEGATED]).to.deep.equal([
      "no-environment",
      "It matches no environment; add a match to one, or name one under defaults.environment.",
    ]);
  });

  it("includes the management account by its id only", () => {
    const fleet = fleetOf(
      edited(["    all: true\nenv", `    all: true\n    accounts: ["${MANAGEMENT}"]\nenv`]),
    );
    expect(kindsOf(selectAccounts(fleet, organization([])), MANAGEMENT)).to.deep.equal([
      "access",
      "member",
    ]);
  });

  it("gives the vault account its vault even where its own secrets are not kept", () => {
    const fleet = fleetOf(
      edited(["    all: true\nenv", `    all: true\n  exclude: { accounts: ["${VAULT}"] }\nenv`]),
    );
    const selection = selectAccounts(fleet, organization([]));
    expect(kindsOf(selection, VAULT)).to.deep.equal(["access", "vault"]);
    expect(kindsOf(selectAccounts(smallFleet(), organization([])), VAULT)).to.deep.equal([
      "access",
      "vault",
      "member",
    ]);
  });

  it("compares units name by name, and knows ids", () => {
    const accounts = [
      account("200000000001", "workloads/prod"),
      account("200000000002", "workloads/production"),
      account("200000000003", "workloads/prod/eu/deep"),
      account("200000000004", "prod"),
    ];
    const include = (unit: string) =>
      selectAccounts(
        fleetOf(edited(["    all: true\nenv", `    organizationalUnits: [${unit}]\nenv`])),
        organization(accounts),
      )
        .selected.map(({ account: { id } }) => id)
        .filter((id) => id !== VAULT);
    expect(include("workloads/prod")).to.deep.equal(["200000000001", "200000000003"]);
    expect(include("workloads")).to.deep.equal(["200000000001", "200000000002", "200000000003"]);
    expect(include(accounts[0]!.organizationalUnitIds[1]!)).to.deep.equal([
      "200000000001",
      "200000000003",
    ]);
  });

  it("needs all tags of one set", () => {
    const accounts = [
      account("200000000001", "a", { tags: { x: "1" } }),
      account("200000000002", "a", { tags: { x: "1", y: "2" } }),
      account("200000000003", "a", { tags: { z: "3" } }),
      account("200000000004", "a", { tags: { constructor: "no" } }),
    ];
    const fleet = fleetOf(
      edited(["    all: true\nenv", '    tags: [{ x: "1", y: "2" }, { z: "3" }]\nenv']),
    );
    expect(
      selectAccounts(fleet, organization(accounts)).selected.map(({ account: { id } }) => id),
    ).to.deep.equal([VAULT, "200000000002", "200000000003"]);
  });

  it("refuses another organization and another management account", () => {
    const other = thrown(() =>
      selectAccounts(smallFleet(), { ...organization([]), id: "o-somebodyelse" }),
    );
    expect(other.code).to.equal("ORG_MISMATCH");
    expect(other.message).to.equal(
      "The credentials belong to the organization o-somebodyelse; the fleet file is for o-strongroom01.",
    );
    expect(
      thrown(() =>
        selectAccounts(exampleFleet(), { ...organization([]), managementAccountId: PROD }),
      ).code,
    ).to.equal("ORG_MISMATCH");
  });

  it("refuses every id that the organization does not have, with its place", () => {
    const fleet = fleetOf(
      edited(
        [
          "    all: true\nenv",
          '    accounts: ["999999999991"]\n  exclude: { accounts: ["100000000002", "999999999992"] }\nenv',
        ],
        ["      organizationalUnits: [workloads/prod]", '      accounts: ["999999999993"]'],
        [
          "version: 1\n",
          'version: 1\nwaves: [{ name: a, match: { accounts: ["999999999994"] } }]\n',
        ],
        [`"${VAULT}"`, '"999999999995"'],
      ),
    );
    const error = thrown(() => selectAccounts(fleet, organization([])));
    expect(error.code).to.equal("PLAN_UNKNOWN_ACCOUNT");
    expect(error.problems).to.deep.equal(
      [
        ["/selection/include/accounts/0", "999999999991"],
        ["/selection/exclude/accounts/1", "999999999992"],
        ["/environments/prod/match/accounts/0", "999999999993"],
        ["/waves/0/match/accounts/0", "999999999994"],
        ["/vault/account", "999999999995"],
      ].map(([pointer, id]) => ({
        pointer,
        message: `there is no account ${id} in the organization`,
      })),
    );
  });

  it("refuses a vault that cannot be one", () => {
    const closed = { ...organization([]) };
    closed.accounts = closed.accounts.map((entry) =>
      entry.id === VAULT ? { ...entry, status: "SUSPENDED" } : entry,
    );
    expect(thrown(() => selectAccounts(smallFleet(), closed)).problems[0]!.message).to.equal(
      `the vault account ${VAULT} is SUSPENDED`,
    );
    const fleet = fleetOf(edited([`"${VAULT}"`, `"${MANAGEMENT}"`]));
    expect(thrown(() => selectAccounts(fleet, organization([]))).problems[0]!.message).to.match(
      /is the management account/,
    );
  });

  it("refuses a way to the bootstrap roles that does not lead through the management account", () => {
    const fleet = fleetOf(
      edited([
        "vault:",
        `access: { through: { role: "arn:aws:iam::${DELEGATED}:role/x" } }\nvault:`,
      ]),
    );
    expect(thrown(() => selectAccounts(fleet, organization([]))).problems[0]!.pointer).to.equal(
      "/access/through/role",
    );
  });

  it("warns of units in which nobody is", () => {
    const fleet = fleetOf(
      edited([
        "    all: true\nenv",
        "    all: true\n  exclude: { organizationalUnits: [workloads/sandbx] }\nenv",
      ]),
    );
    expect(
      selectAccounts(
        fleet,
        organization([account(PROD), account("200000000002", "workloads/sandbox")]),
      ).warnings,
    ).to.deep.equal([
      "/selection/exclude: no account is in the organizational unit workloads/sandbx (did you mean workloads/sandbox?)",
    ]);
  });
});
