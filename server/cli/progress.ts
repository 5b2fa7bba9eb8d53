import type { RunEvent, RunRecord, StampStatus } from "../runs-ports";
import type { CliIo } from "./io";
import { countsText, RunState, type StampLine } from "./run-state";
import { clean, counted, cut, duration } from "./text";

/** Shows how a run goes while it goes. */
export interface Progress {
  event(event: RunEvent): void;
  /** A line of ours in between, for example a question. */
  note(text: string): void;
  /** Takes the live part off the terminal. */
  stop(): void;
}

const REDRAW_MS = 120;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** Lines of running stamps that are shown at once; the totals count the others. */
const MOST_LINES = 16;
const CLEAR_BELOW = "\u001b[0J";

const MARKS: Readonly<Partial<Record<StampStatus, string>>> = {
  succeeded: "✓",
  failed: "✗",
  cancelled: "◌",
  "not-started": "◌",
};

/** Progress for whoever watches: a table that is drawn again and again, or one line for each thing that happened. */
export function showProgress(io: CliIo, run: RunRecord): Progress {
  return io.live ? new LiveProgress(io, run) : new PlainProgress(io, run);
}

/** One line that says how a stamp ended. */
export function endLine(line: StampLine): string {
  if (line.unchanged === true) return "unchanged";
  const parts = [
    line.status,
    ...(line.counts === undefined ? [] : [countsText(line.counts)]),
    ...(line.seconds === undefined ? [] : [duration(line.seconds)]),
    ...(line.found.fail === 0 ? [] : [counted(line.found.fail, "policy violation")]),
    ...(line.found.undetermined === 0 ? [] : [`${line.found.undetermined} undetermined`]),
    ...(line.found.exempt === 0 ? [] : [`${line.found.exempt} exempt`]),
  ];
  const reason = line.error === undefined ? "" : `: ${clean(line.error.message)}`;
  return `${parts.join(" · ")}${reason}`;
}

class PlainProgress implements Progress {
  private readonly state: RunState;

  constructor(
    private readonly io: CliIo,
    run: RunRecord,
  ) {
    this.state = new RunState(run);
  }

  event(event: RunEvent): void {
    const line = this.state.apply(event);
    const text = plainLine(event, line);
    if (text !== undefined) this.io.err(`${event.at.slice(11, 19)} ${text}\n`);
  }

  note(text: string): void {
    this.io.err(`${text}\n`);
  }

  stop(): void {
    // Nothing is left on the terminal.
  }
}

/** The line for an event, or undefined for what only matters to somebody who watches. */
export function plainLine(event: RunEvent, line: StampLine | undefined): string | undefined {
  const { type, data } = event;
  const name = event.stamp ?? "";
  switch (type) {
    case "run.queued":
      return "run queued";
    case "run.started":
      return "run started";
    case "run.cancel-requested":
      return `cancelling, asked by ${clean(String(data["by"]))}`;
    case "run.held":
      return holdLine(data);
    case "run.approved":
      return `approved by ${clean(String(data["by"]))}${typeof data["missing"] === "number" ? `; ${data["missing"]} more must` : ""}`;
    case "run.resumed":
      return "the pause is over";
    case "stamp.planned":
      return `${name} planned${data["precious"] === true ? ": would delete or replace a key, a secret or a bucket" : ""}`;
    case "run.ended":
      return `run ${clean(String(data["status"]))}`;
    case "stamp.started":
      return `${name} started`;
    case "stamp.ended":
      return line === undefined ? undefined : `${name} ${endLine(line)}`;
    case "stamp.policy":
      return `${name} ${clean(`${[data["level"], data["verdict"]].filter((one) => typeof one === "string").join(", ")} ${String(data["rule"])}: ${String(data["message"])}`)}`;
    case "stamp.message":
      return data["level"] === "info"
        ? undefined
        : `${name} ${clean(`${String(data["level"])}: ${String(data["text"])}`)}`;
    case "stamp.resource":
      return data["status"] === "failed"
        ? `${name} failed: ${clean(String(data["urn"]))}`
        : undefined;
  }
}

