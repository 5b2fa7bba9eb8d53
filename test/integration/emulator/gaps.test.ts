import { expect } from "chai";

import { callDoor } from "../../../emulator/calls";
import { startEmulator, type Emulator } from "../../../emulator/start";
import { GAPS_OF_FUNCTIONS } from "./gaps-of-functions";
import { GAPS_OF_IDENTITY } from "./gaps-of-identity";
import { GAPS_OF_ROTATIONS } from "./gaps-of-rotations";
import { GAPS_OF_SERVICES } from "./gaps-of-services";

const GAPS = [...GAPS_OF_IDENTITY, ...GAPS_OF_SERVICES, ...GAPS_OF_FUNCTIONS, ...GAPS_OF_ROTATIONS];

describe("MiniStack's gaps", function () {
  this.timeout(180_000);
  let closed: Emulator;
  let open: Emulator;

  before(async () => {
    [closed, open] = await Promise.all([
      startEmulator({ valueSeed: "test" }),
      startEmulator({ valueSeed: "test", withoutGaps: ["all"] }),
    ]);
  });
  after(() => Promise.all([closed.stop(), open.stop()]));

  it("are each watched by a test below", async () => {
    const { installed } = await callDoor<{ installed: string[] }>(
      closed.endpoint,
      "GET",
      "/_strongroom/gaps",
    );
    expect(new Set(GAPS.map(({ name }) => name))).to.deep.equal(new Set(installed));
  });

  for (const gap of GAPS) {
    it(`${gap.name}: the emulator ${gap.does}`, async () => {
      expect(await gap.probe(closed)).to.deep.equal(gap.aws);
    });

    it(`${gap.name}: MiniStack alone still differs (it ${gap.does} on AWS)`, async () => {
      const found = await gap.probe(open);
      expect(found, `MiniStack has closed this gap: remove it`).to.not.deep.equal(gap.aws);
      expect(found).to.deep.equal(gap.ministack);
    });
  }
});
