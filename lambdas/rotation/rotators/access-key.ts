import { FunctionError, type Clock, type SecretValue } from "../../ports";
import type { KnownValues, Rotator } from "../rotator";
import { fieldsOf, jsonValue, textFields } from "../values";
import type { AccessKey, AccessKeys, Wait } from "./ports";

/** IAM lets a user have two (IAM quotas). */
const MOST_KEYS = 2;
/** Longer than a function may run: a younger key may belong to a call that has not stored it yet. */
const UNCLAIMED_MS = 15 * 60_000;
/** A new key is known everywhere within seconds; IAM promises no time. */
const PROVE_TRIES = 15;
const PROVE_WAIT_MS = 2_000;

export interface AccessKeyPorts {
  readonly keys: AccessKeys;
  readonly clock: Clock;
  readonly wait: Wait;
}

/**
 * The access key of an IAM user: fields `userName`, `accessKeyId`, `secretAccessKey`. The current key and the new one are
 * both valid; the one before the current one goes when a new one is made, because a user has two at most.
 */
export function accessKeyRotator({ keys, clock, wait }: AccessKeyPorts): Rotator {
  return {
    name: "access-key",
    create: async (known, { arn }) => {
      const { userName, accessKeyId } = accessKeyOf(known.current, arn);
      const there = await keys.list(userName);
      if (!there.some(({ id }) => id === accessKeyId)) {
        throw new FunctionError(
          "ROTATION_LOCKED_OUT",
          `The access key in ${arn} is not one of ${userName}'s: it may be in use and must not be replaced unseen. ` +
            "Put a key of that user into the secret and rotate again",
          false,
        );
      }
      await makeRoom(userName, there, idsOf(known, arn));
      const made = await keys.create(userName);
      return jsonValue({
        ...fieldsOf(known.current, arn),
        accessKeyId: made.id,
        secretAccessKey: made.secret,
      });
    },
    set: () => Promise.resolve(),
    test: async (pending, { arn }) => {
      const { userName, accessKeyId: id, secretAccessKey: secret } = accessKeyOf(pending, arn);
      for (let attempt = 1; ; attempt++) {
        const owner = await keys.ownerOf({ id, secret });
        if (owner?.endsWith(`/${userName}`) === true) return;
        if (owner !== undefined || attempt === PROVE_TRIES) break;
        await wait(PROVE_WAIT_MS);
      }
      throw new FunctionError(
        "ROTATION_UNPROVEN",
        `AWS does not take the new access key of ${userName} (${arn})`,
        true,
      );
    },
  };

  /** Keys that a call of before made and could not store go first, then the one before the current one. */
  async function makeRoom(
    userName: string,
    there: readonly AccessKey[],
    { current, previous }: { readonly current: string; readonly previous?: string },
  ): Promise<void> {
    const unclaimed = there.filter(({ id }) => id !== current && id !== previous);
    const young = unclaimed.find(
      ({ createdAt }) => clock.now().getTime() - createdAt.getTime() < UNCLAIMED_MS,
    );
    if (young !== undefined) {
      throw new FunctionError(
        "ROTATION_BUSY",
        `${userName} got an access key less than 15 minutes ago that no secret holds; another call may be storing it`,
        true,
      );
    }
    for (const { id } of unclaimed) await keys.remove(userName, id);
    if (there.length - unclaimed.length >= MOST_KEYS && previous !== undefined) {
      await keys.remove(userName, previous);
    }
  }
}

function accessKeyOf(value: SecretValue, arn: string) {
  return textFields(
    fieldsOf(value, arn),
    ["userName", "accessKeyId", "secretAccessKey"] as const,
    arn,
  );
}

function idsOf({ current, previous }: KnownValues, arn: string) {
  return {
    current: accessKeyOf(current, arn).accessKeyId,
    ...(previous === undefined ? {} : { previous: accessKeyOf(previous, arn).accessKeyId }),
  };
}
