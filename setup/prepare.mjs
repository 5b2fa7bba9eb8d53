// Makes the engine and the emulator ready; runs in its own process, after the sources are compiled.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { root, say, step } from "./steps.mjs";

const require = createRequire(import.meta.url);
const compiled = (...parts) => path.join(root, "dist", ...parts);

try {
  const { prepareToolchain } = require(compiled("engine", "toolchain.js"));
  await step("engine", async () => {
    let worked = false;
    const { parts } = await prepareToolchain((line) => {
      worked = true;
      say(line);
    });
    return worked
      ? parts.map((part) => `${part.name} ${part.version} (${part.source})`).join(", ")
      : undefined;
  });
  const emulator = compiled("emulator", "prepare.js");
  if (existsSync(emulator)) {
    await step("emulator", async () => {
      await require(emulator).prepareEmulator(say);
      return undefined;
    });
  }
} catch (error) {
  say(`${error.code ?? "Error"}: ${error.message}`);
  for (const problem of error.problems ?? []) say(`  ${problem.message}`);
  if (error.action !== undefined) say(`  ${error.action}`);
  process.exitCode = 1;
}
