import Table from "cli-table3";

import { clean } from "./text";

/** A table without lines, as shells' own tools print them. Cells are cleaned; `painted` cells are taken as they are. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | { readonly painted: string })[])[],
): string {
  const none = [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
  ] as const;
  const printed = new Table({
    head: head.map((title) => title.toUpperCase()),
    chars: { ...Object.fromEntries(none.map((name) => [name, ""])), middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) {
    printed.push(row.map((cell) => (typeof cell === "string" ? clean(cell) : cell.painted)));
  }
  return printed
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
