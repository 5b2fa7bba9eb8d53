import { randomUUID } from "node:crypto";

import { placeOfArn } from "../../../lambdas/core/arn";
import type { Manifest } from "../../../lambdas/model";
import {
  FunctionError,
  type Clock,
  type ListedSecret,
  type Members,
  type SecretDescription,
  type SecretReader,
  type SecretToWrite,
  type SecretValue,
  type SecretWriter,
} from "../../../lambdas/ports";

import type { SceneSecret, SecretsScene } from "./scene";

interface FakeVersion {
  value: SecretValue | undefined;
  stages: string[];
  readonly createdAt: string;
}

interface FakeSecret {
  readonly arn: string;
  readonly name: string;
  changedAt: string;
  deletedAt?: string;
  description?: string;
  kmsKeyId?: string;
  tags: Record<string, string>;
  policy?: string;
  rotation?: Manifest["rotation"];
  replicas: Manifest["replicas"];
  primaryRegion?: string;
  readonly versions: Map<string, FakeVersion>;
}

const equal = (a: SecretValue | undefined, b: SecretValue | undefined): boolean =>
  a?.kind === "string" && b?.kind === "string"
    ? a.text === b.text
    : a?.kind === "binary" && b?.kind === "binary" && Buffer.from(a.data).equals(b.data);

/** One Region of one account in Secrets Manager. */
export class FakeRegion implements SecretsScene, SecretReader, SecretWriter {
  readonly secrets = new Map<string, FakeSecret>();
  /** Thrown by every call while it is set. */
  failure: FunctionError | undefined;
  /** Called with "operation subject" before each call of the reader and the writer. */
  onCall: ((call: string) => void) | undefined;

  constructor(
    readonly world: FakeSecrets,
    readonly accountId: string,
    readonly region: string,
    private readonly clock: Clock,
  ) {}

  private asked(call: string): void {
    this.onCall?.(call);
    if (this.failure !== undefined) throw this.failure;
  }

  private now(): string {
    return this.clock.now().toISOString();
  }

  private find(id: string): FakeSecret | undefined {
    return [...this.secrets.values()].find(({ arn, name }) => arn === id || name === id);
  }

  private must(id: string): FakeSecret {
    const secret = this.find(id);
    if (secret !== undefined) return secret;
    throw new FunctionError("AWS_REFUSED", `There is no secret ${id}`, false);
  }

  private usable(id: string): FakeSecret {
    const secret = this.must(id);
    if (secret.deletedAt === undefined) return secret;
    throw new FunctionError("AWS_REFUSED", `${id} is marked for deletion`, false);
  }

  // The scene.

  create(name: string, secret?: SceneSecret): Promise<string>;
  create(secret: SecretToWrite): Promise<{ arn: string }>;
  create(of: string | SecretToWrite, scene: SceneSecret = {}): Promise<string | { arn: string }> {
    if (typeof of === "string") return Promise.resolve(this.made(of, scene).arn);
    return this.called(`create ${of.name}`, () => {
      if (this.find(of.name) !== undefined) {
        throw new FunctionError("SECRET_EXISTS", `${of.name} exists already`, false);
      }
      const replicas = of.replicas.map(({ region }) => region);
      const { arn } = this.made(of.name, {
        tags: of.tags,
        replicas,
        ...(of.description === undefined ? {} : { description: of.description }),
      });
      const made = this.must(arn);
      made.replicas = of.replicas;
      if (of.kmsKeyId !== undefined) made.kmsKeyId = of.kmsKeyId;
      return { arn };
    });
  }

