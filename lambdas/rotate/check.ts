import { FunctionError } from "../ports";
import type { MemberRotation } from "../rotation-model";

import type { Enroller, RotatePorts } from "./ports";

/** Tag that says who can tell whether a consumer works with the new value: a function's name or an https address. */
export const CHECK_TAG = "strongroom:check";

const FUNCTION = /^strongroom-check-[\w-]{1,48}$/;
/** A consumer may read the secret again only after a while. */
const TRIES = 4;
const WAIT_MS = 5_000;

export type Check =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "http"; readonly url: string };

/**
 * The check of a secret's consumer; undefined where it has none.
 *
 * @throws FunctionError `ROTATION_CHECK` where the tag says nothing that may be asked.
 */
export function checkOf(
  { arn, tags }: { readonly arn: string; readonly tags: Readonly<Record<string, string>> },
  { hosts }: Pick<MemberRotation, "hosts">,
): Check | undefined {
  const text = tags[CHECK_TAG];
  if (text === undefined) return undefined;
  if (FUNCTION.test(text)) return { kind: "function", name: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" && hosts.includes(url.host)) return { kind: "http", url: text };
  throw new FunctionError(
    "ROTATION_CHECK",
    `The tag ${CHECK_TAG} of ${arn} names neither a function strongroom-check-… of its account nor an https address ` +
      "at a host that the fleet file allows (rotation.hosts)",
    false,
  );
}

/**
 * Asks whether a consumer works with the new version. It is told which version, and no value.
 *
 * @throws FunctionError `ROTATION_UNHEALTHY` where it does not, the last time it was asked.
 */
export async function consumerWorks(
  ports: Pick<RotatePorts, "post" | "wait">,
  enroller: Enroller,
  check: Check,
  about: { readonly secretArn: string; readonly versionId: string },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const wrong = await askedOnce(ports, enroller, check, about);
    if (wrong === undefined) return;
    if (attempt === TRIES) {
      throw new FunctionError(
        "ROTATION_UNHEALTHY",
        `The check of ${about.secretArn} says that its consumer does not work with the new value (${wrong})`,
        false,
      );
    }
    await ports.wait(WAIT_MS);
  }
}

/** Why the consumer does not work; undefined where it does. */
async function askedOnce(
  ports: Pick<RotatePorts, "post">,
  enroller: Enroller,
  check: Check,
  about: object,
): Promise<string | undefined> {
  try {
    if (check.kind === "function") {
      await enroller.call(check.name, about);
      return undefined;
    }
    const { status } = await ports.post(check.url, {}, about);
    return status >= 200 && status < 300 ? undefined : `status ${status}`;
  } catch (error) {
    return error instanceof FunctionError ? error.code : "no answer";
  }
}
