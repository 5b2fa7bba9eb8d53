import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

import type { StampName } from "../../stacks/naming";

/** What every stamp of the fake cloud has in the end. */
export const RESOURCES = ["key", "role", "bucket", "alarm"] as const;

/** A stack's state in the fake: what exists, and what was begun and nobody saw the end of. */
export interface FakeState {
  readonly version: number;
  readonly resources: readonly string[];
  readonly pending: readonly string[];
}

/**
 * A cloud, a state backend and its locks in one folder, with the same order of durable writes as the real engine: lock,
 * pending, create, state, unlock. Mistakes that must never happen (a resource made twice, two writers) are written down.
 */
export class FakeCloud {
  constructor(readonly folder: string) {}

  private inCloud(stamp: StampName, name: string): string {
    return path.join(this.folder, "cloud", stamp, name);
  }
  private stateOf(stamp: StampName): string {
    return path.join(this.folder, "states", `${stamp}.json`);
  }
  private locksOf(stamp: StampName): string {
    return path.join(this.folder, ".pulumi/locks/organization/strongroom", stamp);
  }

  exists(stamp: StampName, name: string): boolean {
    return existsSync(this.inCloud(stamp, name));
  }

  /** Every creation leaves a file of its own, so that a second one shows. */
  create(stamp: StampName, name: string): void {
    if (this.exists(stamp, name)) this.mistake(`${name} of ${stamp} was made twice`);
    mkdirSync(path.dirname(this.inCloud(stamp, name)), { recursive: true });
    appendFileSync(this.inCloud(stamp, name), "made\n");
  }

  inventory(stamp: StampName): readonly string[] {
    const folder = path.join(this.folder, "cloud", stamp);
    return existsSync(folder) ? readdirSync(folder).toSorted() : [];
  }

  read(stamp: StampName): FakeState {
    const file = this.stateOf(stamp);
    if (!existsSync(file)) return { version: 0, resources: [], pending: [] };
    return JSON.parse(readFileSync(file, "utf8")) as FakeState;
  }

  /** Writes the next version of a state; a version that is not the next one means a second writer. */
  write(stamp: StampName, before: FakeState, next: Omit<FakeState, "version">): FakeState {
    const found = this.read(stamp);
    if (found.version !== before.version) {
      this.mistake(`${stamp} had two writers: version ${found.version}, not ${before.version}`);
    }
    const state = { ...next, version: found.version + 1 };
    mkdirSync(path.join(this.folder, "states"), { recursive: true });
    const draft = `${this.stateOf(stamp)}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(state));
    renameSync(draft, this.stateOf(stamp));
    return state;
  }

  /** Takes the lock as Pulumi does: writes its own, then gives way if there is another. */
  lock(stamp: StampName): (() => void) | undefined {
    const folder = this.locksOf(stamp);
    mkdirSync(folder, { recursive: true });
    const name = `${randomUUID()}.json`;
    const draft = path.join(this.folder, `lock-${name}`);
    writeFileSync(draft, JSON.stringify({ pid: process.pid, hostname: hostname(), username: "u" }));
    linkSync(draft, path.join(folder, name));
    rmSync(draft);
    const release = (): void => rmSync(path.join(folder, name), { force: true });
    if (readdirSync(folder).some((other) => other !== name)) {
      release();
      return undefined;
    }
    return release;
  }

  locks(): readonly string[] {
    const root = path.join(this.folder, ".pulumi/locks/organization/strongroom");
    if (!existsSync(root)) return [];
    return readdirSync(root).flatMap((stamp) =>
      readdirSync(path.join(root, stamp)).map((name) => `${stamp}/${name}`),
    );
  }

  mistake(text: string): void {
    mkdirSync(this.folder, { recursive: true });
    appendFileSync(path.join(this.folder, "mistakes.log"), `${text}\n`);
  }

  mistakes(): readonly string[] {
    const file = path.join(this.folder, "mistakes.log");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }
}
