import { expect } from "chai";

import { expandAction, findAction, SERVICE_PREFIXES } from "../../../policies/iam/action-table";

describe("the table of IAM's actions", () => {
  it("knows the ARN of every sort of resource that an action works on", () => {
    const without = SERVICE_PREFIXES.flatMap((service) => expandAction(`${service}:*`)).filter(
      ({ resourceTypes }) =>
        resourceTypes.some(
          ({ arns }) => arns.length === 0 || !arns.every((arn) => arn.startsWith("arn:")),
        ),
    );
    expect(without.map(({ name }) => name)).to.deep.equal([]);
  });

  it("reads sorts of resources whose names have blanks", () => {
    const types = (name: string) => findAction(name)?.resourceTypes.map(({ name: type }) => type);
    expect(types("lambda:DeleteEventSourceMapping")).to.deep.equal(["eventSourceMapping"]);
    expect(types("lambda:InvokeFunction")).to.include("function");
  });
});
