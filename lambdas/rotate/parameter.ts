import { NAMES } from "../../stacks/naming";

/** Parameter Store takes 15 levels at most (user guide, "About requirements and constraints for parameter names"). */
const MOST_SLASHES = 10;

/**
 * The parameter with the id of a secret's current version: the secret's name below a fixed path. What a secret's name may
 * hold and a parameter's may not is written as `.` and its code in hex.
 */
export function parameterOf(name: string): string {
  const isPath = /^[^/]+(\/[^/]+)*$/.test(name) && name.split("/").length - 1 <= MOST_SLASHES;
  const foreign = isPath ? /[^\w/-]/gu : /[^\w-]/gu;
  const written = name.replace(
    foreign,
    (character) => `.${(character.codePointAt(0) ?? 0).toString(16)}`,
  );
  return NAMES.versionParameters + written;
}
