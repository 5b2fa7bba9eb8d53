import { AppError, type ErrorCode } from "../../stacks/errors";
import type { StampName } from "../../stacks/naming";
import type { PolicyViolation } from "../ports";

/** What is known of a failure of the engine. The only place in the product where text decides what happened. */
export interface Failure {
  readonly stamp: StampName;
  /** Messages of severity "error", in order. */
  readonly diagnostics: readonly string[];
  /** What the command printed to the standard error. */
  readonly stderr: string;
  readonly violations: readonly PolicyViolation[];
  /** Whether anything had been changed when it failed. */
  readonly changedSomething: boolean;
}

interface Pattern {
  readonly code: ErrorCode;
  readonly match: RegExp;
  readonly tell: (found: RegExpExecArray, stamp: StampName) => { message: string; action: string };
}

const LONGEST_MESSAGE = 600;
const CHECK_POLICIES =
  "Check the role's policy and its permissions boundary, and service control policies.";

/** In this order: the first that matches decides, so causes come before what follows from them. */
const PATTERNS: readonly Pattern[] = [
  {
    code: "ENGINE_DISK_FULL",
    match: /no space left on device|ENOSPC|disk quota exceeded/i,
    tell: () => ({
      message: "the disk is full",
      action: "Free space on the disk of the state folder and start the run again.",
    }),
  },
  {
    // Go's blob library, through which the states are read and written; no provider uses it.
    code: "STATE_UNREACHABLE",
    match: /blob \((?:key|code)[^\n]*|failed to load checkpoint[^\n]*/i,
    tell: (_found, stamp) => ({
      message: `the state backend refused to read or to write the state of ${stamp}`,
      action:
        "Look at the state backend and at who may use it, then start the run again: what was begun is finished then.",
    }),
  },
  {
    code: "STACK_LOCKED",
    match:
      /the stack is currently locked by \d+ lock\(s\)[\s\S]*?created by (\S+) \(pid (\d+)\) at (\S+)/,
    tell: ([, who, pid, at], stamp) => ({
      message: `the state of ${stamp} is locked by ${who ?? "?"} (process ${pid ?? "?"}) since ${at ?? "?"}`,
      action: `If that process is certainly gone, run: pulumi cancel --stack ${stamp}`,
    }),
  },
  {
    code: "STACK_LOCKED",
    match: /\[409\] Conflict: Another update is currently in progress|currently locked/i,
    tell: (_found, stamp) => ({
      message: `another update of ${stamp} is in progress`,
      action: `Wait for it; if it is certainly gone, run: pulumi cancel --stack ${stamp}`,
    }),
  },
  {
    code: "ENGINE_MISSING",
    match:
      /no (resource|language|analyzer|tool) plugin '?"?(?:pulumi-(?:resource|language|analyzer)-)?([\w-]+)'?"?.*?(?:found|installed)|could not find (?:latest version|plugin)[^\n]*|failed to load (?:language )?plugin ([\w-]+)/i,
    tell: ([text, , name, other]) => ({
      message: `a part of the engine is missing: ${name ?? other ?? text}`,
      action: "Run `strongroom doctor`; it says what is missing and how to get it.",
    }),
  },
  {
    code: "ENGINE_FAILED",
    match: /incorrect passphrase|passphrase must be set|constructing secrets manager[^\n]*/i,
    tell: ([text]) => ({
      message: `the stack's secrets cannot be decrypted (${text})`,
      action: "Use the passphrase file or the key that the stack was made with.",
    }),
  },
  {
    code: "ACCESS_WRONG_ACCOUNT",
    match: /AWS account ID not allowed: (\d{12})|account (?:ID|id) (\d{12}) (?:is )?not allowed/i,
    tell: ([, one, other]) => ({
      message: `the credentials belong to account ${one ?? other ?? "?"}`,
      action: "Check the role's account and the credentials that the service runs with.",
    }),
  },
  {
    code: "ACCESS_ROLE",
    match:
      /(?:cannot assume IAM role|unable to assume role|not authorized to perform: sts:AssumeRole)[^\n]*?(arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+)|cannot assume IAM role|sts:AssumeRole/i,
    tell: ([, role]) => ({
      message: `the role ${role ?? "of the account"} cannot be assumed`,
      action:
        "Check that the role exists, trusts the service's role and expects its external id; stamp `access` first.",
    }),
  },
  {
    code: "ACCESS_DENIED",
    match: /not authorized to perform: ([\w-]+:\w+)(?:[^\n]*? on resource: ("?[^\s"]+))?/i,
    tell: ([, action, resource]) => ({
      message: `AWS refused ${action ?? "the call"}${resource === undefined ? "" : ` on ${resource.replaceAll('"', "")}`}`,
      action: CHECK_POLICIES,
    }),
  },
  {
    code: "ACCESS_DENIED",
    match: /AccessDenied(?:Exception)?|UnauthorizedOperation/i,
    tell: () => ({ message: "AWS refused the call (AccessDenied)", action: CHECK_POLICIES }),
  },
  {
    code: "ACCESS_ROLE",
    match:
      /no valid credential sources|failed to refresh cached credentials|ExpiredToken|InvalidClientTokenId|security token included in the request is (?:invalid|expired)/i,
    tell: ([text]) => ({
      message: `there are no valid AWS credentials (${text})`,
      action: "Give the service credentials (AWS_PROFILE, a role of its machine) and start again.",
    }),
  },
  {
    code: "ENGINE_FAILED",
    match: /dial tcp ([^\s:]+:\d+|\[[^\]]+\]:\d+): (?:connect: )?connection refused/i,
    tell: ([, address]) => ({
      message: `nothing answers at ${address ?? "the AWS endpoint"}: connection refused`,
      action: "Check AWS_ENDPOINT_URL, and that the emulator runs if it is one.",
    }),
  },
  {
    code: "ENGINE_PENDING",
    match: /pending operations from previous deployment|has \d+ pending operation/i,
    tell: (_found, stamp) => ({
      message: `an interrupted update of ${stamp} left creations whose end nobody saw`,
      action: `Start an up of ${stamp}: it asks AWS what became of each of them.`,
    }),
  },
];

