import { Ajv, type Options } from "ajv";
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";

const common: Options = { strict: true, allErrors: true, removeAdditional: false };

/**
 * Compiles the request schemas. A body is taken as it is: nothing is converted and no unknown key is dropped, so what
 * was validated is what is run. Addresses, queries and headers are text, so numbers and booleans are read from it.
 */
export function validatorCompiler(): FastifySchemaCompiler<TSchema> {
  const body = new Ajv({ ...common, coerceTypes: false });
  const text = new Ajv({ ...common, coerceTypes: true, useDefaults: true });
  return ({ schema, httpPart }) => (httpPart === "body" ? body : text).compile(schema);
}
