import { expect } from "chai";

import { keyIn, readConfig } from "../../../lambdas/aws/config";
import { fromAws } from "../../../lambdas/aws/errors";
import { createLog } from "../../../lambdas/aws/log";
import { createMetrics } from "../../../lambdas/aws/metrics";
import { eachSettled } from "../../../stacks/at-once";
import { asFunctionError, retrySeconds } from "../../../lambdas/work/retry";
import { FakeClock } from "../../support/vault/fake-clock";

const KEY = "arn:aws:kms:eu-central-1:333344445555:key/mrk-0123456789abcdef";
const environment = {
  STRONGROOM_ORGANIZATION_ID: "o-abcdefghij",
  STRONGROOM_VAULT_ACCOUNT_ID: "333344445555",
  STRONGROOM_EXTERNAL_ID: "members-external-id-0001",
  STRONGROOM_PRIMARY_REGION: "eu-central-1",
  STRONGROOM_RECOVERY_REGION: "eu-west-1",
  STRONGROOM_BACKUP_BUCKET: "strongroom-backup",
  STRONGROOM_RECOVERY_BUCKET: "strongroom-backup-copy",
  STRONGROOM_BACKUP_KEY_ARN: KEY,
  STRONGROOM_DIGEST_KEY_ARN: KEY,
  STRONGROOM_WORK_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/333344445555/strongroom-work",
  STRONGROOM_SWEEP_QUEUE_URL:
    "https://sqs.eu-central-1.amazonaws.com/333344445555/strongroom-sweeps",
};

describe("a function's settings", () => {
  it("are read from the environment", () => {
    expect(readConfig(environment)).to.include({ backupKeyArn: KEY, s3PathStyle: false });
    expect(readConfig(environment)).not.to.have.property("endpoint");
    expect(
      readConfig({
        ...environment,
        STRONGROOM_S3_PATH_STYLE: "true",
        AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      }),
    ).to.include({ s3PathStyle: true, endpoint: "http://127.0.0.1:4566" });
  });

  it("are refused with every mistake at once", () => {
    const wrong = {
      ...environment,
      STRONGROOM_EXTERNAL_ID: undefined,
      STRONGROOM_BACKUP_KEY_ARN: "arn:aws:kms:eu-central-1:333344445555:key/not-multi-region",
    };
    expect(() => readConfig(wrong))
      .to.throw(/STRONGROOM_EXTERNAL_ID is not set; STRONGROOM_BACKUP_KEY_ARN does not match/)
      .with.property("code", "CONFIG_INVALID");
  });

  it("name a multi-Region key in the other Region", () => {
    expect(keyIn("eu-west-1", KEY)).to.equal(KEY.replace("eu-central-1", "eu-west-1"));
  });
});

