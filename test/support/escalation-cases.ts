import fc from "fast-check";

import { parseDocument } from "../../policies/iam/document";
import { escalationsOf } from "../../policies/iam/escalation";
import {
  ESCALATION_PATHS,
  type EscalationPath,
  type Step,
} from "../../policies/iam/escalation-paths";
import { Permissions, type SourcedStatement } from "../../policies/iam/permissions";
import { mayBeAllowed, type RawDocument, type RawStatement } from "./iam-reference";

const ACCOUNT = "111122223333";
const arn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const OWN = arn("app");
const WORKER = arn("worker");
/** Names that nobody writes into a policy: what reaches them reaches all. */
const STRANGERS = [arn("zz-stranger"), arn("0/q_")];
const ACCOUNTS = [arn("*"), `arn:aws:iam::${ACCOUNT}:role*`, `arn:aws:iam::${ACCOUNT}:*`];

/** Whether a condition that was made for one step limits what another gains. */
type Bounds = (step: Step, madeFor: Step) => boolean;

/** Conditions of a grant, each with the truth about it: does it leave the step possible and its gain limited? */
const CONDITIONS: Readonly<
  Record<string, readonly [block: (step: Step) => object, bounds: Bounds]>
> = {
  none: [() => ({}), () => false],
  "the service": [
    ({ service }) => ({ StringEquals: { "iam:PassedToService": service ?? "x.amazonaws.com" } }),
    ({ service }, madeFor) =>
      service !== undefined && service !== (madeFor.service ?? "x.amazonaws.com"),
  ],
  "another service": [
    () => ({ StringEquals: { "iam:PassedToService": "other.amazonaws.com" } }),
    ({ service }) => service !== undefined,
  ],
  "any service": [
    () => ({ StringLike: { "iam:PassedToService": "*.amazonaws.com" } }),
    () => false,
  ],
  "another service, if said": [
    () => ({ StringEqualsIfExists: { "iam:PassedToService": "other.amazonaws.com" } }),
    () => false,
  ],
  "an exact boundary": [
    () => ({ ArnEquals: { "iam:PermissionsBoundary": `arn:aws:iam::${ACCOUNT}:policy/boundary` } }),
    ({ action }) => action.startsWith("iam:"),
  ],
  "any boundary": [() => ({ ArnLike: { "iam:PermissionsBoundary": "*" } }), () => false],
};

interface Granted {
  readonly statement: RawStatement;
  readonly step: Step;
  readonly condition: string;
}
/** Grants for steps of a way or two, spread over policies, and what is denied of them. */
export interface EscalationCase {
  readonly granted: readonly Granted[];
  readonly denied: readonly RawStatement[];
  readonly boundary: readonly RawStatement[] | undefined;
}

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const spelled = (action: string): fc.Arbitrary<string> =>
  some(action, action, action.toUpperCase(), `${action.slice(0, -2)}*`, action.replace(/.$/, "?"));
const granted = (step: Step): fc.Arbitrary<Granted> =>
  fc
    .tuple(
      spelled(step.action),
      some<string | readonly string[]>("*", "*", ...ACCOUNTS, OWN, WORKER, [WORKER, arn("w*")]),
      some("none", "none", "none", ...Object.keys(CONDITIONS)),
    )
    .map(([Action, Resource, condition]) => {
      const block = CONDITIONS[condition]?.[0](step) ?? {};
      const whole = Object.keys(block).length === 0 ? {} : { Condition: block as never };
      return { step, condition, statement: { Effect: "Allow", Action, Resource, ...whole } };
    });

export const escalationCases: fc.Arbitrary<EscalationCase> = fc
  .array(some(...ESCALATION_PATHS), { minLength: 1, maxLength: 2 })
  .chain((paths) => {
    const steps = paths.flatMap((path) => path.steps);
    return fc.record({
      granted: fc.tuple(...steps.map(granted)).map((all) => [...all]),
      denied: fc.array(
        fc
          .tuple(some(...steps), some("*", WORKER, OWN))
          .map(([{ action }, Resource]) => ({ Effect: "Deny" as const, Action: action, Resource })),
        { maxLength: 1 },
      ),
      boundary: fc.option(
        fc.array(
          some(...steps, ...steps).map(({ action }) => ({
            Effect: "Allow" as const,
            Action: action,
            Resource: "*",
          })),
          { maxLength: 4 },
        ),
        { nil: undefined, freq: 4 },
      ),
    });
  });

const policy = (statements: readonly RawStatement[]): RawDocument => ({
  Version: "2012-10-17",
  Statement: statements,
});

/** The slow answer: is a way open? Every step is tried on things that nobody has named, and on the holder itself. */
function isOpen(path: EscalationPath, { granted: all, denied, boundary }: EscalationCase): boolean {
  const on = (step: Step, resource: string): boolean =>
    all.some(({ statement, condition, step: madeFor }) => {
      // A grant is tried without its condition, once it is known that the condition does not bound the step.
      if (CONDITIONS[condition]?.[1](step, madeFor) === true) return false;
      const alone = { ...statement, Condition: {} };
      return mayBeAllowed(
        [policy([alone, ...denied])],
        boundary === undefined ? undefined : [policy(boundary)],
        step.action,
        resource,
        [{}],
      );
    });
  const everything = [OWN, WORKER, arn("w-"), ...STRANGERS];
  const made = path.steps.filter(({ needs }) => needs === "made");
  if (made.length > 0 && !everything.some((one) => made.every((step) => on(step, one))))
    return false;
  return path.steps.every((step) => {
    if (step.needs === "made") return true;
    if (step.needs === "any") return everything.some((one) => on(step, one));
    if (STRANGERS.every((one) => on(step, one))) return true;
    return step.needs === "strong" && on(step, OWN);
  });
}

/** Where the judge and the slow answer do not agree about ways to more permissions; empty where they do. */
export function escalationDisagreements(given: EscalationCase): string[] {
  const sourced = (statements: readonly RawStatement[]): SourcedStatement[] =>
    parseDocument(JSON.stringify(policy(statements)), "policy", "identity").statements.map(
      (read) => ({ statement: read(), document: "policy", version: "2012-10-17" }),
    );
  const permissions = new Permissions({
    policies: sourced([...given.granted.map(({ statement }) => statement), ...given.denied]),
    boundary: given.boundary === undefined ? undefined : sourced(given.boundary),
  });
  const found = new Set(escalationsOf(permissions, { arns: [OWN] }).map(({ path }) => path));
  return ESCALATION_PATHS.filter((path) => found.has(path) !== isOpen(path, given)).map(
    (path) => `${path.id}: the judge says ${found.has(path)}`,
  );
}
