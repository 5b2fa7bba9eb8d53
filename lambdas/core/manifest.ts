import { Type } from "typebox";
import Value from "typebox/value";

import { digest } from "../../stacks/digest";
import type { Manifest, ManifestVersion } from "../model";
import { FunctionError, type SecretDescription } from "../ports";

import { manifestKey, placeOf, type ManifestStamp } from "./keys";
import { without } from "./without";

/** Half a SHA-256 names one of a secret's manifests; the whole would only make keys longer. */
const SHORT = 16;

type Labels = Readonly<Record<string, readonly string[]>>;

const sortedLabels = (versions: Labels) =>
  Object.fromEntries(Object.entries(versions).map(([id, stages]) => [id, stages.toSorted()]));

/** The labels of each version, from a description. */
export function labelsOf({ versions }: Pick<SecretDescription, "versions">): Labels {
  return Object.fromEntries(versions.map(({ versionId, stages }) => [versionId, stages]));
}

/**
 * A digest over what a listing shows beside the time of the last change, so that a sweep sees without asking for the secret
 * whether the newest manifest still says how it is.
 */
export function listedDigest(shown: {
  readonly tags: Readonly<Record<string, string>>;
  readonly versions: Labels;
}): string {
  return digest({ tags: shown.tags, versions: sortedLabels(shown.versions) }).slice(0, SHORT);
}

/** A digest over all that a secret is but its values: the same secret unchanged has one manifest, whoever writes it. */
export function contentDigest(secret: SecretDescription): string {
  const { versions, replicas } = secret;
  return digest({
    ...without(secret, "deletedAt"),
    replicas: replicas.toSorted((a, b) => (a.region < b.region ? -1 : 1)),
    versions: versions
      .map((version) => ({ ...version, stages: version.stages.toSorted() }))
      .sort((a, b) => (a.versionId < b.versionId ? -1 : 1)),
  }).slice(0, SHORT);
}

/** What the manifest's key is made of. */
export function stampOf(secret: SecretDescription): ManifestStamp {
  return {
    changedAt: secret.changedAt,
    listed: listedDigest({ tags: secret.tags, versions: labelsOf(secret) }),
    content: contentDigest(secret),
  };
}

/** Where the manifest of a secret as it is described is kept. */
export function manifestKeyOf(secret: SecretDescription): string {
  return manifestKey(placeOf(secret), stampOf(secret));
}

/**
 * A version that has no value yet may have this one label: a rotation that has only begun, or that failed. There is
 * nothing to keep of it.
 */
export function mayBeEmpty(stages: readonly string[]): boolean {
  return stages.length === 1 && stages[0] === "AWSPENDING";
}

/** The manifest of a secret, all but its signature. */
export function manifestOf(
  organizationId: string,
  secret: SecretDescription,
  versions: readonly ManifestVersion[],
  capturedAt: Date,
): Omit<Manifest, "mac"> {
  return {
    schema: 1,
    organizationId,
    ...without(secret, "deletedAt"),
    capturedAt: capturedAt.toISOString(),
    versions: versions.toSorted(
      (a, b) => a.createdAt.localeCompare(b.createdAt) || (a.versionId < b.versionId ? -1 : 1),
    ),
  };
}

/** What a manifest's signature covers: everything but itself. */
export function signedPart(manifest: Manifest): Omit<Manifest, "mac"> {
  return without(manifest, "mac");
}

const strict = { additionalProperties: false } as const;
const Text = Type.String();
const Texts = Type.Record(Text, Text);

const ManifestSchema = Type.Object(
  {
    schema: Type.Literal(1),
    organizationId: Text,
    accountId: Type.String({ pattern: "^\\d{12}$" }),
    region: Text,
    name: Text,
    suffix: Text,
    arn: Text,
    changedAt: Text,
    capturedAt: Text,
    description: Type.Optional(Text),
    kmsKeyId: Type.Optional(Text),
    tags: Texts,
    resourcePolicy: Type.Optional(Text),
    rotation: Type.Optional(
      Type.Object(
        {
          functionArn: Type.Optional(Text),
          rules: Type.Optional(Type.Record(Text, Type.Union([Text, Type.Number()]))),
        },
        strict,
      ),
    ),
    replicas: Type.Array(Type.Object({ region: Text, kmsKeyId: Type.Optional(Text) }, strict)),
    primaryRegion: Type.Optional(Text),
    versions: Type.Array(
      Type.Object(
        {
          versionId: Text,
          stages: Type.Array(Text),
          createdAt: Text,
          kind: Type.Union([Type.Literal("string"), Type.Literal("binary")]),
          bytes: Type.Integer({ minimum: 0 }),
          digest: Text,
        },
        strict,
      ),
    ),
    mac: Text,
  },
  strict,
);

/**
 * Reads a manifest from the bucket. Says nothing about its signature: verify it before anything is done with it.
 *
 * @param key where it lies, for the message.
 * @throws FunctionError `MANIFEST_INVALID` for anything but a whole manifest of a schema that is known.
 */
export function parseManifest(key: string, body: Uint8Array): Manifest {
  const invalid = (why: string, cause?: unknown) =>
    new FunctionError("MANIFEST_INVALID", `The manifest ${key} ${why}`, false, { cause });
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (error) {
    throw invalid("is not JSON; take an older one", error);
  }
  if (Value.Check(ManifestSchema, document)) return document;
  const [first] = Value.Errors(ManifestSchema, document);
  throw invalid(
    `does not have the shape of schema 1 (${first?.instancePath ?? ""} ${first?.message ?? ""}); ` +
      "it may be of a newer Strongroom",
  );
}
