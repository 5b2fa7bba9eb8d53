import {
  AlgorithmSuiteIdentifier,
  AwsKmsMrkAwareSymmetricKeyringNode,
  buildClient,
  CommitmentPolicy,
  type KeyringNode,
} from "@aws-crypto/client-node";
import type { KMS } from "@aws-sdk/client-kms";
import { createHash } from "node:crypto";

import { canonicalJson } from "../../stacks/digest";
import { FunctionError, type Envelope, type EnvelopeContext, type SecretValue } from "../ports";

import { awsErrorName, fromAws } from "./errors";

/** A message can be opened under no other key than the one it was sealed under (key commitment). */
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

/**
 * Without the signature that the SDK makes by default: it would only prove that who encrypted is who made the signing key
 * of the message. What proves a backup here is the digest in a manifest that KMS has signed.
 */
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

/** First byte of what is encrypted; so an empty value is not an empty message, and text and bytes are told apart. */
const KINDS = { string: 0x73, binary: 0x62 } as const;

/** The two multi-Region keys in the Region of the client. */
export interface EnvelopeKeys {
  readonly backupKeyArn: string;
  readonly digestKeyArn: string;
}

/** The envelope over KMS. */
export function createEnvelope(kms: KMS, keys: EnvelopeKeys): Envelope {
  const mac = (bytes: Buffer) => generateMac(kms, keys.digestKeyArn, bytes);
  return {
    seal: async (value, context) => {
      const watched = watch(kms);
      try {
        const { result } = await encrypt(keyring(watched.client, keys), bytesOf(value), {
          suiteId: SUITE,
          encryptionContext: contextOf(context),
        });
        return result;
      } catch (error) {
        throw fromAws("kms:GenerateDataKey", keys.backupKeyArn, watched.error() ?? error);
      }
    },
    open: async (message, context) => {
      const watched = watch(kms);
      const answer = await decrypt(keyring(watched.client, keys), message).catch(
        (error: unknown) => {
          throw openingFailed(watched.error(), error, keys, context);
        },
      );
      const bound = answer.messageHeader.encryptionContext;
      const asked = Object.entries(contextOf(context));
      if (asked.some(([name, text]) => bound[name] !== text)) throw tampered(context);
      return valueOf(answer.plaintext, context);
    },
    digest: (value) =>
      mac(Buffer.concat([Buffer.from("strongroom:value\n"), sha256(bytesOf(value))])),
    sign: (document) => mac(signedBytes(document)),
    verify: (document, signature) =>
      verifyMac(kms, keys.digestKeyArn, signedBytes(document), signature),
  };
}

/** What is signed says what it is: the digest of a value can never pass for the signature of a document. */
const signedBytes = (document: object) =>
  Buffer.concat([
    Buffer.from("strongroom:document\n"),
    sha256(Buffer.from(canonicalJson(document))),
  ]);

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** KMS binds the message to it: in another place, or as another version, it does not open. */
function contextOf({ organizationId, place, versionId }: EnvelopeContext): Record<string, string> {
  return {
    organization: organizationId,
    account: place.accountId,
    region: place.region,
    secret: place.name,
    suffix: place.suffix,
    version: versionId,
  };
}

function bytesOf(value: SecretValue): Buffer {
  const data = value.kind === "string" ? Buffer.from(value.text, "utf8") : value.data;
  return Buffer.concat([Buffer.of(KINDS[value.kind]), data]);
}

function valueOf(bytes: Buffer, context: EnvelopeContext): SecretValue {
  const data = bytes.subarray(1);
  if (bytes[0] === KINDS.string) return { kind: "string", text: data.toString("utf8") };
  if (bytes[0] === KINDS.binary) return { kind: "binary", data: Uint8Array.from(data) };
  throw tampered(context);
}

type EncryptionKms = ConstructorParameters<typeof AwsKmsMrkAwareSymmetricKeyringNode>[0]["client"];

/** For the client's own Region, or the other one of the same multi-Region key. */
function keyring(client: EncryptionKms, { backupKeyArn }: EnvelopeKeys): KeyringNode {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is one: the mixin hides it
  return new AwsKmsMrkAwareSymmetricKeyringNode({ client, keyId: backupKeyArn });
}

/** The Encryption SDK hides what KMS answered in a text: this remembers it, for one message. */
function watch(kms: KMS): { client: EncryptionKms; error: () => unknown } {
  let seen: unknown;
  const watched =
    <Input, Output>(call: (input: Input) => Promise<Output>) =>
    async (input: Input): Promise<Output> => {
      try {
        return await call(input);
      } catch (error) {
        seen = error;
        throw error;
      }
    };
  const client = {
    config: kms.config,
    generateDataKey: watched((input: Parameters<KMS["generateDataKey"]>[0]) =>
      kms.generateDataKey(input),
    ),
    decrypt: watched((input: Parameters<KMS["decrypt"]>[0]) => kms.decrypt(input)),
    encrypt: watched((input: Parameters<KMS["encrypt"]>[0]) => kms.encrypt(input)),
  };
  return { client: client as unknown as EncryptionKms, error: () => seen };
}

/** KMS says so where the data key was changed, or is not of this context; everything else is about the key. */
const NOT_OURS = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);

function openingFailed(
  kmsError: unknown,
  error: unknown,
  keys: EnvelopeKeys,
  context: EnvelopeContext,
): FunctionError {
  if (kmsError === undefined || NOT_OURS.has(awsErrorName(kmsError) ?? "")) {
    return tampered(context, kmsError ?? error);
  }
  const { message, retry } = fromAws("kms:Decrypt", keys.backupKeyArn, kmsError);
  return new FunctionError("ENVELOPE_KEY", message, retry, { cause: kmsError });
}

function tampered({ place, versionId }: EnvelopeContext, cause?: unknown): FunctionError {
  const which = `${place.name} (${place.accountId}, ${place.region}), version ${versionId}`;
  return new FunctionError(
    "ENVELOPE_TAMPERED",
    `The backup of ${which} was changed, or is the backup of something else. Take the copy of the other Region`,
    false,
    { cause },
  );
}

async function generateMac(kms: KMS, keyArn: string, Message: Buffer): Promise<string> {
  try {
    const { Mac } = await kms.generateMac({ KeyId: keyArn, MacAlgorithm: "HMAC_SHA_256", Message });
    return Buffer.from(Mac ?? []).toString("base64");
  } catch (error) {
    throw fromAws("kms:GenerateMac", keyArn, error);
  }
}

async function verifyMac(kms: KMS, keyArn: string, Message: Buffer, mac: string): Promise<boolean> {
  const Mac = Buffer.from(mac, "base64");
  // KMS takes 1 to 6144 bytes: an empty signature is not worth a call.
  if (Mac.length === 0) return false;
  try {
    const answer = await kms.verifyMac({
      KeyId: keyArn,
      MacAlgorithm: "HMAC_SHA_256",
      Message,
      Mac,
    });
    return answer.MacValid === true;
  } catch (error) {
    if (awsErrorName(error) === "KMSInvalidMacException") return false;
    throw fromAws("kms:VerifyMac", keyArn, error);
  }
}
