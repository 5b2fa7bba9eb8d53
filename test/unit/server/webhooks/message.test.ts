import { expect } from "chai";
import { Webhook as Receiver } from "standardwebhooks";

import { cloudEvent, messageHeaders } from "../../../../server/webhooks/message";
import { MOST_ATTEMPTS, waitAfter } from "../../../../server/webhooks/schedule";
import {
  newSecret,
  rotated,
  secretBox,
  type SealedSecret,
  signingSecrets,
} from "../../../../server/webhooks/secrets";
import { AppError } from "../../../../stacks/errors";

const now = new Date();
const event = {
  eventId: "evt-1",
  type: "strongroom.account.ready",
  subject: "111122223333",
  at: now.toISOString(),
  data: { accountId: "111122223333" },
} as const;

describe("a message to a webhook", () => {
  const body = cloudEvent(event, "urn:strongroom:o-exampleorg1");

  it("is a CloudEvents event of version 1.0", () => {
    expect(JSON.parse(body)).to.deep.equal({
      specversion: "1.0",
      id: "evt-1",
      source: "urn:strongroom:o-exampleorg1",
      type: "strongroom.account.ready",
      subject: "111122223333",
      time: now.toISOString(),
      datacontenttype: "application/json",
      data: { accountId: "111122223333" },
    });
  });

  it("is believed by a receiver that has any of the secrets, and by no other", () => {
    const [old, fresh, stranger] = [newSecret(), newSecret(), newSecret()];
    const headers = messageHeaders("evt-1", body, [fresh, old], now);
    for (const secret of [old, fresh]) {
      expect(new Receiver(secret).verify(body, headers)).to.deep.equal(JSON.parse(body));
    }
    expect(() => new Receiver(stranger).verify(body, headers)).to.throw(/No matching signature/);
  });

  it("is not believed with another body, another id, or long after it was sent", () => {
    const secret = newSecret();
    const receiver = new Receiver(secret);
    const headers = messageHeaders("evt-1", body, [secret], now);
    expect(() => receiver.verify(body.replace("1111", "2222"), headers)).to.throw();
    expect(() => receiver.verify(body, { ...headers, "webhook-id": "evt-2" })).to.throw();
    const earlier = new Date(now.getTime() - 6 * 60_000);
    const replayed = messageHeaders("evt-1", body, [secret], earlier);
    expect(() => receiver.verify(body, replayed)).to.throw(/too old/);
  });
});

describe("secrets of webhooks", () => {
  it("are not readable where they are kept, and not with another key or for another webhook", () => {
    const box = secretBox("k".repeat(40));
    const secret = newSecret();
    const sealed = box.seal(secret, "wh-1");
    expect(Buffer.from(sealed, "base64").toString("latin1")).not.to.contain(secret.slice(6, 20));
    expect(box.open(sealed, "wh-1")).to.equal(secret);
    expect(box.seal(secret, "wh-1")).not.to.equal(sealed);
    const failures = [
      () => secretBox("l".repeat(40)).open(sealed, "wh-1"),
      () => box.open(sealed, "wh-2"),
      () => box.open(`A${sealed.slice(1)}`, sealed.startsWith("A") ? "wh-2" : "wh-1"),
    ];
    for (const open of failures) {
      let code = "";
      try {
        open();
      } catch (error) {
        ({ code } = AppError.from(error));
      }
      expect(code).to.equal("SPEC_SETTINGS");
    }
  });

  it("sign beside the new one until their time is over, which a second rotation does not make longer", () => {
    const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    const names = (secrets: readonly SealedSecret[], time: Date): string[] =>
      signingSecrets(secrets, time).map(({ sealed }) => sealed);
    const first = [{ sealed: "a", createdAt: now.toISOString() }];
    const second = rotated(first, "b", 100, at(0));
    expect(names(second, at(99))).to.deep.equal(["b", "a"]);
    expect(names(second, at(100))).to.deep.equal(["b"]);
    const third = rotated(second, "c", 1000, at(50));
    expect(names(third, at(99))).to.deep.equal(["c", "b", "a"]);
    expect(names(third, at(101))).to.deep.equal(["c", "b"]);
    expect(names(rotated(third, "d", 0, at(60)), at(60))).to.deep.equal(["d"]);
  });
});

describe("the next try of a message", () => {
  it("comes later each time, by chance a little later than that, and ends", () => {
    const waits = Array.from({ length: MOST_ATTEMPTS }, (_, index) =>
      waitAfter(index + 1, undefined, now, () => 0),
    );
    expect(waits.slice(0, 3)).to.deep.equal([5, 300, 1800]);
    expect(waits.at(-1)).to.equal(undefined);
    const some = waits.slice(0, -1) as number[];
    expect(some).to.deep.equal(some.toSorted((a, b) => a - b));
    expect(waitAfter(2, undefined, now, () => 1)).to.equal(360);
  });

  it("is not before the receiver wants it, within a day", () => {
    const later = (text: string) => waitAfter(1, text, now, () => 0);
    expect(later("120")).to.equal(120);
    expect(later(new Date(now.getTime() + 600_000).toUTCString())).to.be.within(598, 600);
    expect(later("1")).to.equal(5);
    expect(later("999999999")).to.equal(86_400);
    expect(later("soon")).to.equal(5);
  });
});
