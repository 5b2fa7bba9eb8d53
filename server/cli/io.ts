import type { Paint } from "./text";

/** Everything of the outside that a command touches, so that tests can look at it. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether somebody watches standard error, where progress goes. */
  readonly live: boolean;
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
  /** Columns of the terminal. */
  readonly columns: () => number;
  readonly paint: Paint;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Everything that comes in on standard input. */
  readonly readInput: () => Promise<string>;
  /** Asks on the terminal; an empty answer when it was interrupted. */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string>;
  /** Calls the handler on each Ctrl-C (or SIGTERM) until the returned function is called. */
  readonly onInterrupt: (handler: () => void) => () => void;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}