function holdLine({ kind, wave, until }: RunEvent["data"]): string {
  const after = typeof wave === "string" ? ` after the wave ${clean(wave)}` : "";
  return kind === "pause"
    ? `pauses${after} until ${clean(String(until))}`
    : `waits for an approval${after === "" ? " of its plan" : after}`;
}

class LiveProgress implements Progress {
  private readonly state: RunState;
  private readonly started: number;
  private readonly timer: NodeJS.Timeout;
  private drawn = 0;
  private frame = 0;

  constructor(
    private readonly io: CliIo,
    run: RunRecord,
  ) {
    this.state = new RunState(run);
    this.started = io.now();
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
    // The redrawing alone must not keep a command alive that has ended otherwise.
    this.timer.unref();
    this.draw();
  }

  event(event: RunEvent): void {
    const line = this.state.apply(event);
    if (event.type === "stamp.ended" && line !== undefined) this.above(this.ended(line));
    else if (event.type === "stamp.policy" || isWarning(event) || isOfGates(event)) {
      const text = plainLine(event, line);
      if (text !== undefined) this.above(`${this.io.paint.yellow("!")} ${text}`);
    }
  }

  note(text: string): void {
    this.above(text);
  }

  stop(): void {
    clearInterval(this.timer);
    this.erase();
  }

  private ended(line: StampLine): string {
    const { green, red, dim } = this.io.paint;
    const colour = line.status === "succeeded" ? green : line.status === "failed" ? red : dim;
    const account = line.account === "" ? "" : dim(` ${cut(clean(line.account), 24)}`);
    return `${colour(MARKS[line.status] ?? "?")} ${line.stamp}${account} ${endLine(line)}`;
  }

  /** Prints a line that stays, above the live part. */
  private above(text: string): void {
    this.erase();
    this.io.err(`${text}\n`);
    this.draw();
  }

  private erase(): void {
    if (this.drawn > 0) this.io.err(`\u001b[${this.drawn}A\r${CLEAR_BELOW}`);
    this.drawn = 0;
  }

  private draw(): void {
    const lines = this.lines().map((line) => `${line}\n`);
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A\r${CLEAR_BELOW}` : "";
    this.drawn = lines.length;
    this.io.err(up + lines.join(""));
  }

  /** Never wider than the terminal: a line that wraps would make the next redraw erase too little. */
  private lines(): string[] {
    const { state, io } = this;
    const columns = Math.max(20, io.columns() - 1);
    this.frame += 1;
    const spinner = FRAMES[this.frame % FRAMES.length] ?? "";
    const running = state.running();
    const shown = running.slice(0, MOST_LINES).map((line) => {
      const since =
        line.startedAt === undefined ? 0 : Math.max(0, (io.now() - line.startedAt) / 1000);
      const text = `${line.stamp} ${duration(since).padStart(7)} ${clean(line.activity)} ${clean(line.account)}`;
      return `${io.paint.dim(spinner)} ${cut(text, columns - 2).trimEnd()}`;
    });
    if (running.length > MOST_LINES)
      shown.push(io.paint.dim(`  and ${running.length - MOST_LINES} more`));
    const totals = [
      `${state.count("succeeded")} done`,
      ...(state.count("failed") > 0 ? [`${state.count("failed")} failed`] : []),
      `${running.length} running`,
      `${state.count("waiting")} waiting`,
      duration((io.now() - this.started) / 1000),
      ...(state.cancelRequested ? ["cancelling"] : []),
    ];
    return [...shown, io.paint.bold(cut(totals.join(" · "), columns))];
  }
}

const isOfGates = ({ type }: RunEvent): boolean =>
  type === "run.held" || type === "run.approved" || type === "run.resumed";

const isWarning = ({ type, data }: RunEvent): boolean =>
  type === "stamp.message" && data["level"] !== "info";
