import type { BackupOrder } from "../model";
import { FunctionError } from "../ports";

import { placeOfArn } from "./arn";
import { orderOf, readBackupOrder } from "./requests";

/** One secret that somebody should look at, as far as an event says which. */
export interface ChangedSecret {
  readonly accountId: string;
  readonly region: string;
  /** Whole ARN, or the name where the caller gave the name. */
  readonly secretId: string;
  readonly name: string;
}

/** What a message of the work queue asks for. */
export type Work =
  | { readonly kind: "order"; readonly order: BackupOrder }
  | { readonly kind: "change"; readonly change: ChangedSecret }
  /** Nothing changed: a call that was refused. */
  | { readonly kind: "nothing" };

/**
 * Reads a message of the work queue: an order of the sweep, or an event of CloudTrail that EventBridge delivered.
 *
 * @throws FunctionError `REQUEST_INVALID` for anything else: it goes to the failures, where a person sees it.
 */
export function readWork(message: unknown): Work {
  if (orderOf(message) !== undefined) return { kind: "order", order: readBackupOrder(message) };
  const event = record(message);
  const detail = record(event["detail"]);
  if (text(event["source"]) !== "aws.secretsmanager") {
    throw unreadable("neither an order nor an event of Secrets Manager");
  }
  if (text(detail["errorCode"]) !== undefined) return { kind: "nothing" };
  const secretId = secretIdOf(detail);
  if (secretId === undefined)
    throw unreadable("an event that does not say which secret it is about");
  return { kind: "change", change: changeOf(event, secretId) };
}

/** A whole ARN says where the secret is; a name is one of the account and Region that the event comes from. */
function changeOf(event: Fields, secretId: string): ChangedSecret {
  const place = placeOfArn(secretId);
  if (place !== undefined) {
    return { accountId: place.accountId, region: place.region, secretId, name: place.name };
  }
  const accountId = text(event["account"]);
  const region = text(event["region"]);
  if (accountId === undefined || region === undefined) {
    throw unreadable("an event without account or Region");
  }
  // An ARN that leaves the six characters out: callers may write that, and Secrets Manager understands it.
  const name = secretId.startsWith("arn:") ? secretId.split(":").slice(6).join(":") : secretId;
  return { accountId, region, secretId, name };
}

/** CloudTrail spells it differently from call to call; what Secrets Manager answered is the most exact. */
function secretIdOf(detail: Fields): string | undefined {
  const response = record(detail["responseElements"]);
  const request = record(detail["requestParameters"]);
  const service = record(detail["additionalEventData"]);
  return [
    response["arn"],
    response["aRN"],
    response["ARN"],
    request["secretId"],
    service["SecretId"],
    service["secretId"],
    request["name"],
  ]
    .map(text)
    .find((it) => it !== undefined);
}

type Fields = Readonly<Record<string, unknown>>;

const record = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const unreadable = (what: string) =>
  new FunctionError("REQUEST_INVALID", `The message in the work queue is ${what}`, false);
