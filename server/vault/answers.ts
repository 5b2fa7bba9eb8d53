import type { AccountCoverage, DrillReport, RestoreAnswer } from "../../lambdas/model";
import type { AccountRotations, RotateNowAnswer } from "../../lambdas/rotation-model";
import { AppError } from "../../stacks/errors";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Shape = Readonly<Record<string, "string" | "number" | "boolean" | "array">>;

/** Checks as much of an answer as the service relies on; the functions are ours, but may be of another version. */
function checkShape(what: string, value: unknown, shape: Shape): void {
  const wrong = isFields(value)
    ? Object.entries(shape).find(([name, type]) => {
        const found = value[name];
        return type === "array" ? !Array.isArray(found) : typeof found !== type;
      })
    : ["the document"];
  if (wrong === undefined) return;
  throw new AppError("VAULT_ANSWER", `${what} has another shape: ${wrong[0]} is not as expected`, {
    action: "Stamp the vault again: its functions are of another version than the service.",
  });
}

/** @throws AppError `VAULT_ANSWER` */
export function readCoverage(value: unknown): AccountCoverage {
  checkShape("the coverage", value, {
    accountId: "string",
    environment: "string",
    sweptAt: "string",
    secrets: "number",
    covered: "number",
    missing: "number",
    failed: "number",
    oldestMissingSeconds: "number",
    items: "array",
  });
  return value as AccountCoverage;
}

/** @throws AppError `VAULT_ANSWER` */
export function readRestore(value: unknown): RestoreAnswer {
  checkShape("the answer of the restore", value, { planDigest: "string", items: "array" });
  return value as RestoreAnswer;
}

/** @throws AppError `VAULT_ANSWER` */
export function readReport(value: unknown): DrillReport {
  checkShape("the report of the drill", value, {
    drillId: "string",
    startedAt: "string",
    passed: "boolean",
    rtoSeconds: "number",
    rpoSeconds: "number",
    restored: "number",
    accounts: "array",
    refusals: "array",
    problems: "array",
  });
  return value as DrillReport;
}

/** @throws AppError `VAULT_ANSWER` */
export function readRotateAnswer(value: unknown): RotateNowAnswer {
  checkShape("the answer of the rotation", value, { items: "array" });
  return value as RotateNowAnswer;
}

/** @throws AppError `VAULT_ANSWER` */
export function readRotations(value: unknown): AccountRotations {
  checkShape("the state of the rotations", value, {
    accountId: "string",
    environment: "string",
    lookedAt: "string",
    items: "array",
  });
  return value as AccountRotations;
}
