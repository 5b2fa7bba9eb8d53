import { accessSync, constants } from "node:fs";
import path from "node:path";

/** The first executable of that name on a search path, or undefined. */
export function findExecutable(name: string, searchPath = ""): string | undefined {
  for (const folder of searchPath.split(path.delimiter)) {
    if (folder === "") continue;
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return undefined;
}
