import { existsSync } from "node:fs";
import path from "node:path";

/** The folder of the emulator's Python and YAML files; the same from the sources and from `dist/`. */
export function emulatorFolder(): string {
  const candidates = [__dirname, path.resolve(__dirname, "..", "..", "emulator")];
  const found = candidates.find((folder) => existsSync(path.join(folder, "launcher.py")));
  return found ?? __dirname;
}
