// Sees to it that a Chromium is there for the tests of the page: `node setup/browser.mjs`. CI calls it; a laptop's owner
// installs a browser as they like. Without one these tests are skipped, and say so.
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { runQuietly, say, step } from "./steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const onPath = (name) =>
  (process.env.PATH ?? "").split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

try {
  await step("browser", async () => {
    if (NAMES.some(onPath)) return undefined;
    if (!onPath("apt-get") || process.getuid?.() !== 0) {
      throw new Error(`Install one of ${NAMES.join(", ")}.`);
    }
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await runQuietly("apt-get update", "apt-get", ["update", "-q"], { env });
    const install = ["install", "-q", "-y", "--no-install-recommends", "chromium"];
    await runQuietly("apt-get install chromium", "apt-get", install, { env });
    return "installed";
  });
} catch (error) {
  say(`No browser: the tests of the page in a browser are skipped. ${error.message}`);
}
