import { FunctionError } from "../../ports";
import { randomText } from "../generate";
import type { Rotator } from "../rotator";
import { wholeNumber, type Setting, type SettingsOf } from "../settings";
import { fieldsOf, jsonValue, textFields } from "../values";
import type { PostJson } from "./ports";

const text = (takes: string, pattern: RegExp, initial = ""): Setting<string> => ({
  takes,
  initial,
  read: (given) => (pattern.test(given) ? given : undefined),
});

/** Settings of the rotator for systems of the user's own. */
export const HTTP_SETTINGS = {
  url: text("an https address", /^https:\/\/[^\s/:@]+(:\d{1,5})?(\/[\w./=+-]*)?$/),
  field: text("the name of a field", /^\w{1,64}$/, "apiKey"),
  length: wholeNumber(40, 16, 256),
} as const;

export interface HttpPorts {
  readonly post: PostJson;
  /**
   * Hosts (with their port where it is not 443) that the function may send a credential to. They come from the stamp, not
   * from the secret: who may tag a secret must not be able to have its value sent to himself.
   */
  readonly allowedHosts: readonly string[];
}

/**
 * A credential of a system that speaks a small protocol over HTTPS: a POST of `{step, credential, token}`, `step` being
 * `set` (take this one too) or `test` (say whether you take it). The call shows the current credential as bearer token for
 * `set` and the new one for `test`. Both must answer 2xx, and again where they are called again.
 */
export function httpRotator(
  { post, allowedHosts }: HttpPorts,
  { url, field, length }: SettingsOf<typeof HTTP_SETTINGS>,
): Rotator {
  const call = async (
    step: "set" | "test",
    arn: string,
    token: string,
    bearer: string,
    credential: string,
  ): Promise<number> => {
    const host = URL.canParse(url) ? new URL(url).host : "";
    if (!allowedHosts.includes(host)) {
      throw new FunctionError(
        "ROTATION_HOST",
        `${arn} asks for a rotation at ${host === "" ? "no address" : host}, which the fleet file does not allow`,
        false,
      );
    }
    const headers = { authorization: `Bearer ${bearer}` };
    const { status } = await post(url, headers, { step, token, credential });
    if (status >= 500 || status === 429) {
      throw new FunctionError("HTTP_BUSY", `${host} answered ${step} with ${status}`, true);
    }
    return status;
  };
  const credentialOf = (value: Parameters<typeof fieldsOf>[0], arn: string): string =>
    textFields(fieldsOf(value, arn), [field], arn)[field] ?? "";
  const taken = (status: number): boolean => status >= 200 && status < 300;

  return {
    name: "http",
    create: async ({ current }, { arn }) => {
      const fields = await Promise.resolve(fieldsOf(current, arn));
      textFields(fields, [field], arn);
      return jsonValue({ ...fields, [field]: randomText(length, "readable") });
    },
    set: async (pending, { current }, { arn, token }) => {
      const credential = credentialOf(pending, arn);
      const status = await call("set", arn, token, credentialOf(current, arn), credential);
      if (taken(status)) return;
      // A system that knows one credential alone does not take the current one any more once it was told the new one.
      if (taken(await call("test", arn, token, credential, credential))) return;
      throw new FunctionError(
        "ROTATION_REFUSED",
        `The system of ${arn} refused the new credential (${status})`,
        false,
      );
    },
    test: async (pending, { arn, token }) => {
      const credential = credentialOf(pending, arn);
      if (taken(await call("test", arn, token, credential, credential))) return;
      throw new FunctionError(
        "ROTATION_UNPROVEN",
        `The system of ${arn} does not take the new credential`,
        false,
      );
    },
  };
}
