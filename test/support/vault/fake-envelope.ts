import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

import {
  FunctionError,
  type Envelope,
  type EnvelopeContext,
  type SecretValue,
} from "../../../lambdas/ports";
import { canonicalJson } from "../../../stacks/digest";

/** The envelope with keys in memory. Two of the same keys open each other's messages, as replicas of a key do. */
export class FakeEnvelope implements Envelope {
  /** Thrown by every call while it is set: a key that is disabled, a KMS that fails. */
  failure: FunctionError | undefined;
  /** Called with the operation before each call. */
  onCall: ((call: string) => void) | undefined;

  constructor(private readonly key: Buffer = randomBytes(32)) {}

  /** The same keys in another Region. */
  replica(): FakeEnvelope {
    return new FakeEnvelope(this.key);
  }

  async seal(value: SecretValue, context: EnvelopeContext): Promise<Uint8Array> {
    await this.asked("seal");
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.key, iv).setAAD(aad(context));
    const sealed = Buffer.concat([cipher.update(bytesOf(value)), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  async open(message: Uint8Array, context: EnvelopeContext): Promise<SecretValue> {
    try {
      await this.asked("open");
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      throw new FunctionError("ENVELOPE_KEY", error.message, error.retry);
    }
    const bytes = Buffer.from(message);
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.key, bytes.subarray(0, 12));
      decipher.setAAD(aad(context)).setAuthTag(bytes.subarray(12, 28));
      return valueOf(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]));
    } catch (error) {
      throw new FunctionError("ENVELOPE_TAMPERED", "The backup was changed", false, {
        cause: error,
      });
    }
  }

  async digest(value: SecretValue): Promise<string> {
    await this.asked("digest");
    return this.mac(Buffer.concat([Buffer.from("value\n"), bytesOf(value)]));
  }

  async sign(document: object): Promise<string> {
    await this.asked("sign");
    return this.mac(Buffer.from(`document\n${canonicalJson(document)}`));
  }

  async verify(document: object, mac: string): Promise<boolean> {
    await this.asked("verify");
    return this.mac(Buffer.from(`document\n${canonicalJson(document)}`)) === mac;
  }

  private mac(bytes: Buffer): string {
    return createHmac("sha256", this.key).update(bytes).digest("base64");
  }

  private async asked(call: string): Promise<void> {
    await Promise.resolve();
    this.onCall?.(call);
    if (this.failure !== undefined) throw this.failure;
  }
}

const aad = (context: EnvelopeContext) => Buffer.from(canonicalJson(context));

const bytesOf = (value: SecretValue): Buffer =>
  Buffer.concat([
    Buffer.from(value.kind === "string" ? "s" : "b"),
    value.kind === "string" ? Buffer.from(value.text) : value.data,
  ]);

function valueOf(bytes: Buffer): SecretValue {
  return bytes[0] === "s".charCodeAt(0)
    ? { kind: "string", text: bytes.subarray(1).toString("utf8") }
    : { kind: "binary", data: Uint8Array.from(bytes.subarray(1)) };
}
