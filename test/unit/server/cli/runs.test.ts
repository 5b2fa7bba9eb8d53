import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "../../../../stacks/errors";
import type { RunRecord } from "../../../../server/runs-ports";
import { listeningService, strongroom, type Service } from "./harness";

const SUMMARY = {
  accounts: 3,
  stamped: 1,
  skipped: 1,
  failed: 1,
  changed: 1,
  unchanged: 0,
  resources: 4,
  violations: 3,
  undetermined: 1,
  exempt: 1,
  seconds: 61,
};
const STAMP = "member-111122223333";

describe("A command that starts a run", () => {
  let service: Service;
  beforeEach(async () => {
    service = await listeningService();
  });
  afterEach(() => service.close());

  /** Plays a run as soon as it was started, and ends it. */
  async function play(ending: Partial<RunRecord> = {}, id = "run-1"): Promise<void> {
    while (!service.runs.runs.has(id)) await sleep(2);
    const push = service.runs.push.bind(service.runs);
    push(id, "run.started");
    for (const [type, data] of [
      ["stamp.started", {}],
      [
        "stamp.resource",
        {
          urn: "urn:pulumi:x::strongroom::aws:kms/key:Key::key",
          operation: "create",
          status: "started",
        },
      ],
      ["stamp.message", { level: "warning", text: "be \u001b[31mcareful" }],
      [
        "stamp.ended",
        {
          status: "succeeded",
          counts: { create: 1, update: 0, replace: 0, delete: 0, same: 3 },
          seconds: 4.2,
        },
      ],
    ] as const) {
      const log = service.runs.log.get(id) ?? [];
      service.runs.log.set(id, [
        ...log,
        {
          runId: id,
          seq: log.length + 1,
          at: "2026-01-02T03:04:05.000Z",
          type,
          stamp: STAMP,
          data,
        },
      ]);
    }
    push(id, "run.ended", { status: ending.status ?? "succeeded" });
    service.runs.runs.set(id, {
      ...service.runs.runs.get(id)!,
      status: "succeeded",
      summary: SUMMARY,
      ...ending,
    });
  }

  it("asks for what the options say, shows plain lines, and ends with the result", async () => {
    const [result] = await Promise.all([
      strongroom(service, [
        "up",
        STAMP,
        "--ou",
        "workloads/prod",
        "--ou",
        "labs",
        "--kind",
        "member",
        "--refresh",
        "--key",
        "k1",
      ]),
      play(),
    ]);
    expect(result.exit).to.equal(0);
    expect(service.runs.started[0]!.request).to.deep.equal({
      operation: "up",
      refresh: true,
      target: {
        stamps: [STAMP],
        organizationalUnits: ["workloads/prod", "labs"],
        kinds: ["member"],
      },
    });
    expect(service.runs.started[0]!.key).to.deep.include({ subject: "token:operator", key: "k1" });
    expect(result.stderr).to.equal(
      [
        "03:04:05 run started",
        `03:04:05 ${STAMP} started`,
        `03:04:05 ${STAMP} warning: be careful`,
        `03:04:05 ${STAMP} succeeded · +1 ~0 ±0 -0 =3 · 4.2 s`,
        "03:04:05 run succeeded",
        "",
      ].join("\n"),
    );
    expect(result.stdout).to.include(
      "Run run-1 (up) succeeded in 1 m 01 s: 3 accounts: 1 succeeded, 1 left out, 1 failed; 1 stamp changed, 0 left alone as unchanged; 4 resources. Of the rules' findings 1 undetermined, 1 exempt.",
    );
    expect(result.stdout).to.include("444455556666  old   It is suspended.");
    expect(result.stdout).to.include(
      "mandatory strongroom/kms-key-rotation-enabled on the whole stack: set it",
    );
    expect(result.terminal.listeners()).to.equal(0);
  });

  it("prints one JSON document with --json and nothing else there", async () => {
    const [result] = await Promise.all([strongroom(service, ["preview", "--json"]), play()]);
    expect((JSON.parse(result.stdout) as RunRecord).summary).to.deep.equal(SUMMARY);
    expect(result.stderr).to.equal("");
  });

  it("ends with 1 when the run failed and with 5 when there are changes that count", async () => {
    const cases: [string[], Partial<RunRecord>, number][] = [
      [["up"], { status: "failed" }, 1],
      [["up"], { status: "needs_attention" }, 1],
      [["preview"], {}, 0],
      [["preview", "--exit-code"], {}, 5],
      [["drift", "--exit-code"], { summary: { ...SUMMARY, changed: 0 } }, 0],
      [["drift", "--exit-code"], { status: "failed" }, 1],
    ];
    for (const [index, [argv, ending, exit]] of cases.entries()) {
      const [result] = await Promise.all([
        strongroom(service, argv),
        play(ending, `run-${index + 1}`),
      ]);
      expect(result.exit, argv.join(" ")).to.equal(exit);
    }
  });

  it("does not wait with --detach", async () => {
    const result = await strongroom(service, ["up", "--detach"]);
    expect(result).to.deep.include({ exit: 0, stdout: "run-1\n", stderr: "" });
  });

  it("hands on each confirmation of retire, as an approver", async () => {
    const [result] = await Promise.all([
      strongroom(service, [
        "retire",
        STAMP,
        "access-111122223333",
        "--confirm",
        STAMP,
        "--confirm",
        "access-111122223333",
      ]),
      play(),
    ]);
    expect(result.exit).to.equal(0);
    expect(service.runs.started[0]!.request.confirm).to.deep.equal([STAMP, "access-111122223333"]);
    expect(service.runs.started[0]!.key.subject).to.equal("token:approver");
  });

  it("tells what is wrong, where, and what to do", async () => {
    service.runs.failure = new AppError(
      "PLAN_UNKNOWN_ACCOUNT",
      "The target names what does not exist.",
      {
        action: "List them.",
        problems: [
          { message: "no \u001b[31msuch account", pointer: "/target/accounts/0" },
          { message: "here", pointer: "/selection", line: 3, column: 7 },
        ],
      },
    );
    const result = await strongroom(service, ["up", "--json"]);
    expect(result.exit).to.equal(2);
    expect(result.stderr).to.equal(
      "Error: The target names what does not exist. [PLAN_UNKNOWN_ACCOUNT]\n  /target/accounts/0  no such account\n  3:7 /selection  here\n→ List them.\n",
    );
    expect(JSON.parse(result.stdout)).to.have.nested.property("error.code", "PLAN_UNKNOWN_ACCOUNT");
  });

  it("cancels the run on the first Ctrl-C where nobody can be asked", async () => {
    const work = strongroom(service, ["up"], {
      io: { onInterrupt: (handler) => (setTimeout(handler, 30), () => undefined) },
    });
    while (service.runs.cancelled.length === 0) await sleep(2);
    await play({ status: "cancelled" });
    const result = await work;
    expect(result.exit).to.equal(130);
    expect(service.runs.cancelled).to.deep.equal(["run-1 by token:operator"]);
    expect(result.stdout).to.include("Run run-1 (up) cancelled");
  });

  it("asks first on a terminal, and goes on when the answer is no", async () => {
    const questions: string[] = [];
    const work = strongroom(service, ["up"], {
      io: {
        interactive: true,
        ask: (question) => (questions.push(question), Promise.resolve("n")),
        onInterrupt: (handler) => (setTimeout(handler, 20), () => undefined),
      },
    });
    // The run goes on until the question was asked, however busy the machine is.
    while (questions.length === 0) await sleep(2);
    await play();
    const result = await work;
    expect(questions).to.deep.equal(["\nCancel run run-1? [y/N] "]);
    expect(service.runs.cancelled).to.deep.equal([]);
    expect(result.exit).to.equal(0);
  });

  it("leaves on the second Ctrl-C and says how to look again", async () => {
    const result = await strongroom(service, ["up"], {
      io: {
        onInterrupt: (handler) => {
          setTimeout(handler, 20);
          setTimeout(handler, 40);
          return () => undefined;
        },
      },
    });
    expect(result.exit).to.equal(130);
    expect(result.stderr).to.include("see `strongroom logs run-1 --follow`");
  });

  it("draws a table that is redrawn on a terminal, never wider than it", async () => {
    const [result] = await Promise.all([
      strongroom(service, ["up"], { io: { live: true, columns: () => 40 } }),
      play(),
    ]);
    expect(result.stderr).to.include(`✓ ${STAMP} app succeeded · +1 ~0 ±0 -0 =3 · 4.2 s\n`);
    expect(result.stderr).to.include("\u001b[1A\r\u001b[0J");
    // Whatever was drawn was taken away: as many lines up as live lines printed.
    const drawn = result.stderr.split("\u001b[0J").at(-1)!;
    expect(drawn).to.not.include("running ·");
  });
});