  private made(name: string, scene: SceneSecret): FakeSecret {
    if (this.secrets.has(name)) throw new Error(`${name} is there already`);
    const suffix = this.world.nextSuffix();
    const secret: FakeSecret = {
      arn: `arn:aws:secretsmanager:${this.region}:${this.accountId}:secret:${name}-${suffix}`,
      name,
      changedAt: this.now(),
      tags: { ...scene.tags },
      replicas: (scene.replicas ?? []).map((region) => ({ region })),
      versions: new Map(),
      ...(scene.description === undefined ? {} : { description: scene.description }),
      ...(scene.policy === undefined ? {} : { policy: scene.policy }),
      ...(scene.rotation === undefined ? {} : { rotation: scene.rotation }),
    };
    this.secrets.set(name, secret);
    if (scene.value !== undefined) this.putNow(secret, scene.value, randomUUID(), ["AWSCURRENT"]);
    for (const region of scene.replicas ?? []) {
      // The same versions, by reference: a replica follows its primary.
      this.world.region(this.accountId, region).secrets.set(name, {
        ...secret,
        arn: secret.arn.replace(this.region, region),
        replicas: [],
        primaryRegion: this.region,
      });
    }
    return secret;
  }

  private putNow(
    secret: FakeSecret,
    value: SecretValue | undefined,
    versionId: string,
    stages: readonly string[],
  ): void {
    secret.versions.set(versionId, { value, stages: [], createdAt: this.now() });
    for (const stage of stages) this.label(secret, stage, versionId);
    secret.changedAt = this.now();
  }

  private label(secret: FakeSecret, stage: string, versionId: string): void {
    const holder = [...secret.versions].find(([, { stages }]) => stages.includes(stage));
    if (holder?.[0] === versionId) return;
    if (holder !== undefined) holder[1].stages = holder[1].stages.filter((it) => it !== stage);
    const version = secret.versions.get(versionId);
    if (version === undefined) throw new FunctionError("AWS_REFUSED", "No such version", false);
    version.stages = [...version.stages, stage];
    if (stage === "AWSCURRENT") {
      if (holder !== undefined) this.label(secret, "AWSPREVIOUS", holder[0]);
      version.stages = version.stages.filter((it) => it !== "AWSPREVIOUS");
    }
  }

  put(
    arn: string,
    value: SecretValue | undefined,
    options?: { readonly versionId?: string; readonly stages?: readonly string[] },
  ): Promise<string>;
  put(arn: string, token: string, value: SecretValue, stages: readonly string[]): Promise<void>;
  put(arn: string, second: unknown, third?: unknown, stages?: readonly string[]): Promise<unknown> {
    if (typeof second === "string") {
      return this.called(`put ${arn}`, () => this.putAs(arn, second, third as SecretValue, stages));
    }
    const options = (third ?? {}) as { versionId?: string; stages?: readonly string[] };
    const versionId = options.versionId ?? randomUUID();
    this.putNow(
      this.must(arn),
      second as SecretValue | undefined,
      versionId,
      options.stages ?? ["AWSCURRENT"],
    );
    return Promise.resolve(versionId);
  }

  private putAs(arn: string, token: string, value: SecretValue, stages: readonly string[] = []) {
    const secret = this.usable(arn);
    const existing = secret.versions.get(token);
    if (existing === undefined) this.putNow(secret, value, token, stages);
    else if (!equal(existing.value, value)) {
      throw new FunctionError("VERSION_DIFFERS", `Version ${token} has another value`, false);
    }
  }

  tag(arn: string, tags: Readonly<Record<string, string>>): Promise<void> {
    Object.assign(this.must(arn).tags, tags);
    return Promise.resolve();
  }

  scheduleDeletion(arn: string): Promise<void> {
    const secret = this.must(arn);
    secret.deletedAt = this.now();
    secret.changedAt = this.now();
    return Promise.resolve();
  }

  destroy(arn: string): Promise<void> {
    this.secrets.delete(this.must(arn).name);
    return Promise.resolve();
  }

  // The reader.

