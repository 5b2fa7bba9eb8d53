import { expect } from "chai";

import { readInput } from "../../../programs/input";
import { AppError } from "../../../stacks/errors";
import { ACCOUNTS, connection, memberSpec } from "../../support/specs";

const STACK = `member-${ACCOUNTS.member}`;

function problemsOf(stack: string, spec: unknown, reach: unknown): string[] {
  try {
    readInput(stack, spec, reach);
  } catch (error) {
    if (error instanceof AppError && error.code === "SPEC_INVALID") {
      return error.problems.map(({ pointer, message }) => `${pointer ?? ""} ${message}`).sort();
    }
    throw error;
  }
  return [];
}

describe("the configuration of a stack", () => {
  it("is taken as it is when it is right", () => {
    const input = readInput(STACK, memberSpec(), connection());
    expect(input).to.deep.equal({ spec: memberSpec(), connection: connection() });
  });

  it("has all its mistakes reported at once, those of both objects", () => {
    const spec = {
      ...memberSpec(),
      rotationDays: 0,
      watchReads: "yes",
      regions: [],
      colour: "red",
      externalId: undefined,
    };
    expect(problemsOf(STACK, spec, { assumeRoles: [{ roleArn: "x" }] })).to.deep.equal([
      "/strongroom:connection/assumeRoles/0/durationSeconds is missing",
      '/strongroom:connection/assumeRoles/0/roleArn must match pattern "^arn:aws[a-z-]*:iam::\\d{12}:role/[\\w+=,.@/-]+$"',
      "/strongroom:connection/assumeRoles/0/sessionName is missing",
      "/strongroom:connection/s3UsePathStyle is missing",
      "/strongroom:spec/colour is not known",
      "/strongroom:spec/externalId is missing",
      "/strongroom:spec/regions must NOT have fewer than 1 items",
      "/strongroom:spec/rotationDays must be >= 1",
      "/strongroom:spec/watchReads must be boolean",
    ]);
  });

  it("must be of the kind and the account that the stack is named after", () => {
    expect(problemsOf(`access-${ACCOUNTS.vault}`, memberSpec(), connection())).to.deep.equal([
      `/strongroom:spec/accountId is "${ACCOUNTS.member}", but the stack is access-${ACCOUNTS.vault}`,
      `/strongroom:spec/kind is "member", but the stack is access-${ACCOUNTS.vault}`,
    ]);
  });

  it("needs a kind before anything else can be said", () => {
    expect(problemsOf(STACK, { kind: "castle" }, connection())).to.deep.equal([
      "/strongroom:spec/kind must be one of access, vault, member",
    ]);
  });

  it("is not read for a stack that is no stamp", () => {
    expect(() => readInput("dev", memberSpec(), connection()))
      .to.throw(AppError)
      .with.property("code", "SPEC_STAMP_NAME");
  });

  it("takes no prefix that IAM would widen", () => {
    const spec = memberSpec({ secrets: { namePrefixes: ["prod/*"], tags: {} } });
    expect(problemsOf(STACK, spec, connection())).to.have.lengthOf(1);
  });
});
