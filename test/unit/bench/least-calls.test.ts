import { expect } from "chai";

import { leastBackup, leastRestore, leastSweep, sumOf } from "../../../bench/least-calls";

describe("The least calls that the APIs allow", () => {
  it("are eight for a secret with one version, and four more for each further version", () => {
    expect(sumOf(leastBackup(1))).to.equal(8);
    expect(sumOf(leastBackup(3)) - sumOf(leastBackup(2))).to.equal(4);
  });

  it("grow with the pages and batches of a sweep, not with its secrets", () => {
    expect(leastSweep(1, 100, 1000, 0)).to.include({
      "secretsmanager:ListSecrets": 1,
      "s3:ListBucket": 1,
      "sqs:SendMessage": 0,
    });
    expect(leastSweep(2, 101, 1001, 11)).to.include({
      "secretsmanager:ListSecrets": 3,
      "s3:ListBucket": 2,
      "sqs:SendMessage": 2,
    });
    expect(leastSweep(1, 0, 0, 0)).to.include({
      "secretsmanager:ListSecrets": 1,
      "s3:ListBucket": 1,
    });
  });

  it("put each value twice when it is restored, because that proves it without reading it", () => {
    expect(leastRestore(2)).to.include({ "secretsmanager:PutSecretValue": 4, "kms:Decrypt": 2 });
  });
});
