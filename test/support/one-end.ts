import { expect } from "chai";

import type { RunEvent, RunRecord, RunService } from "../../server/runs-ports";

const PAGE = 1000;

/**
 * What must hold of every run that was accepted, whatever died meanwhile: it has one end, and so has each of its stamps; no event
 * is missing and none is there twice; each try of a stamp has a number of its own, and no stamp is begun after its end.
 */
export async function expectOneEnd(
  service: Pick<RunService, "events" | "get">,
  id: string,
): Promise<RunRecord> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await service.events(id, events.length, PAGE);
    events.push(...page);
    if (page.length < PAGE) break;
  }
  expect(
    events.map(({ seq }) => seq),
    "the events' numbers",
  ).to.deep.equal(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => type === "run.ended")).to.have.length(1);
  expect(events.at(-1)?.type).to.equal("run.ended");
  const record = (await service.get(id))!;
  for (const { stamp } of record.stamps) {
    const own = events.filter((event) => event.stamp === stamp);
    const ends = own.flatMap(({ type }, index) => (type === "stamp.ended" ? [index] : []));
    expect(ends, `ends of ${stamp}`).to.have.length(1);
    const tries = own.flatMap(({ type, data }, index) =>
      type === "stamp.started" ? [{ index, attempt: data["attempt"] }] : [],
    );
    expect(tries.map(({ attempt }) => attempt)).to.deep.equal(tries.map((_, index) => index + 1));
    expect(tries.every(({ index }) => index < ends[0]!)).to.equal(true);
  }
  return record;
}
