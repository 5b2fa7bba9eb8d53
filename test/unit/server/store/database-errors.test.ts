import { expect } from "chai";

import { isTransient, storeError } from "../../../../server/store/database-errors";
import { NewerSchema } from "../../../../server/store/migrations";
import { AppError } from "../../../../stacks/errors";

const coded = (code: string): Error => Object.assign(new Error("x"), { code });

describe("the errors of the database", () => {
  it("say that it cannot be reached, whichever way that shows", () => {
    for (const code of ["ECONNREFUSED", "57P01", "57P03", "08006", "53300", "28P01", "3D000"]) {
      expect(storeError(coded(code)).code, code).to.equal("RUN_STORE");
    }
    const text = new Error("Connection terminated unexpectedly");
    expect(storeError(text).code).to.equal("RUN_STORE");
  });

  it("say that its disk is full", () => {
    const error = storeError(coded("53100"));
    expect([error.code, error.status]).to.deep.equal(["ENGINE_DISK_FULL", 503]);
    expect(storeError(coded("ENOSPC")).code).to.equal("ENGINE_DISK_FULL");
  });

  it("say that a newer version made it", () => {
    expect(storeError(new NewerSchema(9, 1)).message).to.contain("version 9");
  });

  it("pass on our own errors and call the rest bugs, without the statement's values", () => {
    const own = new AppError("STACK_BUSY", "busy");
    expect(storeError(own)).to.equal(own);
    const wrong = storeError(coded("42601"));
    expect([wrong.code, wrong.message]).to.deep.equal([
      "BUG_UNEXPECTED",
      "the database did not accept a statement",
    ]);
  });

  it("know what is worth another try", () => {
    expect(["40001", "40P01", "23505"].map((code) => isTransient(coded(code)))).to.deep.equal([
      true,
      true,
      false,
    ]);
  });
});
