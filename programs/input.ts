import { Ajv, type ErrorObject } from "ajv";

import { AppError, type Problem } from "../stacks/errors";
import { STACK_KINDS } from "../stacks/kinds";
import { parseStampName } from "../stacks/naming";
import { Connection, SPEC_SCHEMAS, type StackSpec } from "../stacks/spec";

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const validators = {
  access: ajv.compile(SPEC_SCHEMAS.access),
  vault: ajv.compile(SPEC_SCHEMAS.vault),
  member: ajv.compile(SPEC_SCHEMAS.member),
};
const validateConnection = ajv.compile<Connection>(Connection);

export interface ProgramInput {
  readonly spec: StackSpec;
  readonly connection: Connection;
}

/**
 * Reads the two configuration objects of a stack, as they came from `Pulumi.<stack>.yaml` or the service.
 *
 * @param stack the stack's name, which says the kind and the account that the spec must have.
 * @throws AppError `SPEC_INVALID` with every problem of both objects at once, `SPEC_STAMP_NAME` for a stack with another
 *   kind of name.
 */
export function readInput(stack: string, spec: unknown, connection: unknown): ProgramInput {
  const { kind, accountId } = parseStampName(stack);
  const problems = [
    ...specProblems(spec),
    ...nameProblems(stack, kind, accountId, spec),
    ...(validateConnection(connection)
      ? []
      : toProblems("/strongroom:connection", validateConnection.errors)),
  ];
  if (problems.length > 0) {
    throw new AppError("SPEC_INVALID", `The configuration of ${stack} has mistakes`, {
      problems,
      action: `Correct Pulumi.${stack}.yaml; the schemas are in stacks/spec.ts.`,
    });
  }
  return { spec: spec as StackSpec, connection: connection as Connection };
}

function kindOf(spec: unknown): StackSpec["kind"] | undefined {
  const kind: unknown =
    typeof spec === "object" && spec !== null && "kind" in spec ? spec.kind : undefined;
  return STACK_KINDS.find((known) => known === kind);
}

function specProblems(spec: unknown): Problem[] {
  const kind = kindOf(spec);
  if (kind === undefined) {
    return [
      {
        pointer: "/strongroom:spec/kind",
        message: `must be one of ${STACK_KINDS.join(", ")}`,
      },
    ];
  }
  const validate = validators[kind];
  return validate(spec) ? [] : toProblems("/strongroom:spec", validate.errors);
}

/** A spec in the wrong stack would change the wrong account: the provider refuses it too, but late. */
function nameProblems(stack: string, kind: string, accountId: string, spec: unknown): Problem[] {
  if (typeof spec !== "object" || spec === null) return [];
  const given = spec as { readonly kind?: unknown; readonly accountId?: unknown };
  const problems: Problem[] = [];
  if (kindOf(spec) !== undefined && given.kind !== kind) {
    problems.push({
      pointer: "/strongroom:spec/kind",
      message: `is "${String(given.kind)}", but the stack is ${stack}`,
    });
  }
  if (typeof given.accountId === "string" && given.accountId !== accountId) {
    problems.push({
      pointer: "/strongroom:spec/accountId",
      message: `is "${given.accountId}", but the stack is ${stack}`,
    });
  }
  return problems;
}

/** Names the key that is missing or unknown, which ajv gives apart from the path. */
function toProblems(root: string, errors: readonly ErrorObject[] | null | undefined): Problem[] {
  return (errors ?? [])
    .filter((error) => error.keyword !== "anyOf")
    .map((error) => {
      const key: unknown = error.params.missingProperty ?? error.params.additionalProperty;
      const missing = error.params.missingProperty !== undefined;
      return {
        pointer: `${root}${error.instancePath}${typeof key === "string" ? `/${key}` : ""}`,
        message:
          typeof key === "string"
            ? missing
              ? "is missing"
              : "is not known"
            : (error.message ?? "is not valid"),
      };
    });
}
