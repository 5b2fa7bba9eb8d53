import { expect } from "chai";

import { asKnown, compareAccounts, consequenceOf } from "../../../stacks/membership";
import { selectAccounts } from "../../../stacks/selection";
import { account, organization, smallFleet } from "./fixtures";

const [A, B] = ["111111111111", "222222222222"] as const;
const member = `member-${A}` as const;
/** What accounts did from one list to the next; those of the organization itself are in both. */
const compared = (before: Parameters<typeof organization>[0], now: typeof before) =>
  compareAccounts(organization(before).accounts.map(asKnown), organization(now)).map(
    ({ account: { id }, change, from, to }) => [id, change, from, to],
  );

describe("what accounts did between two lists", () => {
  it("is nothing where nothing that counts is different", () => {
    const renamed = account(A, "workloads/prod", { name: "another", tags: { a: "b" } });
    expect(compared([account(A)], [renamed])).to.deep.equal([]);
  });

  it("is to join and to leave", () => {
    expect(compared([account(A)], [account(B)])).to.deep.equal([
      [B, "joined", undefined, "workloads/prod"],
      [A, "left", "workloads/prod", undefined],
    ]);
  });

  it("is to return, once, for one that had left", () => {
    const gone = { ...asKnown(account(A)), present: false };
    const known = [...organization([]).accounts.map(asKnown), gone];
    expect(compareAccounts(known, organization([])).length).to.equal(0);
    expect(compareAccounts(known, organization([account(A)]))[0]).to.include({
      change: "returned",
    });
  });

  it("is to be suspended, whatever the state is called, and to be active again", () => {
    const closing = account(A, "workloads/prod", { status: "PENDING_CLOSURE" });
    const suspended = account(A, "workloads/prod", { status: "SUSPENDED" });
    expect(compared([account(A)], [closing])).to.deep.equal([
      [A, "suspended", "ACTIVE", "PENDING_CLOSURE"],
    ]);
    expect(compared([closing], [suspended])).to.deep.equal([]);
    expect(compared([suspended], [account(A)])).to.deep.equal([
      [A, "reactivated", "SUSPENDED", "ACTIVE"],
    ]);
  });

  it("is to move to another unit, but not to be in one that has another name now", () => {
    const before = account(A, "workloads/dev");
    expect(compared([before], [account(A)])).to.deep.equal([
      [A, "moved", "workloads/dev", "workloads/prod"],
    ]);
    const { organizationalUnitIds } = before;
    const renamed = account(A, "workloads/development", { organizationalUnitIds });
    expect(compared([before], [renamed])).to.deep.equal([]);
  });
});

describe("what follows from what an account did", () => {
  const follows = (
    of: ReturnType<typeof account>,
    stamped: readonly `member-${string}`[],
    present = true,
  ) => {
    const { selected, skipped } = selectAccounts(smallFleet(), organization([of]));
    return consequenceOf(
      { ...asKnown(of), present },
      selected.find((entry) => entry.account.id === of.id),
      skipped.find((entry) => entry.account.id === of.id)?.reason,
      stamped,
    );
  };
  const suspended = account(A, "workloads/prod", { status: "SUSPENDED" });

  it("is to be stamped where the fleet file selects it, stamped before or not", () => {
    expect(follows(account(A), [])).to.deep.equal({ kind: "onboard" });
    expect(follows(account(A), [member])).to.deep.equal({ kind: "onboard" });
  });

  it("is to be retired, with the reason, where the file leaves it out and it is stamped", () => {
    const fleetless = consequenceOf(asKnown(account(A)), undefined, "It is excluded.", [member]);
    expect(fleetless).to.deep.equal({
      kind: "retire",
      stamps: [member],
      reason: "It is excluded.",
    });
    expect(consequenceOf(asKnown(account(A)), undefined, "It is excluded.", [])).to.deep.equal({
      kind: "none",
    });
  });

  it("is that all stays where nobody can get in", () => {
    expect(follows(suspended, [member])).to.deep.include({ kind: "keep" });
    expect(follows(account(A), [member], false)).to.deep.include({ kind: "keep" });
    expect(follows(suspended, [])).to.deep.equal({ kind: "none" });
  });
});
