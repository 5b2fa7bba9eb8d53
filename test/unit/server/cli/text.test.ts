import { expect } from "chai";

import { serverSentEvents } from "../../../../server/cli/events";
import { table } from "../../../../server/cli/table";
import { clean, cut, duration, width } from "../../../../server/cli/text";
import { shellQuoted } from "../../../../server/cli/commands/env";

describe("Text of other people on the terminal", () => {
  it("loses everything that could steer it", () => {
    const cases: [string, string][] = [
      ["plain name", "plain name"],
      ["\u001b[31mred\u001b[0m", "red"],
      ["\u001b]0;title\u0007after", "after"],
      ["\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\", "link"],
      ["\u009b2Jcleared", "cleared"],
      ["a\r\nb\tc\u0000d", "a b c d"],
      ["evil\u202etxt.exe", "evil txt.exe"],
      ["\u001b", " "],
      ["Zürich 東京", "Zürich 東京"],
    ];
    for (const [text, expected] of cases) expect(clean(text)).to.equal(expected);
  });

  it("is cut by columns, never in the middle of a wide character", () => {
    expect(cut("short", 10)).to.equal("short");
    expect(cut("0123456789", 5)).to.equal("0123…");
    expect(width(cut("東京東京東京", 6))).to.be.at.most(6);
  });

  it("keeps a table in one line for each row", () => {
    expect(
      table(
        ["id", "name"],
        [
          ["1", "a\nb"],
          ["22", "\u001b[2Jc"],
        ],
      ),
    ).to.equal("ID  NAME\n1   a b\n22  c");
  });

  it("says durations as people do", () => {
    expect([0.04, 4.21, 59.97, 61, 3600, 7384].map(duration)).to.deep.equal([
      "0.0 s",
      "4.2 s",
      "1 m 00 s",
      "1 m 01 s",
      "1 h 00 m",
      "2 h 03 m",
    ]);
  });

  it("is quoted for a shell", () => {
    expect(["/a/b:c", "it's $HOME", ""].map(shellQuoted)).to.deep.equal([
      "/a/b:c",
      "'it'\\''s $HOME'",
      "''",
    ]);
  });
});

describe("A stream of server-sent events", () => {
  async function read(...chunks: string[]) {
    async function* bytes() {
      for (const chunk of chunks) yield await Promise.resolve(new TextEncoder().encode(chunk));
    }
    const events = [];
    for await (const event of serverSentEvents(bytes())) events.push(event);
    return events;
  }
  const event = (data: string, more = {}) => ({
    event: "message",
    data,
    id: undefined,
    retry: undefined,
    ...more,
  });

  it("is read whatever way it is cut up, with any line ends", async () => {
    const whole =
      'retry: 5\n\n: comment\n\nid: r:1\ndata: {"a":1}\n\ndata: x\r\ndata: y\r\n\r\nevent: end\rdata: {}\r\r';
    const expected = [
      event("", { retry: 5 }),
      event('{"a":1}', { id: "r:1" }),
      event("x\ny"),
      event("{}", { event: "end" }),
    ];
    expect(await read(`${whole}\n`)).to.deep.equal(expected);
    expect(await read(...Array.from(`${whole}\n`))).to.deep.equal(expected);
  });

  it("drops what the end of the connection cut off", async () => {
    expect(await read("data: 1\n\ndata: 2\n")).to.deep.equal([event("1")]);
  });
});
