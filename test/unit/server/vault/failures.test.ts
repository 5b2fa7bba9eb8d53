import { expect } from "chai";

import { FunctionError } from "../../../../lambdas/ports";
import { functionFailure, readFailure } from "../../../../server/vault/failures";

/** What Lambda's Node runtime answers for a handler that threw. */
const payloadOf = (error: Error): unknown => ({
  errorType: error.name,
  errorMessage: error.message,
  trace: (error.stack ?? "").split("\n"),
});

describe("A function of the vault that failed", () => {
  it("hands over the code and the words of its own errors", () => {
    const thrown = new FunctionError("MEMBER_UNREACHABLE", "The role cannot be assumed", false);
    expect(readFailure(payloadOf(thrown))).to.deep.equal({
      code: "MEMBER_UNREACHABLE",
      message: "The role cannot be assumed",
      retry: false,
    });
  });

  it("may be asked again where the failure passes by itself", () => {
    const busy = readFailure(payloadOf(new FunctionError("AWS_BUSY", "KMS is throttled", true)));
    expect(functionFailure("strongroom-sweep", busy)).to.include({
      code: "VAULT_BUSY",
      message: "strongroom-sweep: KMS is throttled (AWS_BUSY)",
    });
  });

  it("says that a plan has changed, so that nobody writes what nobody saw", () => {
    const changed = new FunctionError("RESTORE_PLAN_CHANGED", "another plan", false);
    const error = functionFailure("strongroom-restore", readFailure(payloadOf(changed)));
    expect(error.code).to.equal("RESTORE_PLAN_CHANGED");
    expect(error.action).to.contain("Plan the restore again");
  });

  it("tells nothing of a foreign text, which may hold anything", () => {
    const crash = readFailure(payloadOf(new TypeError("cannot read hunter2")));
    expect(JSON.stringify(crash)).to.not.contain("hunter2");
    expect(crash.code).to.equal("TypeError");
  });

  it("is known to have run out of time", () => {
    const late = readFailure({ errorMessage: "2026-11-24 Task timed out after 900.00 seconds" });
    expect(late).to.deep.include({ code: "FUNCTION_TIMEOUT", retry: true });
  });
});
