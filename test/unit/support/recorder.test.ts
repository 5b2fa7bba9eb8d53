import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";

import { promiseOf, record } from "../../support/recorder";

const outcomeOf = (program: () => Promise<unknown>) =>
  record(program).then(
    () => "passed",
    (error: unknown) => String(error),
  );

const role = (name: string, assumeRolePolicy: pulumi.Input<string>) =>
  new aws.iam.Role(name, { assumeRolePolicy });

describe("the recorder of programs", () => {
  it("bites where an Output was turned into text", async () => {
    const outcome = await outcomeOf(() => {
      const secret = pulumi.output("sts:AssumeRole");
      role("good", pulumi.jsonStringify({ Action: secret }));
      role(
        "bad",
        // eslint-disable-next-line no-restricted-syntax -- the fault itself, not an assertion
        pulumi.output("x").apply(() => JSON.stringify({ Action: secret })),
      );
      return Promise.resolve();
    });
    expect(outcome).to.equal("Error: An Output was turned into text in bad");
  });

  it("passes a document that resolves its Outputs", async () => {
    const outcome = await outcomeOf(() => {
      role("good", pulumi.jsonStringify({ Action: pulumi.output("sts:AssumeRole") }));
      return Promise.resolve();
    });
    expect(outcome).to.equal("passed");
  });

  it("sees protection, retention and parents, and a resource made late", async () => {
    const recording = await record(() => {
      const parent = new pulumi.ComponentResource("test:x:Y", "parent");
      const key = new aws.kms.Key("key", {}, { parent, protect: true });
      // eslint-disable-next-line no-restricted-syntax -- made late on purpose, no assertion
      key.arn.apply((arn) => new aws.kms.Alias("late", { targetKeyId: arn }, { parent: key }));
      return Promise.resolve(key.arn);
    });
    expect(recording.options.get("key")).to.include({ protect: true, parent: "parent" });
    expect(recording.options.get("key")?.retainOnDelete).to.equal(false);
    expect(recording.set).to.deep.equal([
      "aws:kms/alias:Alias late",
      "aws:kms/key:Key key",
      "test:x:Y parent",
    ]);
    expect(await promiseOf(recording.result)).to.equal(
      "arn:aws:kms:eu-central-1:111122223333:key/mrk-key",
    );
  });

  it("refuses a program that asks the cloud something", async () => {
    const outcome = await outcomeOf(async () => aws.getCallerIdentity());
    expect(outcome).to.match(/depends on more than its spec/);
  });
});
