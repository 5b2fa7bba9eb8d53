import { AppError, type Problem } from "../../stacks/errors";
import type { Role } from "../auth/roles";
import { type Operation, STACK_OPERATIONS, type StackOperation } from "../ports";
import type { RunRequest } from "../runs-ports";

/** Only operations on stacks say something about a stamp's own state. */
export function isOfStacks(operation: string): operation is StackOperation {
  return (STACK_OPERATIONS as readonly string[]).includes(operation);
}

/** Whether a run may change a stack, a secret or the vault's name space for drills. */
export function writesSecrets({
  operation,
  restore,
}: Pick<RunRequest, "operation" | "restore">): boolean {
  return (
    operation === "drill" ||
    operation === "rotate" ||
    (operation === "restore" && restore?.order === "write")
  );
}

/** The role that a request needs: who takes down, restores, drills or renews decides about what others own. */
export function roleFor(request: Pick<RunRequest, "operation" | "restore">): Role {
  return request.operation === "retire" || writesSecrets(request) ? "approver" : "operator";
}

/** Which operations each part of a request belongs to. */
const PARTS: Readonly<
  Partial<Record<keyof RunRequest, { readonly of: readonly Operation[]; readonly what: string }>>
> = {
  confirm: { of: ["retire"], what: "confirm names the stamps that retire takes down" },
  refresh: { of: STACK_OPERATIONS, what: "refresh is about stacks" },
  force: { of: ["preview", "up"], what: "force is about what would be made" },
  restore: { of: ["restore"], what: "restore says what a restore is about" },
  drill: { of: ["drill"], what: "drill says how a drill is done" },
  rotate: { of: ["rotate"], what: "rotate says which secrets are renewed" },
};

/**
 * Refuses what a schema cannot see: parts of another operation and contradictions (`SPEC_INVALID`), and a writing without
 * a reason (`SPEC_REASON_MISSING`).
 */
export function checkRequest(request: RunRequest): void {
  const problems: Problem[] = [];
  for (const [part, { of, what }] of Object.entries(PARTS)) {
    if (request[part as keyof RunRequest] === undefined || of.includes(request.operation)) continue;
    problems.push({
      message: `${what}; the operation is ${request.operation}`,
      pointer: `/${part}`,
    });
  }
  const { order, planRun, point } = request.restore ?? {};
  if (order === "write" && planRun === undefined) {
    problems.push({
      message: "a writing names the run that planned it",
      pointer: "/restore/planRun",
    });
  }
  if (request.operation === "rotate" && request.rotate === undefined) {
    problems.push({ message: "say which secrets, by name", pointer: "/rotate" });
  }
  if (order !== "write" && planRun !== undefined) {
    problems.push({ message: "only a writing follows a plan", pointer: "/restore/planRun" });
  }
  if (point?.at === "time" && Number.isNaN(Date.parse(point.time))) {
    problems.push({
      message: `${JSON.stringify(point.time)} is not a time`,
      pointer: "/restore/point/time",
    });
  }
  if (problems.length > 0) {
    throw new AppError("SPEC_INVALID", "The parts of the request do not fit together.", {
      action: "See docs/http-api.md for what each operation takes.",
      problems,
    });
  }
  if (writesSecrets(request) && (request.reason ?? "").trim() === "") {
    throw new AppError(
      "SPEC_REASON_MISSING",
      `A ${request.operation} that writes needs a reason.`,
      {
        action: "Give `reason`, for example the ticket; it is kept in the audit log.",
        problems: [{ message: "say why", pointer: "/reason" }],
      },
    );
  }
}
