import { NAMES } from "../../stacks/naming";
import type { Manifest, RestoreItem } from "../model";
import type { SecretToWrite } from "../ports";

type To = RestoreItem["to"];

/** Tags with this beginning are AWS's own: nobody can set them. */
const AWS_TAGS = "aws:";

const sameAccount = (manifest: Manifest, to: To) => manifest.accountId === to.accountId;
const samePlace = (manifest: Manifest, to: To) =>
  sameAccount(manifest, to) && manifest.region === to.region;

/**
 * The secret as it is made again. In its old place it gets its old key. In another account or Region that key cannot be
 * used: what was under a key of the owner's comes under the account's Strongroom key, and what was under the account's
 * default key comes under the default key there.
 */
export function toMake(manifest: Manifest, to: To): SecretToWrite {
  const keyThere = (keyId: string | undefined, same: boolean) =>
    keyId === undefined ? {} : { kmsKeyId: same ? keyId : NAMES.memberKeyAlias };
  return {
    name: to.name,
    ...(manifest.description === undefined ? {} : { description: manifest.description }),
    ...keyThere(manifest.kmsKeyId, samePlace(manifest, to)),
    tags: Object.fromEntries(
      Object.entries(manifest.tags).filter(([name]) => !name.startsWith(AWS_TAGS)),
    ),
    replicas: manifest.replicas
      .filter(({ region }) => region !== to.region)
      .map(({ region, kmsKeyId }) => ({
        region,
        ...keyThere(kmsKeyId, sameAccount(manifest, to)),
      })),
  };
}

/** The resource policy for the secret that was made again: where it names the secret, it names the new one. */
export function policyFor(manifest: Manifest, arn: string): string | undefined {
  return manifest.resourcePolicy?.replaceAll(manifest.arn, arn);
}

/**
 * The rotation that can be turned on again, or why it cannot: its function must be in the account and Region of the secret,
 * and without a function it is one that another service manages.
 */
export function rotationFor(
  manifest: Manifest,
  to: To,
): { readonly rotation?: NonNullable<Manifest["rotation"]>; readonly reason?: string } {
  const { rotation } = manifest;
  if (rotation === undefined) return {};
  const { functionArn } = rotation;
  if (functionArn === undefined) {
    return { reason: "Its rotation is managed by another service: turn it on there" };
  }
  const [, , , region, accountId] = functionArn.split(":");
  return region === to.region && accountId === to.accountId
    ? { rotation }
    : {
        reason: `Its rotation function (${functionArn}) is not here: turn rotation on with one that is`,
      };
}
