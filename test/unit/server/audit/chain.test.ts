import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { anchorIn, keepAnchored } from "../../../../server/audit/anchor";
import { auditHash, type AuditSource, createAuditService } from "../../../../server/audit/chain";
import type { AuditAnchor, AuditEntry } from "../../../../server/runs-ports";
import { sampleEntries } from "../../../support/fake-vault-service";

const actions = (count: number) => Array.from({ length: count }, (_, index) => `action-${index}`);

/** The log as a database gives it back, by its numbers. */
function sourceOf(log: readonly AuditEntry[]): AuditSource {
  const sorted = log.toSorted((a, b) => a.seq - b.seq);
  return {
    audit: ({ limit }) => Promise.resolve(sorted.toReversed().slice(0, limit)),
    auditAfter: (after, limit) =>
      Promise.resolve(sorted.filter(({ seq }) => seq > after).slice(0, limit)),
  };
}
const verify = (log: readonly AuditEntry[], seen?: AuditAnchor) =>
  createAuditService(sourceOf(log)).verify(seen);

/** The same numbers and texts, with a chain of its own: what somebody with the database writes anew. */
function rechained(log: readonly AuditEntry[]): AuditEntry[] {
  let previous = "0".repeat(64);
  return log.map((entry, index) => {
    const unhashed = { ...entry, seq: index + 1, previous };
    previous = auditHash(unhashed);
    return { ...unhashed, hash: previous };
  });
}

describe("the verdict about the audit log", () => {
  let log: AuditEntry[];
  let seen: AuditAnchor;
  beforeEach(() => {
    log = sampleEntries(...actions(6));
    seen = { entries: 4, head: log[3]!.hash };
  });

  it("is intact for a log that was only written to, whatever was seen of it before", async () => {
    const { hash: head } = log.at(-1)!;
    expect(await verify(log)).to.deep.equal({ intact: true, entries: 6, head, anchors: [] });
    expect(await verify(log, seen)).to.include({ intact: true });
    expect(await verify([], { entries: 0, head: "0".repeat(64) })).to.include({ intact: true });
  });

  const FIELDS: Partial<AuditEntry>[] = [
    { at: "2020-01-01T00:00:00.000Z" },
    { subject: "nobody" },
    { action: "run.end" },
    { runId: "run-2" },
    { reason: "another" },
    { details: { operation: "preview" } },
  ];
  for (const change of FIELDS) {
    it(`names the entry of which ${Object.keys(change).join()} was changed`, async () => {
      const changed = log.map((entry) => (entry.seq === 3 ? { ...entry, ...change } : entry));
      const { intact, entries, problem } = await verify(changed);
      expect({ intact, entries, seq: problem?.seq }).to.deep.equal({
        intact: false,
        entries: 2,
        seq: 3,
      });
      expect(problem?.message).to.equal("it was changed after it was written");
    });
  }

  it("names the entry after one that was changed together with its own hash", async () => {
    const changed = log.map((entry) => {
      if (entry.seq !== 3) return entry;
      const other = { ...entry, reason: "another" };
      return { ...other, hash: auditHash(other) };
    });
    expect((await verify(changed)).problem).to.deep.equal({
      seq: 4,
      message: "it does not name the hash of the entry before",
    });
  });

  it("sees that one in the middle or at the beginning was taken out", async () => {
    for (const gone of [1, 3]) {
      const { problem } = await verify(log.filter(({ seq }) => seq !== gone));
      expect(problem?.message).to.contain(`entry ${gone} is missing`);
    }
    const closed = log
      .filter(({ seq }) => seq !== 3)
      .map((entry) => (entry.seq > 3 ? { ...entry, seq: entry.seq - 1 } : entry));
    expect((await verify(closed)).problem?.seq).to.equal(3);
  });

  it("sees that two changed places", async () => {
    const swapped = log.map((entry) =>
      entry.seq === 2 ? { ...log[2]!, seq: 2 } : entry.seq === 3 ? { ...log[1]!, seq: 3 } : entry,
    );
    expect((await verify(swapped)).problem?.seq).to.equal(2);
  });

  it("sees that the end was cut off by what was seen before, and by nothing else", async () => {
    const cut = log.slice(0, 3);
    expect(await verify(cut)).to.include({ intact: true });
    expect(await verify(cut, seen)).to.deep.include({
      intact: false,
      anchors: [4],
      problem: {
        seq: 4,
        message: "the end is missing: 4 entries were there before, now 3",
      },
    });
    expect((await verify([], seen)).intact).to.equal(false);
  });

  it("sees that all of it was written anew by what was seen before, and by nothing else", async () => {
    const anew = rechained(log.map((entry) => ({ ...entry, subject: "somebody else" })));
    expect(await verify(anew)).to.include({ intact: true });
    const { intact, problem } = await verify(anew, seen);
    expect(intact).to.equal(false);
    expect(problem?.seq).to.equal(4);
    expect(problem?.message).to.contain("written anew");
  });
});

describe("the end of the audit log in the state folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-anchor-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const log = sampleEntries(...actions(5));
  const keep = (entries: readonly AuditEntry[]) => anchorIn(folder, sourceOf(entries)).keep();
  const verdict = (entries: readonly AuditEntry[]) => {
    const source = sourceOf(entries);
    return createAuditService(source, anchorIn(folder, source)).verify();
  };

  it("goes on with the log, and shows later what was cut off", async () => {
    await keep(log.slice(0, 2));
    await keep(log);
    expect(await verdict(log)).to.deep.include({ intact: true, anchors: [5] });
    expect((await verdict(log.slice(0, 4))).problem?.message).to.contain("the end is missing");
  });

  it("is not moved by a log that contradicts it", async () => {
    await keep(log);
    const longer = rechained([...log, ...sampleEntries(...actions(2))]).map((entry) => ({
      ...entry,
      hash: entry.seq === 5 ? "f".repeat(64) : entry.hash,
    }));
    for (const other of [log.slice(0, 3), longer, []]) await keep(other);
    expect(
      JSON.parse(await readFile(path.join(folder, "audit-anchor.json"), "utf8")),
    ).to.deep.equal({ entries: 5, head: log[4]!.hash });
  });

  it("is kept at the start, and once more when the service ends", async () => {
    const entries = log.slice(0, 1);
    const told: string[] = [];
    const stop = keepAnchored(
      anchorIn(folder, {
        audit: () => Promise.resolve(entries.slice(-1)),
        auditAfter: (after) => Promise.resolve(entries.slice(after)),
      }),
      3_600_000,
      (line) => told.push(line),
    );
    entries.push(...log.slice(1));
    await stop();
    expect(await verdict(log)).to.deep.include({ anchors: [5] });
    expect(told).to.deep.equal([]);
  });

  it("is not begun anew over a file that cannot be read", async () => {
    await writeFile(path.join(folder, "audit-anchor.json"), "{}");
    const error = await verdict(log).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "SPEC_SETTINGS" });
  });
});
