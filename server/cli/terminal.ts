import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

import type { CliIo } from "./io";
import { paint } from "./text";

/** The terminal, files and signals of this process. `plain` switches colours off (`--no-color`). */
export function terminal(process: NodeJS.Process, plain: boolean): CliIo {
  const { stdout, stderr, stdin, env } = process;
  // A reader that goes away (`| head`) is not an error of ours.
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  const isDumb = env["TERM"] === "dumb";
  const colours =
    !plain && !isDumb && (env["NO_COLOR"] ?? "") === "" && stdout.isTTY && stderr.isTTY;
  return {
    out: (line) => void stdout.write(line),
    err: (line) => void stderr.write(line),
    live: stderr.isTTY && !isDumb && (env["CI"] ?? "") === "",
    interactive: stdin.isTTY && stderr.isTTY,
    columns: () => stderr.columns || 80,
    paint: paint(colours),
    environment: env,
    workingDirectory: process.cwd(),
    readInput: () => text(stdin),
    async ask(question, signal) {
      const lines = createInterface({ input: stdin, output: stderr });
      // readline takes Ctrl-C for itself; here it means what it means everywhere else.
      lines.on("SIGINT", () => void process.kill(process.pid, "SIGINT"));
      try {
        return await lines.question(question, { signal });
      } catch {
        return "";
      } finally {
        lines.close();
      }
    },
    onInterrupt(handler) {
      process.on("SIGINT", handler);
      process.on("SIGTERM", handler);
      return () => {
        process.off("SIGINT", handler);
        process.off("SIGTERM", handler);
      };
    },
    now: () => Date.now(),
    sleep: (milliseconds, signal) =>
      sleep(milliseconds, undefined, signal === undefined ? {} : { signal }),
  };
}
