import { expect } from "chai";

import { AppError } from "../../../stacks/errors";

describe("Whatever is thrown", () => {
  it("stays what it is when it is one of our errors", () => {
    const error = new AppError("SPEC_ACCOUNT_ID", "no account id");
    expect(AppError.from(error)).to.equal(error);
  });

  it("says that the disk is full when a write found no space", () => {
    const error = AppError.from(Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC" }));
    expect(error.code).to.equal("ENGINE_DISK_FULL");
    expect(error.action).to.contain("Make space");
  });

  it("is a bug with its cause otherwise", () => {
    const cause = new TypeError("x is not a function");
    const error = AppError.from(cause);
    expect(error).to.include({ code: "BUG_UNEXPECTED", message: "x is not a function", cause });
    expect(AppError.from("text").message).to.equal("text");
  });
});
