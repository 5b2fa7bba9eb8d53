import path from "node:path";

import fc from "fast-check";

import { evaluate } from "../../policies/evaluate";
import { parseDocument } from "../../policies/iam/document";
import { readResources } from "../../policies/resource-file";
import { Undetermined } from "../../policies/model/values";
import { escalationDisagreements, type EscalationCase } from "./escalation-cases";
import { disagreements, policyCases, type PolicyCase } from "./policy-cases";
import { trustDisagreements, type TrustCase } from "./trust-cases";

/** Inputs that once were read wrongly, or that are worth reading at every change; the unit tests replay all of them. */
export const CORPUS = path.resolve(__dirname, "../../../test/corpus/policies");

/** A text that takes longer than this hangs, for whoever waits for it; milliseconds. */
const LONGEST = 20_000;

/** What is wrong with how a text is read: by the reader of files, by the rules, by the reader of documents. */
export function judgeText(text: string): string[] {
  const started = Date.now();
  const problems: string[] = [];
  const attempt = (what: string, work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      if (thrown instanceof Undetermined) return;
      problems.push(`${what} threw ${thrown instanceof Error ? thrown.name : typeof thrown}`);
    }
  };
  attempt("The reader of documents", () => {
    for (const read of parseDocument(text, "policy").statements) attempt("A statement", read);
  });
  const holders = [
    ["aws:iam/rolePolicy:RolePolicy", "policy"],
    ["aws:iam/role:Role", "assumeRolePolicy"],
    ["aws:kms/key:Key", "policy"],
  ] as const;
  const resources = holders.map(([type, property], at) => ({
    type,
    name: `r${at}`,
    props: { role: "r1", [property]: text },
  }));
  attempt("The rules", () => evaluate(readResources(resources).resources));
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return problems;
  }
  attempt("The rules over data", () => {
    evaluate(
      readResources(
        holders.map(([type, property], at) => ({
          type,
          name: `r${at}`,
          props: { role: "r1", [property]: data },
        })),
      ).resources,
    );
    evaluate(readResources(data).resources);
  });
  if (has<PolicyCase>(data, "policies")) problems.push(...disagreements(data));
  if (has<TrustCase>(data, "trust")) problems.push(...trustDisagreements(data));
  if (has<EscalationCase>(data, "granted")) problems.push(...escalationDisagreements(data));
  if (Date.now() - started > LONGEST) problems.push(`It took ${Date.now() - started} ms`);
  return problems;
}

/** Whether a kept text is a case for the reference, by the name of a list or document that only such cases have. */
function has<Case>(data: unknown, name: keyof Case & string): data is Case {
  return (
    typeof data === "object" &&
    data !== null &&
    name in data &&
    typeof (data as Case)[name] === "object"
  );
}

const PIECES = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\",
  "\\u002a",
  "*",
  "?",
  "${",
  "}",
  "null",
  "true",
  "1e999",
  "\u0000",
  "\uFEFF",
  '"Action":"*",',
  '"__proto__":{},',
  '"constructor":1,',
  '"Effect":"deny",',
  '"Principal":"*",',
  "[[[[[[[[",
  "ForAllValues:",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
] as const;

/** Policies as texts with pieces put in, taken out and repeated; and texts that never were policies. */
export const mutatedTexts: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        policyCases,
        fc.array(
          fc.record({
            at: fc.nat(4000),
            drop: fc.nat(20),
            piece: fc.constantFrom(...PIECES),
            times: fc.constantFrom(1, 1, 1, 1, 2, 3000),
          }),
          { maxLength: 4 },
        ),
      )
      .map(([{ policies }, changes]) =>
        changes.reduce((text, { at, drop, piece, times }) => {
          const start = at % (text.length + 1);
          return text.slice(0, start) + piece.repeat(times) + text.slice(start + drop);
        }, JSON.stringify(policies[0])),
      ),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
);