/** The line of a text in which something was found, for the reader who wants to see the engine's own words. */
function lineAround(text: string, index: number): string {
  const from = text.lastIndexOf("\n", index) + 1;
  const to = text.indexOf("\n", index);
  return text.slice(from, to < 0 ? undefined : to).trim();
}

const shorten = (text: string): string =>
  text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE)}…`;

/** Turns a failure of the engine into an error with a code and something to do about it. */
export function errorOf(failure: Failure): AppError {
  const { stamp, violations, diagnostics, stderr } = failure;
  const mandatory = violations.filter(({ level }) => level === "mandatory");
  if (mandatory.length > 0) {
    const changed = failure.changedSomething ? "" : " before anything was changed";
    return new AppError(
      "POLICY_VIOLATION",
      `${mandatory.length} ${mandatory.length === 1 ? "violation" : "violations"} of policy stopped ${stamp}${changed}`,
      {
        action: "Set what each violation names and start the run again.",
        problems: mandatory.map(({ pack, rule, urn, message }) => ({
          message: `${pack}/${rule}${urn === "" ? "" : ` on ${urn.slice(urn.lastIndexOf("::") + 2)}`}: ${message}`,
        })),
      },
    );
  }
  const text = [...diagnostics, stderr].join("\n");
  for (const { code, match, tell } of PATTERNS) {
    const found = match.exec(text);
    if (found === null) continue;
    const { message, action } = tell(found, stamp);
    const line = shorten(lineAround(text, found.index));
    return new AppError(code, message, {
      action,
      ...(line === "" || line === message ? {} : { problems: [{ message: line }] }),
    });
  }
  const said = diagnostics
    .map((line) => line.trim())
    .filter((line) => !/^(update|preview) failed$/.test(line));
  const first = said[0] ?? lastLine(stderr) ?? "the engine failed without saying why";
  return new AppError(
    failure.changedSomething ? "ENGINE_UPDATE_FAILED" : "ENGINE_FAILED",
    shorten(first),
    {
      action: "Correct what the message names and start the run again; what was done is kept.",
      problems: said.slice(0, 20).map((message) => ({ message: shorten(message) })),
    },
  );
}

const lastLine = (text: string): string | undefined =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .at(-1);

/** Whether the CLI says that there is no stack of that name. */
export const saysNoSuchStack = (stderr: string): boolean => /no stack named/i.test(stderr);

/** Whether the engine says that it lost the connection to a provider, so that nobody knows how far that had come. */
export const saysProviderDied = (diagnostics: readonly string[]): boolean =>
  diagnostics.some((text) =>
    /code = (?:Unavailable|Canceled)|error reading from server|transport is closing|connection (?:reset|refused)[^\n]*rpc|plugin (?:exited|crashed)/i.test(
      text,
    ),
  );
