import { expect } from "chai";

import { sharedAnswers } from "../../../../server/runs/shared-answers";

/** Questions that are answered when the test says so. */
class Questions {
  readonly open: ((answer: string) => void)[] = [];
  readonly ask = () => new Promise<string>((resolve) => this.open.push(resolve));
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("Those who ask the same at the same time", () => {
  it("share an answer that was asked for after each of them had asked", async () => {
    const questions = new Questions();
    const share = sharedAnswers<string>();
    const first = share("run", questions.ask);
    const later = Array.from({ length: 200 }, () => share("run", questions.ask));
    expect(questions.open).to.have.length(1);
    questions.open[0]!("old");
    await turn();
    expect(questions.open).to.have.length(2);
    // Came while the second question was under way: shares the third.
    const last = share("run", questions.ask);
    questions.open[1]!("new");
    await turn();
    questions.open[2]!("newest");
    expect(await first).to.equal("old");
    expect(new Set(await Promise.all(later))).to.deep.equal(new Set(["new"]));
    expect(await last).to.equal("newest");
    await turn();
    expect(questions.open).to.have.length(3);
    void share("run", questions.ask);
    expect(questions.open).to.have.length(4);
  });

  it("do not wait for those who ask something else", () => {
    const questions = new Questions();
    const share = sharedAnswers<string>();
    void share("a", questions.ask);
    void share("b", questions.ask);
    expect(questions.open).to.have.length(2);
  });

  it("share a failure, and ask again after it", async () => {
    const share = sharedAnswers<string>();
    const fails = () => Promise.reject(new Error("gone"));
    const ends = await Promise.allSettled([share("a", fails), share("a", fails)]);
    expect(ends.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await share("a", () => Promise.resolve("there"))).to.equal("there");
  });
});
