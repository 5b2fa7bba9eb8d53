import { randomBytes } from "node:crypto";

import { mustCallAsRoot } from "../emulator/calls";
import type { Emulator } from "../emulator/start";
import { mapBounded } from "../stacks/at-once";

/** A secret to be made in an account. */
export interface SecretToAdd {
  readonly accountId: string;
  readonly name: string;
}

/** Secrets made at the same time: more would only wait for the emulator's one process. */
const AT_ONCE = 8;

/**
 * Which secrets are to be added so that the accounts hold `total` together, as evenly as what is there allows. An account
 * that holds more than its share keeps it; then there may be more than `total`. Pure.
 *
 * @param present number of secrets in each account.
 */
export function secretsToAdd(
  present: ReadonlyMap<string, number>,
  total: number,
): readonly SecretToAdd[] {
  const counts = new Map(present);
  const added: SecretToAdd[] = [];
  const sum = [...present.values()].reduce((all, count) => all + count, 0);
  for (let number = sum; number < total; number += 1) {
    const [accountId, count] = [...counts].reduce((least, other) =>
      other[1] < least[1] ? other : least,
    );
    counts.set(accountId, count + 1);
    added.push({ accountId, name: `bench/service-${String(number).padStart(5, "0")}/credentials` });
  }
  return added;
}

/** Makes the secrets in the organization's primary Region, as the accounts' owners would. */
export async function addSecrets(
  { endpoint, organization: { region } }: Emulator,
  secrets: readonly SecretToAdd[],
): Promise<void> {
  await mapBounded(secrets, AT_ONCE, ({ accountId, name }) =>
    mustCallAsRoot(endpoint, {
      accountId,
      region,
      service: "secretsmanager",
      operation: "CreateSecret",
      parameters: {
        Name: name,
        Description: "Made for a benchmark",
        SecretString: JSON.stringify({
          username: "service",
          password: randomBytes(24).toString("base64url"),
        }),
        Tags: [{ Key: "team", Value: "bench" }],
      },
    }),
  );
}

/** Deletes secrets for good, without a window in which they could be taken back. */
export async function destroySecrets(
  { endpoint, organization: { region } }: Emulator,
  secrets: readonly SecretToAdd[],
): Promise<void> {
  await mapBounded(secrets, AT_ONCE, ({ accountId, name }) =>
    mustCallAsRoot(endpoint, {
      accountId,
      region,
      service: "secretsmanager",
      operation: "DeleteSecret",
      parameters: { SecretId: name, ForceDeleteWithoutRecovery: true },
    }),
  );
}

/** Names of an account's secrets in the organization's primary Region. */
export async function secretsOf(
  { endpoint, organization: { region } }: Emulator,
  accountId: string,
): Promise<readonly SecretToAdd[]> {
  const names: string[] = [];
  let NextToken: unknown;
  do {
    const { json } = await mustCallAsRoot(endpoint, {
      accountId,
      region,
      service: "secretsmanager",
      operation: "ListSecrets",
      parameters: { MaxResults: 100, ...(NextToken === undefined ? {} : { NextToken }) },
    });
    names.push(...(json["SecretList"] as { Name: string }[]).map(({ Name }) => Name));
    NextToken = json["NextToken"];
  } while (NextToken !== undefined);
  return names.map((name) => ({ accountId, name }));
}
