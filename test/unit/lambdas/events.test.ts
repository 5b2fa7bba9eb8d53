import { expect } from "chai";

import { readWork } from "../../../lambdas/core/events";
import { FunctionError } from "../../../lambdas/ports";
import { member } from "../../support/vault/fake-vault";

const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";

/** An event as EventBridge delivers it, with a detail of CloudTrail. */
const event = (detail: object) => ({
  version: "0",
  id: "1",
  "detail-type": "AWS API Call via CloudTrail",
  source: "aws.secretsmanager",
  account: "111122223333",
  region: "eu-central-1",
  time: "2026-03-01T12:00:00Z",
  resources: [],
  detail: { eventSource: "secretsmanager.amazonaws.com", ...detail },
});

const changeOf = (message: unknown) => {
  const work = readWork(message);
  if (work.kind !== "change") throw new Error(`It is read as ${work.kind}`);
  return work.change;
};

describe("a message of the work queue", () => {
  it("is an order of the sweep", () => {
    const order = {
      order: "backup",
      place: { accountId: "111122223333", region: "eu-west-1", name: "prod/db", suffix: "AbCdEf" },
      arn: ARN,
      member: member(),
    };
    expect(readWork(order)).to.deep.equal({ kind: "order", order });
  });

  it("is an event that names the secret by its ARN, which says where it is", () => {
    const work = changeOf(
      event({ eventName: "PutSecretValue", requestParameters: { secretId: ARN } }),
    );
    expect(work).to.deep.equal({
      accountId: "111122223333",
      region: "eu-west-1",
      name: "prod/db",
      secretId: ARN,
    });
  });

  it("is an event that names it by its name, which is one of the event's account and Region", () => {
    const change = changeOf(
      event({ eventName: "PutSecretValue", requestParameters: { secretId: "prod/db" } }),
    );
    expect(change).to.deep.equal({
      accountId: "111122223333",
      region: "eu-central-1",
      name: "prod/db",
      secretId: "prod/db",
    });
  });

  it("is an event with an ARN that leaves the six characters out", () => {
    const secretId = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db";
    const change = changeOf(
      event({ eventName: "PutSecretValue", requestParameters: { secretId } }),
    );
    expect(change).to.include({ name: "prod/db", secretId });
  });

  for (const spelling of ["arn", "aRN", "ARN"]) {
    it(`is an event whose answer has the ARN as "${spelling}"`, () => {
      const change = changeOf(
        event({
          eventName: "CreateSecret",
          requestParameters: { name: "prod/db" },
          responseElements: { [spelling]: ARN },
        }),
      );
      expect(change.secretId).to.equal(ARN);
    });
  }

  it("is an event of the service itself, which has the ARN in its own place", () => {
    const change = changeOf(
      event({ eventName: "RotationSucceeded", additionalEventData: { SecretId: ARN } }),
    );
    expect(change.secretId).to.equal(ARN);
  });

  it("asks for nothing where the call was refused", () => {
    const refused = event({
      eventName: "PutSecretValue",
      errorCode: "AccessDenied",
      requestParameters: { secretId: ARN },
    });
    expect(readWork(refused)).to.deep.equal({ kind: "nothing" });
  });

  for (const [what, message] of [
    ["a text", "hello"],
    ["null", null],
    ["an empty object", {}],
    ["an event of another service", { ...event({}), source: "aws.kms" }],
    ["an event without a secret", event({ eventName: "GetRandomPassword" })],
    ["an order without its member", { order: "backup", arn: ARN }],
    ["an order of another kind", { order: "restore" }],
    [
      "an order with a wrong retention",
      {
        order: "backup",
        place: { accountId: "111122223333", region: "eu-west-1", name: "a", suffix: "AbCdEf" },
        arn: ARN,
        member: member({ retentionDays: 0 }),
      },
    ],
  ] as const) {
    it(`is not ${what}`, () => {
      expect(() => readWork(message))
        .to.throw(FunctionError)
        .with.property("code", "REQUEST_INVALID");
    });
  }
});
