import {
  FunctionError,
  type Clock,
  type Lock,
  type StoredObject,
  type VaultBucket,
} from "../../../lambdas/ports";

interface Stored {
  body: Uint8Array;
  readonly storedAt: string;
  readonly lock?: Lock;
}

/** A versioned, locked bucket, in memory. */
export class FakeBucket implements VaultBucket {
  readonly objects = new Map<string, Stored>();
  /** Thrown by every call while it is set. */
  failure: FunctionError | undefined;
  /** Called with "operation key" before each call. */
  onCall: ((call: string) => void) | undefined;

  constructor(private readonly clock: Clock) {}

  async writeOnce(key: string, body: Uint8Array, lock: Lock): Promise<boolean> {
    await this.asked(`writeOnce ${key}`);
    if (this.objects.has(key)) return false;
    this.objects.set(key, { body: Uint8Array.from(body), storedAt: this.now(), lock });
    return true;
  }

  async write(key: string, body: Uint8Array): Promise<void> {
    await this.asked(`write ${key}`);
    this.objects.set(key, { body: Uint8Array.from(body), storedAt: this.now() });
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    await this.asked(`read ${key}`);
    return this.objects.get(key)?.body;
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    await this.asked(`list ${prefix}`);
    for (const [key, { body, storedAt }] of [...this.objects].sort(([a], [b]) =>
      a < b ? -1 : 1,
    )) {
      if (key.startsWith(prefix)) yield { key, bytes: body.length, storedAt };
    }
  }

  /** All keys, sorted. */
  keys(prefix = ""): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** A document that is there. */
  json(key: string): unknown {
    const object = this.objects.get(key);
    if (object === undefined) throw new Error(`There is no object ${key}`);
    return JSON.parse(Buffer.from(object.body).toString("utf8")) as unknown;
  }

  private now(): string {
    return this.clock.now().toISOString();
  }

  private async asked(call: string): Promise<void> {
    await Promise.resolve();
    this.onCall?.(call);
    if (this.failure !== undefined) throw this.failure;
  }
}
