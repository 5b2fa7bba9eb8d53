/* Names of accounts, tags and messages of AWS are other people's text: nothing of it may steer the terminal. */

// Escape sequences as a whole (CSI, OSC with its text, single ones), so that no `[31m` is left of them.
const SEQUENCES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\-_]/g;
// What is left of control characters, and what turns the direction of writing or breaks a line in secret.
const CONTROLS = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** Text that is safe to print on one line: no control characters, escape sequences or reordering marks. */
export function clean(text: string): string {
  return text.replace(SEQUENCES, "").replace(CONTROLS, " ");
}

/** Columns that a text takes, roughly and never too few: everything that is not ASCII is counted as wide. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += character <= "~" || "│─·✓✗…".includes(character) ? 1 : 2;
  return columns;
}

/** The text cut to so many columns, with an ellipsis where something is missing. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  for (const character of text) {
    if (width(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Seconds as people say them: `4.2 s`, `1 m 05 s`, `2 h 03 m`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}

/** `1 stamp`, `3 stamps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export type Paint = Readonly<
  Record<"red" | "green" | "yellow" | "dim" | "bold", (text: string) => string>
>;

/** Colours, or nothing where they are not wanted. */
export function paint(enabled: boolean): Paint {
  const style = (on: number, off: number) => (text: string) =>
    enabled ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    dim: style(2, 22),
    bold: style(1, 22),
  };
}
