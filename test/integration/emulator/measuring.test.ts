import { expect } from "chai";

import { compareInventories, readInventory } from "../../../bench/inventory";
import { callDoor } from "../../../emulator/calls";
import { startEmulator, type Emulator } from "../../../emulator/start";
import { actor, allow, MEMBER, REGION, rootOf, trust } from "./support";

/** What the benchmark compares contestants and counts calls by. */
describe("What the emulator says about itself", function () {
  this.timeout(120_000);
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator({ valueSeed: "test" });
  });
  after(() => emulator.stop());

  it("counts each call of a session once, what it refuses too", async () => {
    const caller = await actor(emulator, MEMBER, [allow("secretsmanager:CreateSecret")]);
    await caller.does("secretsmanager", "ListSecrets", {});
    await caller.does("secretsmanager", "CreateSecret", { Name: "counted", SecretString: "x" });
    await caller.does("secretsmanager", "ListSecrets", {});
    const { sessions } = await callDoor<{ sessions: Record<string, Record<string, number>> }>(
      emulator.endpoint,
      "GET",
      "/_strongroom/call-counts",
    );
    const [counts] = Object.entries(sessions).flatMap(([arn, actions]) =>
      arn.split("/").includes(caller.roleName) ? [actions] : [],
    );
    expect(counts).to.deep.equal({
      "secretsmanager:ListSecrets": 2,
      "secretsmanager:CreateSecret": 1,
    });
  });

  it("holds the same when it is set up alike again, and shows what was added and what was changed", async () => {
    await emulator.reset();
    const fresh = await readInventory(emulator.endpoint);
    const root = rootOf(emulator, MEMBER);
    const { json } = await root.must("kms", "DescribeKey", {
      KeyId: "alias/application-secrets",
    });
    const { KeyId } = json["KeyMetadata"] as { KeyId: string };
    await root.must("kms", "DisableKey", { KeyId });
    await root.must("sqs", "CreateQueue", { QueueName: "extra" });
    const role = (RoleName: string, ...keys: readonly string[]) =>
      root.must("iam", "CreateRole", {
        RoleName,
        AssumeRolePolicyDocument: trust({ AWS: "*" }),
        Tags: keys.map((Key) => ({ Key, Value: "v" })),
      });
    await role("tagged", "a", "b");
    const tagged = await readInventory(emulator.endpoint);
    await root.must("iam", "DeleteRole", { RoleName: "tagged" });
    await role("tagged", "b", "a");
    const turned = compareInventories(tagged, await readInventory(emulator.endpoint));
    expect([...turned.missing, ...turned.extra, ...turned.different]).to.deep.equal([]);

    const changed = compareInventories(fresh, await readInventory(emulator.endpoint));
    expect(changed.extra).to.include(
      `${MEMBER} ${REGION} sqs.queues http://localhost:PORT/${MEMBER}/extra`,
    );
    expect(changed.different.join()).to.match(/kms\.keys ID: .*Enabled/);
    expect(changed.missing).to.deep.equal([]);

    await emulator.reset();
    const again = compareInventories(fresh, await readInventory(emulator.endpoint));
    expect([...again.missing, ...again.extra, ...again.different]).to.deep.equal([]);
    expect(again.equal).to.equal(fresh.length).and.to.be.greaterThan(20);
  });
});
