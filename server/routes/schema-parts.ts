import { Type, type Static, type TSchema } from "typebox";

import { type ErrorCode, ERRORS } from "../../stacks/errors";
import type { ProblemDocument } from "../plugins/problems";

/** Unknown keys are refused, and none leaves. */
export const closed = { additionalProperties: false } as const;

export const text = (description: string) => Type.String({ description });
export const choice = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({
    type: "string",
    enum: values,
    ...(description === undefined ? {} : { description }),
  });
export const time = (description: string) => Type.String({ format: "date-time", description });
export const count = (description: string) => Type.Integer({ minimum: 0, description });
/** Refers to a shared shape by its name; the type comes from the contract. */
export const ref = <T>(id: string) => Type.Unsafe<T>({ $ref: `${id}#` });
/** Gives a shape the name that `ref` and the OpenAPI document know it by. */
export const named = <T extends TSchema>($id: string, schema: T): T =>
  Object.assign(schema, { $id });

const Problem = Type.Object(
  {
    message: text("What is wrong and what to set"),
    pointer: Type.Optional(text("JSON pointer (RFC 6901)")),
    line: Type.Optional(Type.Integer({ minimum: 1 })),
    column: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);

const errorCodes = Object.keys(ERRORS) as ErrorCode[];

export const ErrorRecordSchema = named(
  "Error",
  Type.Object(
    {
      code: choice(errorCodes),
      message: text("What is wrong, with the value and the place"),
      action: Type.Optional(text("What to change or to run")),
      problems: Type.Optional(Type.Array(Problem)),
    },
    closed,
  ),
);

export const ProblemSchema = named(
  "Problem",
  Type.Object(
    {
      type: text("urn:strongroom:error:<code>"),
      title: text("The kind of error"),
      status: Type.Integer({ minimum: 400, maximum: 599 }),
      detail: text("What went wrong this time"),
      instance: text("urn:strongroom:request:<request id>"),
      code: choice(errorCodes, "Branch on this, never on text"),
      retryable: Type.Boolean({ description: "Whether the same request may succeed later" }),
      action: Type.Optional(text("What to change or to run")),
      errors: Type.Optional(Type.Array(Problem)),
    },
    { ...closed, description: "An error as RFC 9457 describes it" },
  ),
);

const problem = ref<ProblemDocument>("Problem");

/** The error answers of a route, for its schema: 401, 429 and the rest that any route may give, and its own. */
export function problems(...statuses: number[]): Record<number, TSchema> {
  const all = [...new Set([400, 401, 403, 429, 500, 503, ...statuses])].sort((a, b) => a - b);
  return Object.fromEntries(
    all.map((status) => [
      status,
      {
        description: Object.values(ERRORS)
          .filter((kind) => kind.status === status)
          .map((kind) => kind.title)
          .join("; "),
        content: { "application/problem+json": { schema: problem } },
      },
    ]),
  );
}

/** The fields of a contract that its schema lacks: they would vanish from the answers without a word. */
export type Missing<Contract, Schema extends TSchema> = Exclude<
  keyof Contract,
  keyof Static<Schema>
>;
/** Compiles only for an object without any field that is missing. */
export type Nothing<T extends Record<string, never>> = T;
