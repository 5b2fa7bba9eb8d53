import { expect } from "chai";

import { keepLooking, type Schedule } from "../../../../server/runs/schedule";

/** A schedule that counts its looks; `after` is called with their number. */
function counting(what: string, after: (looks: number) => void): Schedule & { looks: number } {
  return {
    what,
    looks: 0,
    look() {
      after((this.looks += 1));
      return Promise.resolve([]);
    },
  };
}

describe("schedules", () => {
  it("are looked at in turn again and again, and one that fails keeps no other from its turn", async () => {
    const reported: string[] = [];
    const broken: Schedule = {
      what: "the broken one",
      look: () => Promise.reject(new Error("the database is away")),
    };
    const stopped = await new Promise<{ stop: () => Promise<void>; sound: { looks: number } }>(
      (done) => {
        const sound = counting("the sound one", (looks) => {
          if (looks === 3) done({ stop, sound });
        });
        const stop = keepLooking([broken, sound], 1, (line) => reported.push(line));
      },
    );
    await stopped.stop();
    const { looks } = stopped.sound;
    expect(reported.slice(0, 3)).to.deep.equal(
      Array.from({ length: 3 }, () => "the broken one: the database is away"),
    );
    await new Promise((done) => setTimeout(done, 20));
    expect(stopped.sound.looks).to.equal(looks);
  });

  it("end their look before they have stopped", async () => {
    let ended = false;
    const slow: Schedule = {
      what: "the slow one",
      look: async () => {
        await new Promise((done) => setTimeout(done, 20));
        ended = true;
        return [];
      },
    };
    await keepLooking([slow], 60_000, () => undefined)();
    expect(ended).to.equal(true);
  });
});
