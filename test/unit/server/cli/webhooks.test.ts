import { expect } from "chai";

import { listeningService, type Service, strongroom } from "./harness";

describe("strongroom webhooks", () => {
  let service: Service;
  before(async () => {
    service = await listeningService();
  });
  after(() => service.close());

  it("lists who is told what, and who no more", async () => {
    const { exit, stdout } = await strongroom(service, ["webhooks"]);
    expect(exit).to.equal(0);
    expect(stdout).to.contain("https://hooks.example.com/strongroom").and.contain("account.ready");
    expect(stdout).to.contain("off: gone");
  });

  it("adds one for the events that are named, and shows its secret once", async () => {
    const { exit, stdout, stderr } = await strongroom(service, [
      ...["webhooks", "add", "https://alarms.example.com/"],
      ...["--event", "drift.found", "--event", "strongroom.run.finished"],
    ]);
    expect(exit).to.equal(0);
    expect(stdout).to.contain("whsec_c2VjcmV0");
    expect(stderr).to.contain("not shown again");
    expect(service.webhooks.done.at(-1)).to.equal(
      "create https://alarms.example.com/ by token:admin",
    );
    const json = await strongroom(service, ["webhooks", "add", "https://a.example.com/", "--json"]);
    expect(JSON.parse(json.stdout)).to.include({ secret: "whsec_c2VjcmV0" });
  });

  it("refuses an event that there is not, before it asks the service", async () => {
    const before = service.webhooks.done.length;
    const { exit, stderr } = await strongroom(service, [
      ...["webhooks", "add", "https://a.example.com/", "--event", "drift"],
    ]);
    expect(exit).to.equal(2);
    expect(stderr).to.contain('"drift" is not an event').and.contain("drift.found");
    expect(service.webhooks.done).to.have.length(before);
  });

  it("makes a new secret, with the old one's time", async () => {
    const { stdout } = await strongroom(service, [
      ...["webhooks", "rotate", "wh-0123456789abcdef", "--old-valid", "60"],
    ]);
    expect(stdout).to.contain("whsec_bmV3");
    expect(service.webhooks.done.at(-1)).to.equal("rotate wh-0123456789abcdef 60 by token:admin");
  });

  it("removes one, and says when there is none", async () => {
    const { exit } = await strongroom(service, ["webhooks", "remove", "wh-0123456789abcdef"]);
    expect(exit).to.equal(0);
    const none = await strongroom(service, ["webhooks", "remove", "wh-ffffffffffffffff"]);
    expect(none.exit).to.equal(2);
    expect(none.stderr).to.contain("WEBHOOK_NOT_FOUND");
  });

  it("shows what was sent, and why it was given up", async () => {
    const argv = ["webhooks", "deliveries", "wh-0123456789abcdef"];
    const { stdout } = await strongroom(service, argv);
    expect(stdout).to.contain("account.ready").and.contain("dead").and.contain("it answered 500");
    const json = await strongroom(service, [...argv, "--json"]);
    expect((JSON.parse(json.stdout) as { items: object[] }).items[0]).to.include({ attempts: 10 });
  });
});
