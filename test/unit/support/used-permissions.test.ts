import { expect } from "chai";

import type { Decisions } from "../../../emulator/decisions";
import type { OneOrMany, PolicyDocument, Statement } from "../../../programs/iam/document";
import { roleArn } from "../../../stacks/naming";
import { ACCOUNTS } from "../../support/specs";
import { compare, type StampedRole } from "../../support/used-permissions";

const name = "strongroom-x";

const allow = (Sid: string, Action: OneOrMany): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource: "*",
});
const document = (...Statement: Statement[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement,
});
const role = (
  statements: readonly Statement[],
  boundary = document(allow("All", "*")),
): StampedRole => ({
  accountId: ACCOUNTS.vault,
  name,
  documents: [document(...statements)],
  boundary,
});
const used = (
  actions: Record<string, string[]>,
  accountId: string = ACCOUNTS.vault,
): Decisions => ({
  allowed: { [roleArn(accountId, name)]: actions },
  refused: {},
});
const reason = (sid: string, ...actions: string[]) => ({ role: name, sid, actions, because: "x" });

describe("the comparison of what roles may do with what they did", () => {
  const statement = allow("Queues", ["sqs:DeleteQueue", "sqs:TagQueue"]);
  const queues = role([statement]);

  it("names each permission that nobody used, with its statement", () => {
    const record = used({ "sqs:TagQueue": ["Queues"] });
    expect(compare([queues], [record], [])).to.deep.equal({
      unused: [`${name} Queues sqs:DeleteQueue`],
      reasonsForNothing: [],
    });
  });

  it("is content with a use in any of the records and with a written reason", () => {
    const records = [used({}), used({ "sqs:tagqueue": ["Queues"] })];
    expect(compare([queues], records, [reason("Queues", "sqs:DeleteQueue")])).to.deep.equal({
      unused: [],
      reasonsForNothing: [],
    });
  });

  it("does not take the use of one statement, or by another account's role, for that of another", () => {
    const records = [
      used({ "sqs:DeleteQueue": ["Others"] }),
      used({ "sqs:TagQueue": ["Queues"] }, ACCOUNTS.member),
    ];
    expect(compare([queues], records, []).unused).to.have.length(2);
  });

  it("names a reason for what was used and for what is not allowed", () => {
    const record = used({ "sqs:TagQueue": ["Queues"], "sqs:DeleteQueue": ["Queues"] });
    const reasons = [reason("Queues", "sqs:TagQueue", "sqs:CreateQueue")];
    expect(compare([queues], [record], reasons).reasonsForNothing).to.deep.equal([
      `${name} Queues sqs:CreateQueue`,
      `${name} Queues sqs:TagQueue`,
    ]);
  });

  it("counts every action that a pattern stands for, within the boundary", () => {
    const boundary = document(allow("Some", ["sqs:DeleteQueue", "sqs:DeleteMessage"]));
    const { unused } = compare([role([allow("Queues", "sqs:Delete*")], boundary)], [], []);
    expect(unused).to.deep.equal([
      `${name} Queues sqs:DeleteMessage`,
      `${name} Queues sqs:DeleteQueue`,
    ]);
  });

  it("leaves out what another statement denies", () => {
    const denial: Statement = {
      Sid: "No",
      Effect: "Deny",
      Action: "sqs:TagQueue",
      Resource: "*",
    };
    const { unused } = compare([role([statement, denial])], [], []);
    expect(unused).to.deep.equal([`${name} Queues sqs:DeleteQueue`]);
  });
});