describe("an error of AWS", () => {
  const aws = (name: string, more: object = {}) =>
    Object.assign(new Error("a text that may hold anything: hunter2"), { name, ...more });
  const cases: [string, unknown, string, boolean][] = [
    [
      "throttling",
      aws("ThrottlingException", { $metadata: { httpStatusCode: 400 } }),
      "AWS_BUSY",
      true,
    ],
    ["a busy bucket", aws("SlowDown", { $metadata: { httpStatusCode: 503 } }), "AWS_BUSY", true],
    ["any 5xx", aws("Whatever", { $metadata: { httpStatusCode: 500 } }), "AWS_BUSY", true],
    [
      "what the SDK calls retryable",
      aws("X", { $retryable: {}, $metadata: { httpStatusCode: 400 } }),
      "AWS_BUSY",
      true,
    ],
    ["a connection that failed", aws("Error", { code: "ECONNREFUSED" }), "AWS_UNREACHABLE", true],
    ["no answer at all", aws("TimeoutError"), "AWS_BUSY", true],
    [
      "a refusal",
      aws("AccessDeniedException", { $metadata: { httpStatusCode: 400 } }),
      "ACCESS_DENIED",
      false,
    ],
    [
      "a refusal of S3",
      aws("AccessDenied", { $metadata: { httpStatusCode: 403 } }),
      "ACCESS_DENIED",
      false,
    ],
    [
      "a key that is disabled",
      aws("DisabledException", { $metadata: { httpStatusCode: 400 } }),
      "KEY_DISABLED",
      false,
    ],
    [
      "a key that is to be deleted",
      aws("KMSInvalidStateException", { $metadata: { httpStatusCode: 400 } }),
      "KEY_NOT_USABLE",
      false,
    ],
    [
      "a bucket's key that is disabled",
      aws("KMS.DisabledException", { $metadata: { httpStatusCode: 400 } }),
      "KEY_DISABLED",
      false,
    ],
    [
      "a secret's key that is disabled",
      aws("DecryptionFailure", { $metadata: { httpStatusCode: 400 } }),
      "SECRET_KEY_NOT_USABLE",
      false,
    ],
    [
      "anything else",
      aws("InvalidParameterException", { $metadata: { httpStatusCode: 400 } }),
      "AWS_REFUSED",
      false,
    ],
  ];
  for (const [what, error, code, retry] of cases) {
    it(`says of ${what}: ${code}, ${retry ? "" : "not "}to be tried again`, () => {
      expect(fromAws("kms:Decrypt", KEY, error)).to.include({ code, retry });
    });
  }

  it("names the call and what it was about, and leaves AWS's own text out", () => {
    const error = aws("DisabledException", {
      $metadata: { httpStatusCode: 400, requestId: "r-1" },
    });
    const { message } = fromAws("kms:Decrypt", KEY, error);
    expect(message).to.equal(
      `kms:Decrypt on ${KEY} was answered with DisabledException (request r-1). Enable the key.`,
    );
  });

  it("that nobody foresaw is tried again, with nothing of its text handed on", () => {
    const error = asFunctionError(new TypeError("hunter2"));
    expect(error).to.include({ code: "INTERNAL", retry: true });
    expect(error.message).not.to.include("hunter2");
  });
});

describe("messages that failed", () => {
  it("wait longer each time, five minutes at most, and not all the same", () => {
    const waits = (chance: number) =>
      [1, 2, 3, 4, 10].map((receives) => retrySeconds(receives, () => chance));
    expect(waits(0)).to.deep.equal([3, 5, 10, 20, 150]);
    expect(waits(0.999)).to.deep.equal([5, 10, 20, 40, 300]);
  });
});

describe("doing something with each of many", () => {
  it("does at most so many at a time, and says of each how it ended", async () => {
    let now = 0;
    let most = 0;
    const ends = await eachSettled([1, 2, 3, 4, 5], 2, async (item) => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      if (item === 3) throw new Error("three");
      return item * 10;
    });
    expect(most).to.equal(2);
    expect(ends.map((end) => (end.ok ? end.value : "failed"))).to.deep.equal([
      10,
      20,
      "failed",
      40,
      50,
    ]);
  });

  it("does nothing with nothing", async () => {
    expect(await eachSettled([], 5, () => Promise.reject(new Error("no")))).to.deep.equal([]);
  });
});

describe("what a function writes", () => {
  const lines: string[] = [];
  beforeEach(() => (lines.length = 0));
  const write = (line: string) => void lines.push(line);

  it("is one JSON line for each log", () => {
    createLog("strongroom-backup", write).warn("Backup failed\n", { code: "X" });
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0]!)).to.deep.equal({
      level: "warn",
      function: "strongroom-backup",
      message: "Backup failed\n",
      code: "X",
    });
  });

  it("is embedded metric format for metrics, once for all and once for each dimension", () => {
    createMetrics(new FakeClock(1_000), write).coverage({
      schema: 1,
      accountId: "111122223333",
      environment: "prod",
      sweptAt: "",
      seconds: 2,
      secrets: 4,
      covered: 3,
      missing: 1,
      failed: 0,
      oldestMissingSeconds: 7,
      items: [],
    });
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    expect(line).to.deep.include({ AccountId: "111122223333", Secrets: 4, Covered: 3, Missing: 1 });
    expect(line).to.deep.include({ OldestMissing: 7, Unreachable: 0 });
    expect(JSON.stringify(line["_aws"])).to.include(
      '"Namespace":"Strongroom","Dimensions":[[],["AccountId"],["Environment"]]',
    );
  });
});
