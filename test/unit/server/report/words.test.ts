import { expect } from "chai";

import type { AccessChange } from "../../../../policies/access-changes";
import { accessSentences } from "../../../../server/report/words";

const [OWN, OTHER] = ["111122223333", "444455556666"] as const;
const nameOf = (id: string) => ({ [OWN]: "shop", [OTHER]: "billing" })[id];
const letsIn = (who: string): readonly string[] => {
  const change: AccessChange = {
    change: "gains",
    who,
    through: 'Key "k"',
    actions: ["kms:Decrypt"],
    resources: [],
    except: [],
    conditions: [],
  };
  return accessSentences(change, OWN, nameOf);
};

describe("a change of access in words", () => {
  it("names another account, and never the own one, so that equal changes of accounts are equal", () => {
    const [own] = letsIn(`arn:aws:iam::${OWN}:root`);
    expect(own).to.equal(
      'everybody of the account itself may now decrypt with key "k" (by its policy)',
    );
    expect(letsIn(OWN)).to.deep.equal([own]);
    expect(letsIn(`arn:aws:iam::${OTHER}:root`)).to.deep.equal([
      `account billing (${OTHER}) may now decrypt with key "k" (by its policy)`,
    ]);
  });
});
