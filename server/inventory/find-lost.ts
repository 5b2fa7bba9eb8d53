import {
  DescribeKeyCommand,
  KMSClient,
  paginateListKeys,
  paginateListResourceTags,
} from "@aws-sdk/client-kms";
import { LambdaClient, paginateListEventSourceMappings } from "@aws-sdk/client-lambda";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { setTimeout as sleep } from "node:timers/promises";

import { mapBounded } from "../../stacks/at-once";
import type { Connection } from "../../stacks/spec";
import type { FindLost, LostSearch } from "../ports";

/** KMS shows a new key in its list after a moment; one that a look does not find is looked for again. */
const LOOKS = 3;
const PAUSE_MS = 5000;
const KEYS_AT_ONCE = 8;
/** The list of keys is read one key at a time, and KMS throttles that early. */
const ATTEMPTS = 8;

/** Looks with the rights that the stamp's own resources are made with. */
export function findLost({ assumeRoles }: Pick<Connection, "assumeRoles">): FindLost {
  return seenTwice(async (search) => {
    const client = {
      region: search.region,
      maxAttempts: ATTEMPTS,
      ...credentials(assumeRoles, search),
    };
    return search.kind === "key"
      ? keysWith(new KMSClient(client), search.tags)
      : eventSources(new LambdaClient(client), search);
  });
}

/** Looks again before it says that there is nothing: what was just made is not in every list at once. */
export function seenTwice(
  find: FindLost,
  rest: (milliseconds: number) => Promise<unknown> = sleep,
): FindLost {
  return async (search) => {
    for (let look = 1; ; look++) {
      const ids = await find(search);
      if (ids.length > 0 || look === LOOKS) return ids;
      await rest(PAUSE_MS);
    }
  };
}

/** The roles of the connection, one assumed with the one before it; none where there are none. */
function credentials(roles: Connection["assumeRoles"], { region }: LostSearch) {
  return roles.reduce<{ credentials?: ReturnType<typeof fromTemporaryCredentials> }>(
    (before, { roleArn, externalId, sessionName, durationSeconds }) => ({
      credentials: fromTemporaryCredentials({
        ...(before.credentials === undefined ? {} : { masterCredentials: before.credentials }),
        params: {
          RoleArn: roleArn,
          RoleSessionName: sessionName,
          DurationSeconds: durationSeconds,
          ...(externalId === undefined ? {} : { ExternalId: externalId }),
        },
        clientConfig: { region },
      }),
    }),
    {},
  );
}

async function keysWith(
  client: KMSClient,
  wanted: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { Keys = [] } of paginateListKeys({ client }, {})) {
    ids.push(...Keys.flatMap(({ KeyId }) => (KeyId === undefined ? [] : [KeyId])));
  }
  const matches = await mapBounded(ids, KEYS_AT_ONCE, async (id) =>
    (await carries(client, id, wanted)) && (await isLiving(client, id)) ? [id] : [],
  );
  return matches.flat();
}

async function carries(
  client: KMSClient,
  KeyId: string,
  wanted: Readonly<Record<string, string>>,
): Promise<boolean> {
  const tags = new Map<string | undefined, string | undefined>();
  try {
    for await (const page of paginateListResourceTags({ client }, { KeyId })) {
      for (const { TagKey, TagValue } of page.Tags ?? []) tags.set(TagKey, TagValue);
    }
  } catch (error) {
    // Who may look only at keys with the stamp's tag is refused the others.
    if ((error as Error).name === "AccessDeniedException") return false;
    throw error;
  }
  return Object.entries(wanted).every(([name, value]) => tags.get(name) === value);
}

/** A key that goes away cannot be taken in, and a replica is found by its primary's id. */
async function isLiving(client: KMSClient, KeyId: string): Promise<boolean> {
  const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId }));
  const type = key?.MultiRegionConfiguration?.MultiRegionKeyType;
  return key?.DeletionDate === undefined && type !== "REPLICA";
}

async function eventSources(
  client: LambdaClient,
  { functionName, eventSourceArn }: LostSearch & { kind: "event source" },
): Promise<readonly string[]> {
  const pages = paginateListEventSourceMappings(
    { client },
    { FunctionName: functionName, EventSourceArn: eventSourceArn },
  );
  const ids: string[] = [];
  for await (const { EventSourceMappings = [] } of pages) {
    for (const { UUID, State } of EventSourceMappings) {
      if (UUID !== undefined && State !== "Deleting") ids.push(UUID);
    }
  }
  return ids;
}
