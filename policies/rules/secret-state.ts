import type { Stack } from "../model/stack";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

const VALUES = ["secretString", "secretBinary"];

interface ClearValue extends Subject {
  readonly property: string;
}

export const secretValueMarkedSecret = defineRule<ClearValue>({
  id: "secret-value-marked-secret",
  catalogue: [25],
  objective: "credentials",
  severity: "critical",
  scope: "stack",
  checks:
    "The value of a secret is marked as secret wherever it stands. The engine hands values over without the mark, so this is decided over files and states.",
  why: "What is not marked is not encrypted: it stands in the state for everybody who may read it.",
  fix: "Wrap the value in pulumi.secret(), or leave it out.",
  corresponds: [],
  subjects: (stack: Stack) =>
    stack.ofTypes([...TYPES.secretVersion, ...TYPES.secret]).flatMap((resource) =>
      resource.input.markedSecret === undefined
        ? []
        : VALUES.filter((property) => {
            const value = resource.view.raw(property);
            return value !== undefined && value !== "" && value !== UNKNOWN;
          }).map((property) => ({ resource, property })),
    ),
  *check({ resource, property }) {
    if (resource.input.markedSecret?.includes(property) !== true) {
      yield { wrong: `has its value in the clear (${property})` };
    }
  },
});
