import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { zipSync } from "fflate";

/** A folder as a zip; the same files make the same bytes, whenever they were written. */
export function zipOf(folder: string): Uint8Array {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  // The earliest time that a zip can hold.
  const mtime = new Date(1980, 0, 1);
  return zipSync(
    Object.fromEntries(
      files.map((file) => [
        path.relative(folder, file).split(path.sep).join("/"),
        [readFileSync(file), { mtime }],
      ]),
    ),
  );
}
