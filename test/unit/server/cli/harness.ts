import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ROLES } from "../../../../server/auth/roles";
import type { CliParts } from "../../../../server/cli/context";
import type { CliIo } from "../../../../server/cli/io";
import { runCli } from "../../../../server/cli/program";
import { paint } from "../../../../server/cli/text";
import type { AppOptions } from "../../../../server/app";
import { testApp, type TestApp } from "../../../support/http-app";

export interface Terminal extends CliIo {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Presses Ctrl-C. */
  readonly interrupt: () => void;
  /** Handlers that still listen. */
  readonly listeners: () => number;
}

/** A terminal that remembers what was written on it. */
export function fakeTerminal(over: Partial<CliIo> = {}): Terminal {
  let stdout = "";
  let stderr = "";
  const handlers = new Set<() => void>();
  return {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    live: false,
    interactive: false,
    columns: () => 100,
    paint: paint(false),
    environment: {},
    workingDirectory: tmpdir(),
    ask: () => Promise.resolve(""),
    readInput: () => Promise.resolve(""),
    onInterrupt: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    now: () => Date.parse("2026-01-02T03:04:10.000Z"),
    // Time passes quickly here, but it passes.
    sleep: (_milliseconds, signal) => sleep(1, undefined, signal === undefined ? {} : { signal }),
    ...over,
    stdout: () => stdout,
    stderr: () => stderr,
    interrupt: () => {
      for (const handler of [...handlers]) handler();
    },
    listeners: () => handlers.size,
  };
}

export interface Service extends TestApp {
  readonly url: string;
  /** A folder with the token files of every role. */
  readonly stateDir: string;
  close(): Promise<void>;
}

/** The real HTTP application over fake ports, listening on a port of its own. */
export async function listeningService(over: Partial<AppOptions> = {}): Promise<Service> {
  const made = await testApp({ logLevel: "error", ...over });
  const url = await made.app.listen({ host: "127.0.0.1", port: 0 });
  const stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-cli-"));
  for (const role of ROLES) {
    await writeFile(path.join(stateDir, `token-${role}`), `${role}-token\n`);
  }
  return {
    ...made,
    url,
    stateDir,
    async close() {
      await made.app.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Parts that fail a test which does not expect them. */
export const noParts: CliParts = {
  startEmbedded: () => Promise.reject(new Error("no service was to be started")),
  startWorker: () => Promise.reject(new Error("no worker was to be started")),
  doctor: () => Promise.reject(new Error("no doctor was expected")),
  laptop: () => Promise.reject(new Error("no environment was expected")),
  version: "1.2.3",
};

export interface Result {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line against a service, with its tokens. */
export async function strongroom(
  service: Service | undefined,
  argv: readonly string[],
  { io = {}, parts = {} }: { io?: Partial<CliIo>; parts?: Partial<CliParts> } = {},
): Promise<Result & { terminal: Terminal }> {
  const environment =
    service === undefined
      ? {}
      : { STRONGROOM_URL: service.url, STRONGROOM_STATE: service.stateDir };
  const terminal = fakeTerminal({ ...io, environment: { ...environment, ...io.environment } });
  const exit = await runCli(argv, terminal, { ...noParts, ...parts });
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr(), terminal };
}
