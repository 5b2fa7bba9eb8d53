import { expect } from "chai";

import type { FleetService } from "../../../../server/runs-ports";
import { FakeFleet, sampleAccount } from "../../../support/fake-services";
import { listeningService, type Service, strongroom } from "./harness";

const AT = "2026-01-02T03:04:05.000Z";

class ChangedFleet extends FakeFleet {
  override async accounts(options: { refresh: boolean }): ReturnType<FleetService["accounts"]> {
    const found = await super.accounts(options);
    return {
      ...found,
      items: [
        sampleAccount({
          membership: {
            change: "moved",
            number: 1,
            at: AT,
            from: "workloads/prod",
            to: "sandbox",
            follow: "retire",
            runId: "run-7",
            runStatus: "waiting_for_approval",
            onboardingId: "onb-1",
            note: "left out",
          },
        }),
        sampleAccount({ id: "444455556666" }),
      ],
      former: [
        {
          id: "777788889999",
          name: "gone",
          organizationalUnitPath: ["workloads"],
          membership: { change: "left", number: 1, at: AT, from: "workloads", follow: "keep" },
          stamps: [],
        },
      ],
    };
  }
}

describe("strongroom accounts", () => {
  let service: Service;
  before(async () => {
    service = await listeningService({ fleet: new ChangedFleet() });
  });
  after(() => service.close());

  it("shows what accounts did last and what waits for somebody, those too that have left", async () => {
    const { exit, stdout } = await strongroom(service, ["accounts"]);
    expect(exit).to.equal(0);
    expect(stdout).to.contain(
      "moved from workloads/prod to sandbox; its retirement run-7 waits for an approval",
    );
    expect(stdout).to.match(/777788889999 +gone .*left; its stamps and backups stay/);
    expect(stdout.match(/444455556666/g)).to.have.length(1);
  });

  it("has all of it in its JSON", async () => {
    const { stdout } = await strongroom(service, ["accounts", "--json"]);
    const found = JSON.parse(stdout) as {
      former: { id: string }[];
      items: { membership?: object }[];
    };
    expect(found.former.map(({ id }) => id)).to.deep.equal(["777788889999"]);
    expect(found.items[0]!.membership).to.include({ runStatus: "waiting_for_approval" });
  });
});
