import type { VerdictCounts } from "../../policies/deployed";
import type { ErrorRecord } from "../../stacks/errors";
import type { ChangeCounts, PolicyViolation } from "../ports";
import type { RunEvent, RunRecord, RunStatus, StampStatus } from "../runs-ports";

/** What is known of one stamp while its run goes on. */
export interface StampLine {
  readonly stamp: string;
  /** Name of its account: other people's text. */
  readonly account: string;
  status: StampStatus;
  /** When it was started, milliseconds since 1970 by the service's clock. */
  startedAt?: number;
  seconds?: number;
  counts?: Partial<ChangeCounts>;
  /** It was left alone. */
  unchanged?: boolean;
  /** Rules that found something wrong, that could not decide, and findings that an exemption accepts. */
  readonly found: Record<NonNullable<PolicyViolation["verdict"]>, number>;
  /** What it does at the moment. */
  activity: string;
  error?: ErrorRecord;
}

/** What the events of a run add up to; the same for the live table and for plain lines. */
export class RunState {
  readonly stamps = new Map<string, StampLine>();
  status: RunStatus = "queued";
  cancelRequested = false;

  constructor(run: RunRecord) {
    const names = new Map(run.accounts.map(({ accountId, name }) => [accountId, name]));
    for (const { stamp, accountId } of run.stamps) {
      this.stamps.set(stamp, {
        stamp,
        account: names.get(accountId) ?? "",
        status: "waiting",
        found: nothing(),
        activity: "",
      });
    }
  }

  /** Takes an event in and gives back the stamp that it is about. */
  apply(event: RunEvent): StampLine | undefined {
    const { type, data } = event;
    if (type === "run.started") this.status = "running";
    if (type === "run.cancel-requested") this.cancelRequested = true;
    if (type === "run.ended") this.status = (data["status"] as RunStatus | undefined) ?? "failed";
    if (event.stamp === undefined) return undefined;
    const line = this.line(event.stamp);
    switch (type) {
      case "stamp.started":
        line.status = "running";
        line.startedAt = Date.parse(event.at);
        break;
      case "stamp.resource":
        line.activity = resourceActivity(data);
        break;
      case "stamp.policy":
        line.found[verdictOf(data)] += 1;
        break;
      case "stamp.planned":
        line.status = "waiting";
        line.activity = "";
        break;
      case "stamp.ended":
        end(line, event);
        break;
      default:
        break;
    }
    return line;
  }

  count(...statuses: readonly StampStatus[]): number {
    return [...this.stamps.values()].filter(({ status }) => statuses.includes(status)).length;
  }

  running(): StampLine[] {
    return [...this.stamps.values()].filter(({ status }) => status === "running");
  }

  private line(stamp: string): StampLine {
    const known = this.stamps.get(stamp);
    if (known !== undefined) return known;
    const fresh: StampLine = {
      stamp,
      account: "",
      status: "waiting",
      found: nothing(),
      activity: "",
    };
    this.stamps.set(stamp, fresh);
    return fresh;
  }
}

const nothing = (): StampLine["found"] => ({ fail: 0, undetermined: 0, exempt: 0 });

const verdictOf = ({ verdict }: RunEvent["data"]): keyof StampLine["found"] =>
  verdict === "undetermined" || verdict === "exempt" ? verdict : "fail";

function end(line: StampLine, { data, at }: RunEvent): void {
  line.status = (data["status"] as StampStatus | undefined) ?? "failed";
  line.activity = "";
  if (data["unchanged"] === true) line.unchanged = true;
  const { counts, seconds, error } = data as {
    counts?: Partial<ChangeCounts>;
    seconds?: number;
    error?: ErrorRecord;
  };
  if (counts !== undefined) line.counts = counts;
  if (error !== undefined) line.error = error;
  if (seconds !== undefined) line.seconds = seconds;
  else if (line.startedAt !== undefined) line.seconds = (Date.parse(at) - line.startedAt) / 1000;
}

/** `create Bucket backups`, from a resource event: the last parts of the URN say what it is. */
function resourceActivity(data: Readonly<Record<string, unknown>>): string {
  const parts = String(data["urn"]).split("::");
  const type = (parts[2] ?? "").split("$").at(-1)?.split(":").at(-1) ?? "";
  return `${String(data["operation"])} ${type} ${parts.slice(3).join("::")}`.trim();
}

/** `+3 ~1 ±0 -0 =12`: what was (or would be) created, updated, replaced, deleted, and is the same. */
export function countsText(counts: Partial<ChangeCounts> | undefined): string {
  if (counts === undefined) return "";
  const { create = 0, update = 0, replace = 0, delete: gone = 0, same = 0 } = counts;
  return `+${create} ~${update} ±${replace} -${gone} =${same}`;
}

/** `64 passed, 1 failed, 0 undetermined, 1 exempt`: how often the rules said what; exemptions only where there are any. */
export function verdictsText({ pass, fail, undetermined, exempt = 0 }: VerdictCounts): string {
  const excused = exempt === 0 ? "" : `, ${exempt} exempt`;
  return `${pass} passed, ${fail} failed, ${undetermined} undetermined${excused}`;
}
