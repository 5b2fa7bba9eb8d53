import type { Manifest } from "../../../lambdas/model";
import type { SecretValue } from "../../../lambdas/ports";

export interface SceneSecret {
  readonly value?: SecretValue;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly policy?: string;
  readonly rotation?: Manifest["rotation"];
  readonly replicas?: readonly string[];
}

/** What an account's people and programs do with secrets; the fake and the emulator both play it. */
export interface SecretsScene {
  /** The ARN. */
  create(name: string, secret?: SceneSecret): Promise<string>;
  /** The new version's id. */
  put(
    arn: string,
    value: SecretValue | undefined,
    options?: { readonly versionId?: string; readonly stages?: readonly string[] },
  ): Promise<string>;
  tag(arn: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Scheduled; the secret is there, and cannot be read. */
  scheduleDeletion(arn: string): Promise<void>;
  /** At once and for good. */
  destroy(arn: string): Promise<void>;
}

export const text = (of: string): SecretValue => ({ kind: "string", text: of });
export const binary = (...bytes: number[]): SecretValue => ({
  kind: "binary",
  data: Uint8Array.from(bytes),
});
