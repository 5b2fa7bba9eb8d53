import { expect } from "chai";

import { sampleOnboarding } from "../../../support/fake-onboardings";
import { listeningService, type Service, strongroom } from "./harness";

describe("strongroom onboard", () => {
  let service: Service;
  before(async () => {
    service = await listeningService();
  });
  after(() => service.close());

  it("asks for an account, with the webhook and the reason, and does not wait", async () => {
    service.onboardings.states = [sampleOnboarding({ state: "waiting_for_account" })];
    const { exit, stdout } = await strongroom(service, [
      ...["onboard", "111122223333", "--webhook", "wh-0123456789abcdef"],
      ...["--reason", "CHG-1", "--key", "vend-1"],
    ]);
    expect(exit).to.equal(0);
    expect(stdout).to.contain("onb-1").and.contain("waiting for account");
    expect(service.onboardings.started.at(-1)).to.deep.include({
      request: { accountId: "111122223333", webhook: "wh-0123456789abcdef", reason: "CHG-1" },
    });
    expect(service.onboardings.started.at(-1)!.key).to.include({ key: "vend-1" });
  });

  it("waits, tells each change once, and shows what the account has", async () => {
    service.onboardings.states = [
      sampleOnboarding({ state: "waiting_for_account" }),
      sampleOnboarding({ state: "waiting_for_account" }),
      sampleOnboarding({ state: "stamping" }),
      sampleOnboarding(),
    ];
    const { exit, stdout, stderr } = await strongroom(service, [
      ...["onboard", "111122223333", "--wait"],
    ]);
    expect(exit).to.equal(0);
    expect(stderr.match(/waiting for account/g)).to.have.length(1);
    expect(stderr).to.contain("stamping");
    expect(stdout).to.contain("3 of 3 secrets are kept");
  });

  it("ends with 1 where the account does not get ready, and says what to do", async () => {
    for (const state of ["failed", "needs_attention"] as const) {
      service.onboardings.states = [sampleOnboarding({ state })];
      const { exit, stdout } = await strongroom(service, ["onboard", "111122223333", "--wait"]);
      expect(exit, state).to.equal(1);
      expect(stdout).to.contain("the role cannot be assumed").and.contain("→ Wait.");
    }
  });

  it("prints one JSON document", async () => {
    service.onboardings.states = [sampleOnboarding()];
    const argv = ["onboard", "111122223333", "--wait", "--json"];
    const { stdout } = await strongroom(service, argv);
    expect(JSON.parse(stdout)).to.deep.equal(sampleOnboarding());
  });

  it("refuses what is not an account id before it asks the service", async () => {
    const before = service.onboardings.started.length;
    const { exit } = await strongroom(service, ["onboard", "12345"]);
    expect(exit).to.equal(2);
    expect(service.onboardings.started).to.have.length(before);
  });
});
