import { keyFault, keyFaultText } from "./key-reference";
import type { Resource, Stack } from "./stack";
import type { Problem, Subject } from "./subject";
import { TYPES } from "./types";

/** Every resource of some types. */
export const resourcesOf =
  (...types: readonly (readonly string[])[]) =>
  (stack: Stack): Subject[] =>
    stack.ofTypes(types.flat()).map((resource) => ({ resource }));

/**
 * What is wrong with the key that a service encrypts with. Services that look a key up in their own account accept an
 * alias as well as the ARN (`aliases`); the property is the first of `names` that is set.
 */
export function* customerKeyProblems(
  stack: Stack,
  resource: Resource,
  names: readonly string[],
  { aliases = false } = {},
): Generator<Problem> {
  const property = names.find((name) => resource.view.raw(name) !== undefined) ?? names[0] ?? "";
  const value = resource.view.raw(property);
  const besides = aliases ? TYPES.kmsAlias : [];
  const origins = (resource.dependenciesOf(property) ?? []).map((urn) => stack.get(urn)?.type);
  const isAlias = origins.length > 0 && origins.every((type) => besides.includes(type ?? ""));
  if (isAlias && typeof value === "symbol") return;
  const fault = keyFault(stack, resource, value, property, property, besides);
  if (fault === undefined || (fault === "not-an-arn" && aliases)) return;
  yield { wrong: keyFaultText(fault, property) };
}
