import { readFile } from "node:fs/promises";
import path from "node:path";

import { tokenPath } from "../auth/role-tokens";
import type { Role } from "../auth/roles";
import { runningService } from "../state-lock";
import { ServiceClient } from "./client";
import { CliFailure, EXIT } from "./failure";
import type { CliIo } from "./io";
import { clean } from "./text";

/** Where the service is and who is asking; common to every command that talks to it. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly fleet?: string;
}

/** A service in this process. */
export interface EmbeddedService {
  readonly url: string;
  /** Folder in which its tokens are. */
  readonly stateDir: string;
  close(): Promise<void>;
}

/** Starts a service of our own with the settings of the environment; `report` gets a line for each thing that is done. */
export type StartEmbedded = (
  environment: CliIo["environment"],
  report: (line: string) => void,
  /** `schedules`: it also starts what the fleet file wants from time to time. */
  options?: { readonly schedules?: boolean },
) => Promise<EmbeddedService>;

export interface Connected {
  readonly client: ServiceClient;
  /** Whether the service ends with this command. */
  readonly embedded: boolean;
  /** Must be called, also after failures. */
  close(): Promise<void>;
}

/**
 * Finds the service: `--url`, then STRONGROOM_URL, then the one that works on the state folder now; without any, one is
 * started for this command only. The token
 * comes from `--token-file`, STRONGROOM_TOKEN, or the file of the needed role in the state folder. Never from an option:
 * the command line of a process can be read by everybody on the machine.
 */
export async function connect(
  io: CliIo,
  options: ConnectionOptions,
  role: Role,
  startEmbedded: StartEmbedded,
): Promise<Connected> {
  const state = path.resolve(
    io.workingDirectory,
    nonEmpty(io.environment["STRONGROOM_STATE"]) ?? ".strongroom",
  );
  const named = options.url ?? nonEmpty(io.environment["STRONGROOM_URL"]);
  if (named !== undefined) checkUrl(named);
  const url = named ?? (await runningService(state))?.url;
  if (url !== undefined) {
    const token = await findToken(io, options, state, role);
    return {
      client: new ServiceClient(url, token, io),
      embedded: false,
      close: () => Promise.resolve(),
    };
  }
  const report = (line: string) => io.err(`${io.paint.dim(clean(line))}\n`);
  if (io.live) report("No service is named and none runs here: starting one for this command.");
  const service = await startEmbedded(
    {
      STRONGROOM_LOG_LEVEL: "error",
      ...io.environment,
      // Any free port: a second command beside the first must not fail on it.
      STRONGROOM_PORT: "0",
      STRONGROOM_HOST: "127.0.0.1",
      ...(options.fleet === undefined ? {} : { STRONGROOM_FLEET: options.fleet }),
    },
    io.live ? report : () => undefined,
  );
  try {
    const token = await readToken(tokenPath(service.stateDir, role));
    return {
      client: new ServiceClient(service.url, token, io),
      embedded: true,
      close: () => service.close(),
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

const nonEmpty = (text: string | undefined) => (text === "" ? undefined : text);

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
    throw new CliFailure(`${JSON.stringify(url)} is not the address of a service.`, EXIT.usage, {
      action: "Write it like http://127.0.0.1:8700.",
    });
  }
}

async function findToken(
  io: CliIo,
  { tokenFile }: ConnectionOptions,
  state: string,
  role: Role,
): Promise<string> {
  if (tokenFile !== undefined) return readToken(path.resolve(io.workingDirectory, tokenFile));
  return nonEmpty(io.environment["STRONGROOM_TOKEN"]?.trim()) ?? readToken(tokenPath(state, role));
}

async function readToken(file: string): Promise<string> {
  let token = "";
  try {
    token = (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new CliFailure(`The token file ${file} cannot be read.`, EXIT.forbidden, {
      code: "AUTH_MISSING",
      action:
        "Give --token-file or STRONGROOM_TOKEN, or set STRONGROOM_STATE to the service's state folder.",
      cause,
    });
  }
  if (/^[\w.~+/=-]{1,4096}$/.test(token)) return token;
  throw new CliFailure(`The file ${file} does not hold a token.`, EXIT.forbidden, {
    code: "AUTH_MISSING",
    action: "It must hold one token and nothing else.",
  });
}
