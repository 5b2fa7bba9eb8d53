import type { CliIo } from "./io";

/** Counts Ctrl-C and SIGTERM. */
export class Signals {
  readonly stop: () => void;
  private count = 0;
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(io: Pick<CliIo, "onInterrupt">) {
    this.stop = io.onInterrupt(() => {
      this.count += 1;
      for (const { count, resolve } of this.waiting) if (count <= this.count) resolve();
    });
  }

  /** Resolves when there were so many. */
  seen(count: number): Promise<void> {
    if (count <= this.count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}
