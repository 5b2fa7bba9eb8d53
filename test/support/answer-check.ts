import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv";

import type { App } from "../../server/app";

const escapePart = (text: string): string => text.replaceAll("~", "~0").replaceAll("/", "~1");

interface Documented {
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>
  >;
}

/**
 * Compares every JSON answer of an application with the OpenAPI document it publishes. What does not fit makes `close()`
 * fail, and with it the test that saw it.
 */
export function checkAnswers(app: App): void {
  const wrong: string[] = [];
  const compiled = new Map<string, ValidateFunction>();
  let ajv: Ajv2020 | undefined;

  app.addHook("onSend", (request, reply, payload, done) => {
    const pattern = request.routeOptions.url?.replaceAll(/:(\w+)/g, "{$1}");
    const type = String(reply.getHeader("content-type") ?? "").split(";")[0] ?? "";
    if (
      pattern?.startsWith("/v1/") === true &&
      type.endsWith("json") &&
      typeof payload === "string"
    ) {
      const where = `${request.method} ${pattern} ${reply.statusCode} ${type}`;
      const document = app.swagger() as unknown as Documented;
      const answer =
        document.paths[pattern]?.[request.method.toLowerCase()]?.responses[reply.statusCode];
      if (answer?.content?.[type] === undefined) wrong.push(`${where} is not documented`);
      else {
        if (ajv === undefined) {
          ajv = new Ajv2020({ strict: false, validateFormats: false });
          ajv.addSchema(document, "api");
        }
        const parts = ["paths", pattern, request.method.toLowerCase(), "responses"];
        const path = [...parts, String(reply.statusCode), "content", type, "schema"].map(
          escapePart,
        );
        const validate = compiled.get(where) ?? ajv.compile({ $ref: `api#/${path.join("/")}` });
        compiled.set(where, validate);
        if (!validate(JSON.parse(payload)))
          wrong.push(`${where}: ${ajv.errorsText(validate.errors)}`);
      }
    }
    done(null, payload);
  });
  app.addHook("onClose", (_app, done) => {
    done(
      wrong.length === 0 ? undefined : new Error(`answers that do not fit: ${wrong.join("; ")}`),
    );
  });
}
