import { expect } from "chai";

import { callsBetween, runTimes } from "../../../bench/function-work";

describe("What a function did", () => {
  it("is what its role called, and what the members' roles called that it had taken", () => {
    const role = "arn:aws:sts::333344445555:assumed-role/strongroom-backup/strongroom-backup";
    const reader = "arn:aws:sts::600000000001:assumed-role/strongroom-reader/strongroom-backup";
    const sweeper = "arn:aws:sts::600000000001:assumed-role/strongroom-reader/strongroom-sweep";
    const before = { [role]: { "s3:PutObject": 5 } };
    const after = {
      [role]: { "s3:PutObject": 9, "kms:GenerateMac": 2 },
      [reader]: { "secretsmanager:GetSecretValue": 3 },
      [sweeper]: { "secretsmanager:ListSecrets": 1 },
    };
    expect(callsBetween(before, after, "backup")).to.deep.equal({
      "s3:PutObject": 4,
      "kms:GenerateMac": 2,
      "secretsmanager:GetSecretValue": 3,
    });
    expect(callsBetween(before, after, "sweep")).to.deep.equal({ "secretsmanager:ListSecrets": 1 });
    expect(callsBetween(after, after, "backup")).to.deep.equal({});
  });

  it("took the times that Lambda writes at the end of each run, and no other numbers of its log", () => {
    const lines = [
      "START RequestId: 1 Version: $LATEST",
      '{"message":"REPORT Billed Duration: 9 ms"}',
      "REPORT RequestId: 1\tDuration: 12.4 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB",
      "REPORT RequestId: 2\tDuration: 7 ms\tBilled Duration: 7 ms\tMemory Size: 512 MB",
    ];
    expect(runTimes(lines)).to.deep.equal([13, 7]);
  });
});
