import { FunctionError, type SecretValue } from "../ports";

/** A JSON object as a secret holds it. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * A secret's value as a JSON object.
 *
 * @throws FunctionError `ROTATION_VALUE` where it is not one; the text is not in the message.
 */
export function fieldsOf(value: SecretValue, arn: string): Fields {
  try {
    if (value.kind === "string") {
      const fields: unknown = JSON.parse(value.text);
      if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) {
        return fields as Fields;
      }
    }
  } catch {
    // Below: the parser's message would hold a piece of the value.
  }
  throw new FunctionError(
    "ROTATION_VALUE",
    `The value of ${arn} is not a JSON object, which its rotator needs`,
    false,
  );
}

/**
 * Fields that must be there as text.
 *
 * @throws FunctionError `ROTATION_VALUE` with the names of all that are missing.
 */
export function textFields<Name extends string>(
  fields: Fields,
  names: readonly Name[],
  arn: string,
): Record<Name, string> {
  const missing = names.filter((name) => typeof fields[name] !== "string" || fields[name] === "");
  if (missing.length > 0) {
    throw new FunctionError(
      "ROTATION_VALUE",
      `The value of ${arn} lacks ${missing.join(", ")} as text, which its rotator needs`,
      false,
    );
  }
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as Record<Name, string>;
}

/** A JSON object as a secret's value. */
export const jsonValue = (fields: Fields): SecretValue => ({
  kind: "string",
  text: JSON.stringify(fields),
});
