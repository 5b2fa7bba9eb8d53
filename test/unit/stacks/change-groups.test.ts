import { expect } from "chai";
import fc from "fast-check";

import { type Change, groupByEqualChange } from "../../../stacks/change-groups";

const change = (
  name: string,
  operation: Change["operation"] = "create",
  ...properties: string[]
): Change => ({
  type: "aws:iam/role:Role",
  name,
  operation,
  properties,
});

describe("accounts by equal change", () => {
  it("are together where only their own ids differ, in whatever order the changes came", () => {
    const groups = groupByEqualChange([
      {
        accountId: "111111111111",
        changes: [change("a-111111111111"), change("b", "update", "x", "y")],
      },
      {
        accountId: "222222222222",
        changes: [change("b", "update", "y", "x"), change("a-222222222222")],
      },
      { accountId: "333333333333", changes: [change("a-111111111111")] },
    ]);
    expect(groups.map(({ accountIds }) => accountIds)).to.deep.equal([
      ["111111111111", "222222222222"],
      ["333333333333"],
    ]);
    expect(groups[0]?.changes.map(({ name }) => name)).to.deep.equal(["a-<account>", "b"]);
  });

  it("are apart where operation, type, name or a property differs", () => {
    const variants = [
      [change("a")],
      [change("a", "delete")],
      [change("b")],
      [change("a", "create", "p")],
    ];
    const groups = groupByEqualChange(
      variants.map((changes, index) => ({ accountId: `00000000000${index}`, changes })),
    );
    expect(groups).to.have.length(4);
    expect(new Set(groups.map(({ digest }) => digest)).size).to.equal(4);
  });

  it("leave out accounts in which nothing changes, and count every other one once", () => {
    const changes = fc.array(fc.constantFrom(change("a"), change("b"), change("a", "delete")), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 20 }), (list) => {
        const accounts = list.map((own, index) => ({
          accountId: String(100_000_000_000 + index),
          changes: own,
        }));
        const grouped = groupByEqualChange(accounts).flatMap(({ accountIds }) => accountIds);
        const changing = accounts.filter(({ changes: own }) => own.length > 0);
        expect(grouped.toSorted()).to.deep.equal(changing.map(({ accountId }) => accountId));
      }),
    );
  });
});
