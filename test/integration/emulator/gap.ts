import type { Emulator } from "../../../emulator/start";

/**
 * Each gap of MiniStack with the call that shows it. `aws` is what AWS documents and what we make of it; `ministack` is
 * what MiniStack does by itself. When the second test of a gap fails, MiniStack has closed it: take its module away.
 */
export interface Gap {
  readonly name: string;
  readonly does: string;
  readonly probe: (emulator: Emulator) => Promise<unknown>;
  readonly aws: unknown;
  readonly ministack: unknown;
}