  async *list(options?: { readonly name?: string }): AsyncGenerator<ListedSecret> {
    await Promise.resolve();
    this.asked("list");
    for (const secret of [...this.secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (options?.name !== undefined && !secret.name.startsWith(options.name)) continue;
      const { arn, changedAt, deletedAt, tags, primaryRegion, versions } = secret;
      yield {
        arn,
        place: placeOfArn(arn)!,
        changedAt,
        tags: { ...tags },
        ...(deletedAt === undefined ? {} : { deletedAt }),
        ...(primaryRegion === undefined ? {} : { primaryRegion }),
        versions: Object.fromEntries(
          [...versions]
            .filter(([, { stages }]) => stages.length > 0)
            .map(([id, { stages }]) => [id, [...stages]]),
        ),
      };
    }
  }

  describe(secretId: string): Promise<SecretDescription | undefined> {
    return this.called(`describe ${secretId}`, () => {
      const secret = this.find(secretId);
      return secret === undefined ? undefined : describe(secret);
    });
  }

  value(arn: string, versionId: string): Promise<SecretValue | undefined> {
    return this.called(`value ${versionId}`, () => {
      const secret = this.find(arn);
      return secret?.deletedAt === undefined ? secret?.versions.get(versionId)?.value : undefined;
    });
  }

  // The writer, beside `create` and `put`.

  moveStage(arn: string, stage: string, to: string, from?: string): Promise<void> {
    return this.called(`moveStage ${stage}`, () => {
      const secret = this.usable(arn);
      const [holder] = [...secret.versions].find(([, { stages }]) => stages.includes(stage)) ?? [];
      if (holder !== undefined && holder !== to && holder !== from) {
        throw new FunctionError("AWS_REFUSED", `${stage} is on another version`, false);
      }
      this.label(secret, stage, to);
      secret.changedAt = this.now();
    });
  }

  cancelDeletion(arn: string): Promise<void> {
    return this.called(`cancelDeletion ${arn}`, () => {
      const secret = this.must(arn);
      delete secret.deletedAt;
      secret.changedAt = this.now();
    });
  }

  putPolicy(arn: string, policy: string): Promise<void> {
    return this.called(`putPolicy ${arn}`, () => void (this.usable(arn).policy = policy));
  }

  rotate(arn: string, rotation: NonNullable<Manifest["rotation"]>): Promise<void> {
    return this.called(`rotate ${arn}`, () => void (this.usable(arn).rotation = rotation));
  }

  private async called<T>(call: string, work: () => T): Promise<T> {
    await Promise.resolve();
    this.asked(call);
    return work();
  }
}

function describe(secret: FakeSecret): SecretDescription {
  const { arn, changedAt, deletedAt, description, kmsKeyId, policy, rotation } = secret;
  return {
    ...placeOfArn(arn)!,
    arn,
    changedAt,
    tags: { ...secret.tags },
    replicas: secret.replicas,
    ...(description === undefined ? {} : { description }),
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(deletedAt === undefined ? {} : { deletedAt }),
    ...(secret.primaryRegion === undefined ? {} : { primaryRegion: secret.primaryRegion }),
    versions: [...secret.versions]
      .filter(([, { stages }]) => stages.length > 0)
      .map(([versionId, { stages, createdAt }]) => ({ versionId, stages: [...stages], createdAt })),
  };
}

/** Secrets Manager of all accounts, in memory. */
export class FakeSecrets implements Members {
  private readonly regions = new Map<string, FakeRegion>();
  private suffixes = 0;

  constructor(private readonly clock: Clock) {}

  region(accountId: string, region: string): FakeRegion {
    const key = `${accountId} ${region}`;
    const existing = this.regions.get(key) ?? new FakeRegion(this, accountId, region, this.clock);
    this.regions.set(key, existing);
    return existing;
  }

  reader(accountId: string, region: string): SecretReader {
    return this.region(accountId, region);
  }

  writer(accountId: string, region: string): SecretWriter {
    return this.region(accountId, region);
  }

  nextSuffix(): string {
    this.suffixes += 1;
    return this.suffixes.toString(36).padStart(6, "0");
  }
}
