import { Type, type TSchema } from "typebox";

/** Every object refuses unknown keys: a misspelt `exclude` must not quietly include an account. */
export const section = <T extends Record<string, TSchema>>(properties: T, description: string) =>
  Type.Object(properties, { additionalProperties: false, description });
