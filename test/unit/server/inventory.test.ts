import { expect } from "chai";

import { seenTwice } from "../../../server/inventory/find-lost";
import type { LostSearch } from "../../../server/ports";

const SEARCH: LostSearch = { kind: "key", region: "eu-central-1", tags: {} };

describe("what an interrupted update may have left in an account", () => {
  const looks = async (...answers: readonly (readonly string[])[]) => {
    let asked = 0;
    let rests = 0;
    const find = seenTwice(
      () => Promise.resolve(answers[asked++] ?? []),
      () => Promise.resolve(rests++),
    );
    return { ids: await find(SEARCH), asked, rests };
  };

  it("is looked for again before it is said not to be there: new keys are not in every list at once", async () => {
    expect(await looks([], ["k"])).to.deep.equal({ ids: ["k"], asked: 2, rests: 1 });
    expect(await looks()).to.deep.equal({ ids: [], asked: 3, rests: 2 });
  });

  it("is taken at the first look that finds it", async () => {
    expect(await looks(["k"])).to.deep.equal({ ids: ["k"], asked: 1, rests: 0 });
  });
});
