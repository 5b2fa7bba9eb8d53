import type { AccessKey, AccessKeys } from "../../../lambdas/rotation/rotators/ports";

/** The access keys of one IAM user, in memory: two at most, as IAM has it. */
export class FakeAccessKeys implements AccessKeys {
  readonly keys: (AccessKey & { readonly secret: string })[] = [];
  /** How often a key is asked for before AWS knows it. */
  unknownFor = 0;

  constructor(
    readonly userName: string,
    private readonly now: () => Date,
  ) {}

  add(id: string, secret: string, createdAt = this.now()): void {
    if (this.keys.length >= 2) throw new Error("a user has two access keys at most");
    this.keys.push({ id, secret, createdAt });
  }

  list(): Promise<readonly AccessKey[]> {
    return Promise.resolve(this.keys.map(({ id, createdAt }) => ({ id, createdAt })));
  }

  create(): Promise<{ id: string; secret: string }> {
    const made = { id: `AKIA${this.keys.length}${Math.random()}`, secret: `s${Math.random()}` };
    this.add(made.id, made.secret);
    return Promise.resolve(made);
  }

  remove(_: string, id: string): Promise<void> {
    const index = this.keys.findIndex((key) => key.id === id);
    if (index >= 0) this.keys.splice(index, 1);
    return Promise.resolve();
  }

  ownerOf(key: { readonly id: string; readonly secret: string }): Promise<string | undefined> {
    this.unknownFor -= 1;
    if (this.unknownFor >= 0) return Promise.resolve(undefined);
    const found = this.keys.find(({ id, secret }) => id === key.id && secret === key.secret);
    return Promise.resolve(
      found === undefined ? undefined : `arn:aws:iam::111122223333:user/${this.userName}`,
    );
  }
}
