import { randomUUID } from "node:crypto";

import { expect } from "chai";

import { startEmulator, type Emulator } from "../../../emulator/start";
import { MEMBER, trust, unique } from "./support";

describe("an answer of the emulator that was lost on its way", function () {
  this.timeout(120_000);
  let emulator: Emulator;
  const log: string[] = [];

  before(async () => {
    emulator = await startEmulator({ onLog: (line) => log.push(line) });
  });
  after(() => emulator.stop());

  /** One attempt of a call, as an SDK numbers it. */
  async function attempt(roleName: string, call: string, number: number, account = MEMBER) {
    const response = await fetch(`${emulator.endpoint}/`, {
      method: "POST",
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none`,
        "content-type": "application/x-www-form-urlencoded",
        "amz-sdk-invocation-id": call,
        "amz-sdk-request": `attempt=${number}; max=3`,
      },
      body: new URLSearchParams({
        Action: "CreateRole",
        Version: "2010-05-08",
        RoleName: roleName,
        AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${MEMBER}:root` }),
      }).toString(),
    });
    return { status: response.status, text: await response.text() };
  }

  it("is given again to the next attempt of the same call, and the log says so", async () => {
    const [name, call] = [unique("role"), randomUUID()];
    const first = await attempt(name, call, 1);
    expect(first.status).to.equal(200);
    expect(await attempt(name, call, 2)).to.deep.equal(first);
    expect(log.join("\n")).to.match(/attempt 2 of POST \/ .*its answer of [\d.]+ s ago was lost/);
  });

  it("is waited for by an attempt that comes while the first still runs", async () => {
    const [name, call] = [unique("role"), randomUUID()];
    const [first, second] = await Promise.all([attempt(name, call, 1), attempt(name, call, 2)]);
    expect([first.status, second.status]).to.deep.equal([200, 200]);
  });

  it("is nobody else's: another call and another caller are carried out", async () => {
    const [name, call] = [unique("role"), randomUUID()];
    expect((await attempt(name, call, 1)).status).to.equal(200);
    expect((await attempt(name, randomUUID(), 1)).status).to.equal(409);
    expect((await attempt(name, call, 2, "600000000002")).status).to.equal(200);
  });

  it("is not kept where the call failed: that is tried again", async () => {
    const [name, call] = [unique("role"), randomUUID()];
    expect((await attempt(name, randomUUID(), 1)).status).to.equal(200);
    expect((await attempt(name, call, 1)).status).to.equal(409);
    expect((await attempt(name, call, 2)).status).to.equal(409);
  });
});
