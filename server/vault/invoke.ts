import { InvokeCommand } from "@aws-sdk/client-lambda";

import { AppError } from "../../stacks/errors";
import { NAMES } from "../../stacks/naming";
import type { VaultClients } from "./clients";
import { awsFailure, functionFailure, readFailure } from "./failures";

/** The functions that the service asks. */
export type AskedFunction = "sweep" | "restore" | "drill" | "rotate";

/** Asks a function and waits for its answer. Throws AppError. */
export async function invoke(
  clients: VaultClients,
  which: AskedFunction,
  place: "primary" | "recovery",
  request: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const name = NAMES.functionRoles[which];
  let payload: Uint8Array | undefined;
  let failed: boolean;
  try {
    const answer = await clients.lambda(place).send(
      new InvokeCommand({
        FunctionName: name,
        InvocationType: "RequestResponse",
        Payload: Buffer.from(JSON.stringify(request)),
      }),
      signal === undefined ? {} : { abortSignal: signal },
    );
    payload = answer.Payload;
    failed = answer.FunctionError !== undefined;
  } catch (error) {
    signal?.throwIfAborted();
    throw awsFailure(error, `asking the function ${name}`, clients.settings);
  }
  const read = readJson(payload, name);
  if (failed) throw functionFailure(name, readFailure(read));
  return read;
}

function readJson(payload: Uint8Array | undefined, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString("utf8")) as unknown;
  } catch (cause) {
    throw new AppError("VAULT_ANSWER", `${name} did not answer with JSON`, {
      action: "Stamp the vault again: its functions may be of another version.",
      cause,
    });
  }
}
