import { AppError } from "../stacks/errors";
import type { Credentials } from "./identity";
import { signedHeaders } from "./signature";

/** How a service of the emulator is spoken to: JSON with a target header, or a form (the "query" protocol). */
const SERVICES = {
  secretsmanager: { target: "secretsmanager", json: "1.1" },
  kms: { target: "TrentService", json: "1.1" },
  organizations: { target: "AWSOrganizationsV20161128", json: "1.1" },
  iam: { version: "2010-05-08" },
  sts: { version: "2011-06-15" },
  sns: { version: "2010-03-31" },
  monitoring: { version: "2010-08-01" },
  logs: { target: "Logs_20140328", json: "1.1" },
  events: { target: "AWSEvents", json: "1.1" },
  sqs: { target: "AmazonSQS", json: "1.0" },
  ssm: { target: "AmazonSSM", json: "1.1" },
  cloudcontrolapi: { target: "CloudApiService", json: "1.0" },
} as const;

export interface ApiCall {
  readonly region: string;
  /** The service's signing name. */
  readonly service: keyof typeof SERVICES;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface RootCall extends ApiCall {
  readonly accountId: string;
}

/** What the emulator answered: parsed JSON for JSON services, the XML text for form services. */
export interface ApiAnswer {
  readonly status: number;
  /** The error's name without its namespace, for example "ResourceExistsException". */
  readonly errorCode?: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * Makes a call as the root of an account. A 12-digit access key is that account's root in MiniStack and its signature is
 * not looked at, so none is made: this is for seeding and tests, where a thousand accounts are set up in seconds.
 * Everything that is to be proven goes through signed calls of real identities instead.
 */
export async function callAsRoot(endpoint: string, call: RootCall): Promise<ApiAnswer> {
  const scope = `${call.accountId}/20260101/${call.region}/${call.service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
  const { headers, body } = encode(call);
  return read(
    await send(endpoint, { method: "POST", headers: { ...headers, authorization }, body }),
  );
}

/** Makes a call with a real identity's credentials, signed as AWS wants it. */
export async function callAs(
  endpoint: string,
  credentials: Credentials,
  call: ApiCall,
): Promise<ApiAnswer> {
  const address = `${endpoint}/`;
  const { headers, body } = encode(call);
  const { service, region } = call;
  const signed = signedHeaders({ address, service, region, headers, body }, credentials);
  return read(await send(address, { method: "POST", headers: signed, body }));
}

function encode(call: ApiCall): { headers: Record<string, string>; body: string } {
  const service = SERVICES[call.service];
  if ("target" in service) {
    return {
      headers: {
        "content-type": `application/x-amz-json-${service.json}`,
        "x-amz-target": `${service.target}.${call.operation}`,
      },
      body: JSON.stringify(call.parameters),
    };
  }
  return {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form({ Action: call.operation, Version: service.version, ...call.parameters }),
  };
}

async function read(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  const errorCode = response.ok ? undefined : errorCodeOf(json, text);
  return {
    status: response.status,
    json,
    text,
    ...(errorCode === undefined ? {} : { errorCode }),
  };
}

/** The text of an element of an XML answer; throws `EMULATOR_FAILED` where it has none. */
export function elementOf(answer: ApiAnswer, name: string): string {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer.text)?.[1];
  if (found !== undefined) return found;
  throw new AppError("EMULATOR_FAILED", `The emulator's answer has no ${name}`);
}

/** {@link callAsRoot} that throws `EMULATOR_FAILED` for every error but the ones named. */
export async function mustCallAsRoot(
  endpoint: string,
  call: RootCall,
  allowed: readonly string[] = [],
): Promise<ApiAnswer> {
  const answer = await callAsRoot(endpoint, call);
  if (answer.errorCode === undefined || allowed.includes(answer.errorCode)) return answer;
  throw new AppError(
    "EMULATOR_FAILED",
    `${call.service}:${call.operation} in account ${call.accountId} was answered with ${answer.errorCode}`,
  );
}

/** Speaks to the emulator's own addresses below `/_strongroom/` and `/_ministack/`. */
export async function callDoor<T>(
  endpoint: string,
  method: string,
  address: string,
  body: unknown = {},
): Promise<T> {
  const init = method === "GET" ? { method } : { method, body: JSON.stringify(body) };
  const response = await send(`${endpoint}${address}`, init);
  const text = await response.text();
  if (!response.ok) {
    throw new AppError(
      "EMULATOR_FAILED",
      `${method} ${address} was answered with ${response.status}: ${text}`,
    );
  }
  return (text === "" ? {} : JSON.parse(text)) as T;
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    throw new AppError("EMULATOR_FAILED", `The emulator at ${address} does not answer`, {
      action: "Start it again; its log says why it ended.",
      cause: error,
    });
  }
}

function form(parameters: Readonly<Record<string, unknown>>): string {
  const fields = new URLSearchParams();
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => add(`${name}.member.${index + 1}`, item));
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) add(`${name}.${key}`, item);
    } else {
      fields.set(name, String(value));
    }
  };
  for (const [name, value] of Object.entries(parameters)) add(name, value);
  return fields.toString();
}

function errorCodeOf(json: Readonly<Record<string, unknown>>, text: string): string {
  const type = json["__type"];
  if (typeof type === "string") return type.split("#").at(-1) ?? type;
  return /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? "UnknownError";
}
