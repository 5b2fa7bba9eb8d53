import { expect } from "chai";

import type { AccessChange } from "../../../../policies/access-changes";
import { accessOf } from "../../../../server/report/access";

const [OWN, OTHER] = ["111122223333", "444455556666"] as const;
const decrypts = (more: Partial<AccessChange>): AccessChange => ({
  change: "gains",
  who: 'Role "app"',
  actions: ["kms:Decrypt"],
  resources: ["arn:aws:kms:eu-central-1:111122223333:key/1a2b"],
  except: [],
  conditions: ["aws:sourceip"],
  ...more,
});
const told = (...access: AccessChange[]) =>
  accessOf([{ accountId: OWN, access }], () => undefined).map(
    ({ change, sentence }) => `${change}: ${sentence}`,
  );

describe("access in a report", () => {
  it("is told once, as under another condition, where only the values of a condition differ", () => {
    expect(told(decrypts({}), decrypts({ change: "loses" }))).to.deep.equal([
      'alters: role "app" may still decrypt with key 1a2b (under another condition on aws:sourceip)',
    ]);
  });

  it("stays gained or lost in what only one of the sides has", () => {
    const sides = [
      decrypts({ actions: ["kms:Decrypt", "kms:Encrypt"] }),
      decrypts({ change: "loses", actions: ["kms:CreateGrant", "kms:Decrypt"] }),
    ];
    expect(told(...sides)).to.deep.equal([
      'gains: role "app" may now encrypt with key 1a2b (under conditions on aws:sourceip)',
      'alters: role "app" may still decrypt with key 1a2b (under another condition on aws:sourceip)',
      'loses: role "app" may no longer make grants for key 1a2b (under conditions on aws:sourceip)',
    ]);
  });

  for (const [what, more] of [
    ["identity", { who: 'Role "other"' }],
    ["resource", { resources: ["arn:aws:kms:eu-central-1:111122223333:key/9z"] }],
    ["key of a condition", { conditions: ["aws:principalorgid"] }],
    ["condition at all", { conditions: [] }],
  ] as const) {
    it(`is not folded where the ${what} differs`, () => {
      expect(told(decrypts({}), decrypts({ change: "loses", ...more }))).to.have.length(2);
    });
  }

  it("is not folded without a condition, nor between accounts", () => {
    const [gains, loses] = [decrypts({}), decrypts({ change: "loses" })];
    const open = { through: 'Key "k"', resources: [], conditions: [] };
    expect(told({ ...gains, ...open }, { ...loses, ...open })).to.have.length(2);
    const apart = accessOf(
      [
        { accountId: OWN, access: [gains] },
        { accountId: OTHER, access: [loses] },
      ],
      () => undefined,
    );
    expect(apart.map(({ change }) => change)).to.deep.equal(["gains", "loses"]);
  });

  it("says that a bucket's policy may speak of other objects instead", () => {
    const bucket = { through: 'Bucket "b"', resources: [], actions: ["s3:GetObject"] };
    const [sentence] = told(decrypts(bucket), decrypts({ ...bucket, change: "loses" }));
    expect(sentence).to.contain('may still read bucket "b" (by its policy, under another');
    expect(sentence).to.contain("or for other objects of it");
  });
});
