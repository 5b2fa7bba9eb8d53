import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";

import { FunctionError } from "../../ports";
import type { Rotator } from "../rotator";
import { oneOf, type SettingsOf } from "../settings";
import { fieldsOf, jsonValue, textFields } from "../values";

/** Key pairs that can be made. RSA below 3072 bits is left out: NIST SP 800-57 part 1 counts 2048 as 112 bits. */
export const KEY_ALGORITHMS = ["ec-p256", "ec-p384", "rsa-3072", "rsa-4096", "ed25519"] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export const KEY_PAIR_SETTINGS = {
  algorithm: oneOf<KeyAlgorithm>("ec-p256", KEY_ALGORITHMS),
} as const;

const generate = {
  rsa: promisify(generateKeyPair) as (
    type: "rsa",
    options: { modulusLength: number },
  ) => Promise<Pair>,
  ec: promisify(generateKeyPair) as (type: "ec", options: { namedCurve: string }) => Promise<Pair>,
  ed25519: promisify(generateKeyPair) as (type: "ed25519", options: object) => Promise<Pair>,
};

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Makes a pair of keys. */
export function newKeyPair(algorithm: KeyAlgorithm): Promise<Pair> {
  switch (algorithm) {
    case "ec-p256":
      return generate.ec("ec", { namedCurve: "P-256" });
    case "ec-p384":
      return generate.ec("ec", { namedCurve: "P-384" });
    case "rsa-3072":
      return generate.rsa("rsa", { modulusLength: 3072 });
    case "rsa-4096":
      return generate.rsa("rsa", { modulusLength: 4096 });
    case "ed25519":
      return generate.ed25519("ed25519", {});
  }
}

/** A pair as PEM (PKCS #8 and SPKI), with an id that is the same wherever it is worked out: SHA-256 of the SPKI bytes. */
export function pairFields({ publicKey, privateKey }: Pair): Readonly<Record<string, string>> {
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    keyId: createHash("sha256").update(spki).digest("base64url"),
  };
}

/**
 * A key pair: fields `algorithm`, `privateKey`, `publicKey`, `keyId`; others stay as they are. Whoever checks signatures
 * takes the public key from the current and the previous version, so that what was signed before still counts.
 */
export function keyPairRotator({ algorithm }: SettingsOf<typeof KEY_PAIR_SETTINGS>): Rotator {
  return {
    name: "key-pair",
    create: async ({ current }, { arn }) =>
      jsonValue({
        ...fieldsOf(current, arn),
        algorithm,
        ...pairFields(await newKeyPair(algorithm)),
      }),
    set: () => Promise.resolve(),
    test: async (pending, { arn }) => {
      const fields = textFields(
        fieldsOf(pending, arn),
        ["privateKey", "publicKey", "algorithm"] as const,
        arn,
      );
      await Promise.resolve();
      if (!belongTogether(fields.privateKey, fields.publicKey)) {
        throw new FunctionError(
          "ROTATION_UNPROVEN",
          `What the new private key of ${arn} signs does not verify with its public key`,
          false,
        );
      }
    },
  };
}

/** Whether what one key signs verifies with the other. */
export function belongTogether(privatePem: string, publicPem: string): boolean {
  try {
    const privateKey = createPrivateKey(privatePem);
    const probe = randomBytes(32);
    const digest = privateKey.asymmetricKeyType === "ed25519" ? null : "sha256";
    return verify(digest, probe, createPublicKey(publicPem), sign(digest, probe, privateKey));
  } catch {
    return false;
  }
}
