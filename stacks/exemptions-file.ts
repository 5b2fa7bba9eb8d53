import { Ajv } from "ajv";
import { Type, type Static } from "typebox";
import { LineCounter, parseDocument } from "yaml";

import { AppError, type Problem } from "./errors";
import { DAY } from "./exemptions";
import { schemaProblem } from "./fleet-problems";
import { Places } from "./yaml-places";

const ExemptionSchema = Type.Object(
  {
    rule: Type.String({ pattern: "^[a-z]+(-[a-z]+)+$", title: "the id of a rule" }),
    stack: Type.Optional(
      Type.String({ minLength: 1, title: "the name of a stack, with * and ? as wildcards" }),
    ),
    resource: Type.Optional(
      Type.String({
        minLength: 1,
        title: "a resource: its name, type::name or URN, with wildcards",
      }),
    ),
    reason: Type.String({ minLength: 10, title: "a reason of at least 10 characters" }),
    owner: Type.String({ minLength: 1, title: "who answers for it" }),
    expires: Type.String({ pattern: DAY.source, title: "a day, as 2027-01-31" }),
  },
  { additionalProperties: false },
);

/** The file of exemptions: what the rules say all the same, who answers for it, and until when. */
export const ExemptionsSchema = Type.Object(
  { version: Type.Literal(1), exemptions: Type.Array(ExemptionSchema) },
  { additionalProperties: false, title: "Exemptions from Strongroom's policy rules" },
);

export type Exemption = Static<typeof ExemptionSchema>;

const validate = new Ajv({ allErrors: true, strict: true, verbose: true }).compile<
  Static<typeof ExemptionsSchema>
>(ExemptionsSchema);

/**
 * Reads a file of exemptions. Throws `SPEC_INVALID` with every mistake in it, each with line and column: syntax, unknown and
 * missing keys, wrong values, rules that do not exist (`ruleIds`), and exemptions that name neither stack nor resource.
 */
export function parseExemptions(
  text: string,
  fileName: string,
  ruleIds: readonly string[],
): readonly Exemption[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const places = new Places(document, lines);
  const problems: Problem[] = document.errors.map(({ message, pos }) => ({
    message: `YAML: ${message}`,
    ...places.at(pos[0]),
  }));
  if (problems.length > 0) throw invalid(fileName, problems);
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (!validate(value)) {
    for (const error of validate.errors ?? []) {
      const problem = schemaProblem(error, places);
      if (problem !== undefined) problems.push(problem);
    }
    throw invalid(fileName, problems);
  }
  for (const [index, { rule, stack, resource }] of value.exemptions.entries()) {
    const pointer = `/exemptions/${index}`;
    if (!ruleIds.includes(rule)) {
      const place = `${pointer}/rule`;
      problems.push({
        message: "there is no rule of this id",
        pointer: place,
        ...places.of(place),
      });
    }
    if (stack === undefined && resource === undefined) {
      problems.push({
        message: "names neither stack nor resource",
        pointer,
        ...places.of(pointer),
      });
    }
  }
  if (problems.length > 0) throw invalid(fileName, problems);
  return value.exemptions;
}

function invalid(fileName: string, problems: readonly Problem[]): AppError {
  const sorted = [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const count = sorted.length === 1 ? "a mistake" : `${sorted.length} mistakes`;
  return new AppError("SPEC_INVALID", `The file of exemptions ${fileName} has ${count}.`, {
    action: "Correct each place; docs/command-line.md says what an exemption holds.",
    problems: sorted,
  });
}
