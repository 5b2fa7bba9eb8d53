import { accountOf, parseArn } from "../iam/arn";
import { customerKeyProblems, resourcesOf } from "../model/customer-key";
import { join } from "../model/join";
import type { Resource, Stack } from "../model/stack";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { isMap, NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

const functionsOf = resourcesOf(TYPES.function);

/** Runtimes that Lambda no longer keeps secure, from AWS's page "Lambda runtimes" (deprecation dates to mid 2026). */
const OLD_RUNTIMES =
  /^(nodejs(\d|1\d|20)?(\.(x|\d+))?|nodejs\d\.\d+(-edge)?|python2\.7|python3\.[6-9]|java8|dotnetcore\d\.\d|dotnet[567]|ruby2\.\d|ruby3\.2|go1\.x|provided)$/;

export const lambdaRuntimeSupported = defineRule<Subject>({
  id: "lambda-runtime-supported",
  catalogue: [91],
  objective: "secure-software",
  severity: "medium",
  checks: "Every function runs on a runtime that AWS still keeps secure.",
  why: "A hole in an old runtime stays open, and one day AWS refuses to change the function.",
  fix: "Set runtime to a current one, such as nodejs22.x.",
  corresponds: ["Lambda.2", "CKV_AWS_363", "awslambda_function_using_supported_runtimes"],
  subjects: functionsOf,
  *check({ resource: { view } }) {
    const runtime = view.string("runtime");
    if (runtime !== undefined && OLD_RUNTIMES.test(runtime))
      yield { wrong: "runs on an old runtime" };
  },
});

export const lambdaPermissionNotOpen = defineRule<Subject>({
  id: "lambda-permission-not-open",
  catalogue: [92],
  objective: "no-outsiders",
  severity: "critical",
  checks: "No permission lets everybody call a function.",
  why: "Anybody with an AWS account could have the function act with its role.",
  fix: "Name the account, role or service as principal, or set principalOrgId.",
  corresponds: ["Lambda.1", "CKV_AWS_301", "F13", "awslambda_function_not_publicly_accessible"],
  subjects: resourcesOf(TYPES.functionPermission),
  *check({ resource: { view } }) {
    if (view.string("principal") !== "*") return;
    if (/^o-[a-z0-9]{10,32}$/.test(view.string("principalOrgId", "principalOrgID") ?? "")) return;
    yield { wrong: "lets everybody call the function" };
  },
});

export const lambdaPermissionSourceNamed = defineRule<Subject>({
  id: "lambda-permission-source-named",
  catalogue: [92],
  objective: "no-outsiders",
  severity: "high",
  checks: "A service that may call a function may do so for one named resource of a known account.",
  why: "Another customer could have the service call the function for them.",
  fix: "Set sourceArn, and sourceAccount where the ARN names no account.",
  corresponds: ["CKV_AWS_364", "AWS-0067", "configureSourceArn"],
  subjects: resourcesOf(TYPES.functionPermission),
  *check({ resource: { view } }) {
    const principal = view.string("principal") ?? "";
    // Secrets Manager's own rule demands the account.
    if (!principal.endsWith(".amazonaws.com") || principal.startsWith("secretsmanager.")) return;
    const source = view.raw("sourceArn");
    if (source === undefined || source === "") {
      yield { wrong: "lets a service call the function for every resource" };
      return;
    }
    if (view.raw("sourceAccount") !== undefined) return;
    if (source === UNKNOWN) throw new Undetermined("sourceArn", NOT_KNOWN_YET);
    if (typeof source === "string" && accountOf(source) === undefined) {
      yield { wrong: "lets a service call the function for every account" };
    }
  },
});

export const rotationPermissionBounded = defineRule<Subject>({
  id: "rotation-permission-bounded",
  catalogue: [26, 92],
  objective: "no-outsiders",
  severity: "high",
  checks: "Secrets Manager may call a rotation function for secrets of one account only.",
  why: "Another customer could have it rotate a secret of theirs with the function, and learn how.",
  fix: "Set sourceAccount to the account of the secrets.",
  corresponds: ["AWS-0067", "CKV_AWS_364", "configureSourceArn"],
  subjects: resourcesOf(TYPES.functionPermission),
  *check({ resource: { view } }) {
    if (!/^secretsmanager\.amazonaws\.com/.test(view.string("principal") ?? "")) return;
    const account = view.raw("sourceAccount");
    if (account !== undefined && account !== "") return;
    const source = view.string("sourceArn");
    if (source === undefined || !/^\d{12}$/.test(parseArn(source)?.account ?? "")) {
      yield { wrong: "lets Secrets Manager call the function for every account" };
    }
  },
});

export const lambdaUrlAuthenticated = defineRule<Subject>({
  id: "lambda-url-authenticated",
  catalogue: [92],
  objective: "no-outsiders",
  severity: "critical",
  checks: "No function has an address that anybody can call.",
  why: "The function acts with its role for whoever finds the address.",
  fix: "Set authorizationType (aws-native: authType) to AWS_IAM.",
  corresponds: ["CKV_AWS_258", "awslambda_function_url_public"],
  subjects: resourcesOf(TYPES.functionUrl, TYPES.functionPermission),
  *check({ resource: { view } }) {
    const type = view.string("authorizationType", "authType", "functionUrlAuthType");
    if (type?.toUpperCase() === "NONE") yield { wrong: "lets anybody call the function's address" };
  },
});

/** Names that say where a secret is, not what it is: `DB_SECRET_ARN`. */
const POINTER =
  /(arn|name|id|ids|url|uri|path|prefix|parameter|alias|region|ttl|seconds|days|enabled|tag|tags)$/i;
const SECRET_NAME = /password|passwd|secret|token|api_?key|private_?key|credential|access_?key/i;
const SECRET_VALUE =
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_\w{30,}|\bxox[abp]-/;

export const lambdaEnvironmentHoldsNoSecret = defineRule<Subject>({
  id: "lambda-environment-holds-no-secret",
  catalogue: [93],
  objective: "credentials",
  severity: "critical",
  checks: "No function has a password, key or token among its environment variables.",
  why: "Whoever may look at the function reads it, and it stands in the stack's state.",
  fix: "Keep the value in Secrets Manager, and give the function the secret's ARN.",
  corresponds: ["CKV_AWS_45", "awslambda_function_no_secrets_in_variables"],
  subjects: functionsOf,
  *check({ resource: { view } }) {
    const variables = view.object("environment")?.raw("variables");
    if (variables === undefined) return;
    if (variables === UNKNOWN) throw new Undetermined("environment.variables", NOT_KNOWN_YET);
    if (!isMap(variables)) throw new Undetermined("environment.variables", "is not an object");
    let doubt: string | undefined;
    for (const [name, value] of Object.entries(variables)) {
      const telling = SECRET_NAME.test(name) && !POINTER.test(name);
      if (value === UNKNOWN && telling) doubt = "environment.variables";
      if (typeof value !== "string" || value === "") continue;
      if (telling || SECRET_VALUE.test(value)) {
        yield { wrong: "has what looks like a secret among its environment variables" };
        return;
      }
    }
    if (doubt !== undefined) throw new Undetermined(doubt, NOT_KNOWN_YET);
  },
});

export const lambdaEnvironmentEncrypted = defineRule<Subject>({
  id: "lambda-environment-encrypted",
  catalogue: [93],
  objective: "encryption-at-rest",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks: "Environment variables of functions are encrypted with a customer managed key.",
  why: "Otherwise everybody who may look at the function reads them.",
  fix: "Set kmsKeyArn to a customer managed key.",
  corresponds: ["CKV_AWS_173"],
  subjects: (stack) =>
    functionsOf(stack).filter(({ resource }) => resource.view.raw("environment") !== undefined),
  check: ({ resource }, _settings, stack) => customerKeyProblems(stack, resource, ["kmsKeyArn"]),
});

export const lambdaFailuresKept = defineRule<Subject>({
  id: "lambda-failures-kept",
  catalogue: [94],
  objective: "alerting",
  severity: "medium",
  level: "advisory",
  scope: "stack",
  checks:
    "What a function could not do is kept: it has a dead letter queue or a destination for failures, or works from a queue.",
  why: "An event that failed three times is gone, and nobody knows.",
  fix: "Set deadLetterConfig.targetArn, or add a FunctionEventInvokeConfig (aws-native: EventInvokeConfig) with destinationConfig.onFailure.",
  corresponds: ["CKV_AWS_116", "LAMBDA_DLQ_CHECK"],
  subjects: functionsOf,
  *check({ resource }, _settings, stack) {
    if (resource.view.object("deadLetterConfig")?.raw("targetArn") !== undefined) return;
    const others = [...TYPES.functionDestination, ...TYPES.eventSourceMapping];
    const { parts, unplaced } = joinToFunction(stack, others, resource);
    const kept = parts.some(
      ({ type, view }) =>
        TYPES.eventSourceMapping.includes(type) ||
        view.object("destinationConfig")?.object("onFailure")?.raw("destination") !== undefined,
    );
    if (kept) return;
    if (unplaced !== undefined) throw new Undetermined(`function of "${unplaced}"`, NOT_KNOWN_YET);
    yield { wrong: "loses what it could not do" };
  },
});

function joinToFunction(
  stack: Stack,
  types: readonly string[],
  resource: Resource,
): { parts: readonly Resource[]; unplaced: string | undefined } {
  const { parts, unplaced } = join(stack, types, [resource], {
    properties: ["functionName"],
    wholes: new Set([resource.type]),
    identifiers: ["id", "arn", "name", "functionName"],
  });
  return { parts: parts.get(resource.urn) ?? [], unplaced: unplaced[0]?.name };
}

export const lambdaConcurrencyBounded = defineRule<Subject>({
  id: "lambda-concurrency-bounded",
  catalogue: [94],
  objective: "alerting",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks:
    "Every function has a bound on how often it runs at once, of its own or of the queue that it works from.",
  why: "One function that runs away leaves none of the account's runs for the others.",
  fix: "Set reservedConcurrentExecutions, or scalingConfig.maximumConcurrency of the event source mapping.",
  corresponds: ["CKV_AWS_115"],
  subjects: functionsOf,
  *check({ resource }, _settings, stack) {
    const own = resource.view.number("reservedConcurrentExecutions");
    if (own !== undefined && own >= 0) return;
    const { parts } = joinToFunction(stack, TYPES.eventSourceMapping, resource);
    const bounded =
      parts.length > 0 &&
      parts.every(
        ({ view }) => view.object("scalingConfig")?.raw("maximumConcurrency") !== undefined,
      );
    if (!bounded) yield { wrong: "can take all runs of the account" };
  },
});

export const lambdaTraced = defineRule<Subject>({
  id: "lambda-traced",
  catalogue: [94],
  objective: "audit-trail",
  severity: "low",
  level: "advisory",
  checks: "Every function is traced.",
  why: "Where the time went, and which call failed, cannot be told afterwards.",
  fix: "Set tracingConfig.mode to Active.",
  corresponds: ["CKV_AWS_50", "AWS-0066"],
  subjects: functionsOf,
  *check({ resource: { view } }) {
    const mode = view.object("tracingConfig")?.string("mode");
    if (mode !== "Active" && mode !== "PassThrough") yield { wrong: "is not traced" };
  },
});

export const lambdaInNetwork = defineRule<Subject>({
  id: "lambda-in-network",
  catalogue: [94],
  objective: "no-outsiders",
  severity: "low",
  level: "advisory",
  checks: "Every function runs in a network of the account.",
  why: "Outside of one, nothing limits where it can send data.",
  fix: "Set vpcConfig.subnetIds and vpcConfig.securityGroupIds.",
  corresponds: ["Lambda.3", "CKV_AWS_117", "awslambda_function_inside_vpc"],
  subjects: functionsOf,
  *check({ resource: { view } }) {
    const subnets = view.object("vpcConfig")?.raw("subnetIds");
    if (subnets === undefined || (Array.isArray(subnets) && subnets.length === 0)) {
      yield { wrong: "runs outside of every network" };
    }
  },
});

export const lambdaCodeSigned = defineRule<Subject>({
  id: "lambda-code-signed",
  catalogue: [94],
  objective: "secure-software",
  severity: "low",
  level: "advisory",
  checks: "Every function runs only code that was signed.",
  why: "Whoever may write the function's code has its role.",
  fix: "Set codeSigningConfigArn.",
  corresponds: ["CKV_AWS_272"],
  subjects: (stack) =>
    functionsOf(stack).filter(({ resource }) => resource.view.raw("packageType") !== "Image"),
  *check({ resource: { view } }) {
    if (view.raw("codeSigningConfigArn") === undefined)
      yield { wrong: "runs code that nobody signed" };
  },
});

export const lambdaLayersOwn = defineRule<Subject>({
  id: "lambda-layers-own",
  catalogue: [94],
  objective: "secure-software",
  severity: "high",
  checks: "No function runs layers of another account, unless the settings name it.",
  why: "The layer's owner runs code with the function's role.",
  fix: "Publish the layer in this account.",
  corresponds: ["awslambda_function_using_cross_account_layers"],
  parameters: {
    trustedAccounts: {
      type: "array",
      description: "Accounts whose layers are accepted, such as AWS's own.",
      default: [],
      items: { type: "string" },
    },
  },
  subjects: (stack) =>
    functionsOf(stack).filter(({ resource }) => resource.view.raw("layers") !== undefined),
  *check({ resource }, settings) {
    const layers = resource.view.raw("layers");
    if (layers === UNKNOWN) throw new Undetermined("layers", NOT_KNOWN_YET);
    const role = resource.view.raw("role");
    const own = resource.accountId ?? (typeof role === "string" ? accountOf(role) : undefined);
    const trusted = settings["trustedAccounts"] as readonly string[];
    let doubt = false;
    for (const layer of Array.isArray(layers) ? (layers as readonly unknown[]) : []) {
      if (layer === UNKNOWN) doubt = true;
      if (typeof layer !== "string") continue;
      const account = parseArn(layer)?.account;
      if (account === undefined || (account !== own && !trusted.includes(account))) {
        yield { wrong: "runs a layer of another account" };
      }
    }
    // A layer of this stack is of this account.
    const made = (resource.dependenciesOf("layers")?.length ?? 0) > 0;
    if (doubt && !made) throw new Undetermined("layers", NOT_KNOWN_YET);
  },
});

export const lambdaRoleOwn = defineRule<Subject>({
  id: "lambda-role-own",
  catalogue: [95],
  objective: "least-privilege",
  severity: "medium",
  scope: "stack",
  checks: "No two functions share a role; one function in several Regions is one function.",
  why: "Each has the permissions of both.",
  fix: "Make a role for each function.",
  corresponds: [],
  subjects: functionsOf,
  *check({ resource }, _settings, stack) {
    const role = roleOf(resource);
    if (role === undefined) throw new Undetermined("role", NOT_KNOWN_YET);
    const shared = functionsOf(stack).some(
      ({ resource: other }) =>
        other !== resource && nameOf(other) !== nameOf(resource) && roleOf(other) === role,
    );
    if (shared) yield { wrong: "shares its role with another function" };
  },
});

const nameOf = ({ view, urn }: Resource): unknown => view.raw("name", "functionName") ?? urn;

/** The role by its ARN, or by the resource that it comes from. */
function roleOf(resource: Resource): string | undefined {
  const role = resource.view.raw("role");
  if (typeof role === "string") return role;
  return resource.dependenciesOf("role")?.[0];
}
