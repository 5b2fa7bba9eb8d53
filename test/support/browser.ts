import { accessSync, constants } from "node:fs";
import path from "node:path";

import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Where a Chromium of this machine is; undefined where there is none. */
function findBrowser(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A real browser without a window, which talks to nobody but the page; undefined where the machine has none. */
export function startBrowser(): Promise<Browser | undefined> {
  const executablePath = findBrowser();
  if (executablePath === undefined) return Promise.resolve(undefined);
  const quiet = ["background-networking", "component-update", "sync", "quic", "gpu"];
  return chromium.launch({
    executablePath,
    // Root, as whom containers run tests, has no sandbox; the page is our own.
    args: ["--no-sandbox", "--no-first-run", ...quiet.map((what) => `--disable-${what}`)],
  });
}
