import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

import { callAs, callAsRoot } from "../../../../emulator/calls";
import { keepDecisions, keptDecisions } from "../../../../emulator/decisions";
import type { Credentials } from "../../../../emulator/identity";
import { s3As } from "../../../support/s3";

import type { Caller, Callers } from "./callers";
import type { Call, Forbidden, Scene } from "./model";

/** What AWS's services call a refusal. */
const REFUSED =
  /^(AccessDenied|AccessDeniedException|AuthorizationError|KMS\.AccessDeniedException)$/;

/** Makes a call; "ok" or the error's name. */
export async function outcomeOf(
  endpoint: string,
  who: Caller,
  call: Call,
  primaryRegion: string,
): Promise<string> {
  const region = call.region ?? primaryRegion;
  if ("s3" in call) return s3As(endpoint, who.credentials, region, call.s3);
  if ("invoke" in call) return invoke(endpoint, who.credentials, region, call.invoke);
  const { api: service, operation, parameters } = call;
  const request = { service, region, operation, parameters };
  const answer =
    who.root === undefined
      ? await callAs(endpoint, who.credentials, request)
      : await callAsRoot(endpoint, { ...request, accountId: who.root });
  return answer.errorCode ?? "ok";
}

/** Calls a function with an order that none of them knows: that it was called is what counts, not what it answers. */
async function invoke(
  endpoint: string,
  credentials: Credentials,
  region: string,
  FunctionName: string,
): Promise<string> {
  const client = new LambdaClient({ region, endpoint, credentials, maxAttempts: 1 });
  try {
    await client.send(new InvokeCommand({ FunctionName, Payload: Buffer.from("{}") }));
    return "ok";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  } finally {
    client.destroy();
  }
}

/**
 * Tries a row of the table; answers what is wrong with it, or undefined. It is right where IAM itself refused that action
 * to that caller, as its own record says (an object's lock, a missing thing or a mistake in the call would not be in it),
 * and where the twin of the call was let through.
 */
export async function wrongWith(
  endpoint: string,
  row: Forbidden,
  scene: Scene,
  callers: Callers,
): Promise<string | undefined> {
  const who = await callers(row.who);
  const call = row.call(scene);
  await keepDecisions(endpoint, true);
  const outcome = await outcomeOf(endpoint, who, call, scene.region);
  const { refused } = await keptDecisions(endpoint);
  await keepDecisions(endpoint, false);
  if (!REFUSED.test(outcome)) return `it was answered with ${outcome}`;
  const actions = Object.keys(refused[who.arn] ?? {});
  if (!actions.includes(row.action)) {
    return `IAM did not refuse ${row.action} to ${who.arn}, but ${actions.join(", ") || "nothing"}`;
  }
  const twin = row.twin(scene);
  const allowed = await outcomeOf(
    endpoint,
    await callers(twin.by),
    twin.call ?? call,
    scene.region,
  );
  return allowed === (twin.answer ?? "ok")
    ? undefined
    : `${twin.by} cannot do its twin: ${allowed}`;
}
