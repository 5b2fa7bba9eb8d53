import { NAMES } from "../../stacks/naming";
import type { VaultSpec } from "../../stacks/spec";

export type FunctionName = keyof typeof NAMES.functionRoles;

/** The functions of a vault: `rotate` only where secrets are rotated. */
export function functionNames({ rotates }: Pick<VaultSpec, "rotates">): FunctionName[] {
  const all = Object.keys(NAMES.functionRoles) as FunctionName[];
  return all.filter((name) => name !== "rotate" || rotates === true);
}

/** A function's name is its role's, and so is its log group's end. */
export const logGroupOf = (name: FunctionName): string =>
  `/aws/lambda/${NAMES.functionRoles[name]}`;

/**
 * Where each function is. Restore is in the recovery Region as well, so that it works while the primary Region answers
 * nothing.
 */
export function regionsOf(
  name: FunctionName,
  spec: Pick<VaultSpec, "primaryRegion" | "recoveryRegion">,
): readonly string[] {
  return name === "restore" ? [spec.primaryRegion, spec.recoveryRegion] : [spec.primaryRegion];
}

/** The log groups of the functions, by Region. */
export function functionLogGroups(
  spec: Pick<VaultSpec, "primaryRegion" | "recoveryRegion" | "rotates">,
): Readonly<Record<string, readonly string[]>> {
  const names = functionNames(spec);
  return Object.fromEntries(
    [spec.primaryRegion, spec.recoveryRegion].map((region) => [
      region,
      names.filter((name) => regionsOf(name, spec).includes(region)).map(logGroupOf),
    ]),
  );
}
