import { expect } from "chai";

import { readConfig } from "../../../server/config";
import { requireShared } from "../../../server/parts";
import { AppError } from "../../../stacks/errors";

function missing(environment: Record<string, string>, works: boolean): string[] {
  try {
    requireShared(readConfig(environment, "/work"), { works });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).to.equal("SPEC_SETTINGS");
    return error.problems.map(({ pointer }) => pointer ?? "");
  }
  return [];
}

describe("what processes on several hosts share", () => {
  const shared = { DATABASE_URL: "postgres://db/s", PULUMI_BACKEND_URL: "s3://states" };

  it("is refused as a whole where it is missing", () => {
    expect(missing({}, true)).to.deep.equal([
      "/DATABASE_URL",
      "/PULUMI_BACKEND_URL",
      "/STRONGROOM_PASSPHRASE_FILE",
    ]);
  });

  it("is the passphrase or a key for those that work, and not for a service without a worker", () => {
    expect(missing(shared, true)).to.deep.equal(["/STRONGROOM_PASSPHRASE_FILE"]);
    expect(missing({ ...shared, STRONGROOM_PASSPHRASE_FILE: "p" }, true)).to.deep.equal([]);
    expect(missing({ ...shared, STRONGROOM_SECRETS_PROVIDER: "awskms://k" }, true)).to.deep.equal(
      [],
    );
    expect(missing(shared, false)).to.deep.equal([]);
  });
});
