import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";

import type { Hold, RunRecord } from "../../../../server/runs-ports";
import { sampleRun } from "../../../support/fake-services";
import { listeningService, strongroom, type Service } from "./harness";

const DIGEST = "ab".repeat(32);
const PLAN: Hold = {
  kind: "plan",
  since: "2026-01-02T03:04:05.000Z",
  digest: DIGEST,
  preciousAccounts: 1,
};
const REPLACED = {
  urn: "urn:pulumi:s::strongroom::aws:kms/key:Key::key",
  type: "aws:kms/key:Key",
  name: "key",
  operation: "replace",
  properties: ["policy"],
} as const;

describe("A run that waits for somebody, on the command line", () => {
  let service: Service;
  beforeEach(async () => {
    service = await listeningService();
  });
  afterEach(() => service.close());

  const held = (over: Partial<RunRecord> = {}): RunRecord => {
    const run = sampleRun({ id: "run-1", status: "waiting_for_approval", hold: PLAN, ...over });
    const [stamp] = run.stamps;
    return { ...run, stamps: [{ ...stamp!, status: "waiting", changes: [REPLACED] }] };
  };

  it("ends with 6, with what would be lost on top and the command that approves it", async () => {
    const play = async (): Promise<void> => {
      while (!service.runs.runs.has("run-1")) await sleep(2);
      service.runs.runs.set("run-1", held());
      service.runs.push("run-1", "run.held", { ...PLAN });
    };
    const [result] = await Promise.all([strongroom(service, ["up"]), play()]);
    expect(result.exit).to.equal(6);
    expect(result.stderr).to.contain("waits for an approval of its plan");
    expect(result.stdout).to.contain("a key, a secret or a bucket in 1 account:");
    expect(result.stdout).to.contain("replace key key (policy) in 1 account: 111122223333");
    expect(result.stdout).to.contain(
      `strongroom approve run-1 --digest ${DIGEST} --precious-accounts 1 --reason <why>`,
    );
  });

  it("says who may not approve it, and who is still missing", async () => {
    service.runs.runs.set(
      "run-1",
      held({ hold: { ...PLAN, twoPerson: true, approvers: 2, approvedBy: ["token:olga"] } }),
    );
    const { stdout } = await strongroom(service, ["runs", "run-1"]);
    expect(stdout)
      .to.contain("token:operator asked for it and cannot approve it.")
      .and.to.contain("2 different persons have to approve.")
      .and.to.contain("Approved so far by token:olga.");
  });

  it("shows what changes once for all accounts in which it is the same", async () => {
    const role = (accountId: string, name: string) => ({
      urn: `urn:${accountId}:${name}`,
      type: "aws:iam/role:Role",
      name: `${name}-${accountId}`,
      operation: "create" as const,
      properties: [],
    });
    const [sample] = held().stamps;
    const many = Array.from({ length: 47 }, (_, index) => String(200_000_000_000 + index));
    const stamps = [...many, "111122223333"].map((accountId) => ({
      ...sample!,
      stamp: `member-${accountId}` as const,
      accountId,
      changes:
        accountId === "111122223333"
          ? [REPLACED]
          : ["reader", "restorer", "rotator"].map((name) => role(accountId, name)),
    }));
    service.runs.runs.set("run-1", { ...held(), stamps });
    const { stdout } = await strongroom(service, ["runs", "run-1"]);
    expect(stdout).to.contain("47 accounts: + 3 roles\n");
    expect(stdout).to.contain("200000000000, 200000000001");
    expect(stdout).to.contain("and 42 more");
    expect(stdout).to.contain("1 account: ± 1 key\n");
    expect(stdout.match(/reader-<account>/g)).to.have.length(1);
  });

  it("is approved with exactly what the options say, and followed to its end", async () => {
    service.runs.runs.set("run-1", held({ status: "running" }));
    service.runs.push("run-1", "run.held", { ...PLAN });
    service.runs.push("run-1", "run.approved", { by: "olga" });
    service.runs.push("run-1", "run.ended", { status: "succeeded" });
    service.runs.runs.set("run-1", sampleRun({ id: "run-1", status: "succeeded" }));
    const options = ["--digest", DIGEST, "--reason", "CHG-1", "--precious-accounts", "1"];
    const result = await strongroom(service, ["approve", "run-1", ...options]);
    expect(result.exit).to.equal(0);
    expect(service.runs.approved[0]?.approval).to.deep.equal({
      digest: DIGEST,
      reason: "CHG-1",
      preciousAccounts: 1,
    });
  });

  it("is not approved without a digest, a reason, or with a number that is none", async () => {
    service.runs.runs.set("run-1", held());
    for (const options of [
      ["--reason", "r"],
      ["--digest", DIGEST],
      ["--digest", DIGEST, "--reason", " "],
      ["--digest", DIGEST, "--reason", "r", "--precious-accounts", "many"],
    ]) {
      expect((await strongroom(service, ["approve", "run-1", ...options])).exit).to.equal(2);
    }
    expect(service.runs.approved).to.deep.equal([]);
  });

  it("goes on by resume and retry, whose run is followed", async () => {
    for (const [index, how] of (["resume", "retry"] as const).entries()) {
      service.runs.runs.set("run-1", sampleRun({ id: "run-1", status: "failed" }));
      const id = `run-${index + 2}`;
      const play = async (): Promise<void> => {
        while (!service.runs.runs.has(id)) await sleep(2);
        service.runs.push(id, "run.ended", { status: "succeeded" });
        service.runs.runs.set(id, sampleRun({ id, status: "succeeded" }));
      };
      const [result] = await Promise.all([
        strongroom(service, [how, "run-1", "--reason", "it is fixed"]),
        play(),
      ]);
      expect(result.exit).to.equal(0);
      expect(service.runs.wentOn[index]).to.deep.equal({ id: "run-1", how, reason: "it is fixed" });
      expect(result.stdout).to.contain(`Run ${id}`);
    }
  });
});
