import path from "node:path";

import { Ajv, type ErrorObject } from "ajv";
import { Type, type Static } from "typebox";

import { didYouMean } from "../stacks/did-you-mean";
import { AppError, type Problem } from "../stacks/errors";
import { LOG_LEVELS } from "./plugins/logging";
import { type AddressRules, readAddressRules } from "./webhooks/addresses";

type Environment = Readonly<Record<string, string | undefined>>;

const text = (description: string, more: object = {}) =>
  Type.String({ description, minLength: 1, ...more });

/** Every setting of the service: the variable is the key. Values are text in the environment and typed here. */
const SETTINGS = Type.Object(
  {
    STRONGROOM_STATE: text("Folder of everything the service keeps.", { default: ".strongroom" }),
    STRONGROOM_FLEET: text("The fleet file.", { default: "fleet.yaml" }),
    STRONGROOM_EXEMPTIONS: Type.Optional(
      text("File of what the policy rules accept all the same; see docs/exemptions.md."),
    ),
    STRONGROOM_HOST: text(
      "Address to listen on. Anything but the loopback address needs TLS in front.",
      { default: "127.0.0.1" },
    ),
    STRONGROOM_PORT: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 8700,
      description: "Port to listen on; 0 takes a free one.",
    }),
    DATABASE_URL: Type.Optional(
      Type.String({
        pattern: "^postgres(ql)?://.+",
        description:
          "A Postgres server, `postgres://…`. Without it one is started in the state folder.",
      }),
    ),
    PULUMI_BACKEND_URL: Type.Optional(
      Type.String({
        pattern: "^(file|s3|gs|azblob|postgres|https?)://.+",
        description: "Pulumi's state backend. Without it the state is in the state folder.",
      }),
    ),
    STRONGROOM_CONCURRENCY: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 4,
      description: "Most stack operations at the same time; measured memory may allow fewer.",
    }),
    STRONGROOM_WORKER: Type.Boolean({
      default: true,
      description:
        "Whether `serve` works on runs itself; `false` where `strongroom worker` processes do.",
    }),
    STRONGROOM_PASSPHRASE_FILE: Type.Optional(
      text(
        "File with the passphrase of the stacks' secrets, the same on every host. Without it one is made in the state folder.",
      ),
    ),
    STRONGROOM_SECRETS_PROVIDER: Type.Optional(
      Type.String({
        pattern: "^(awskms|gcpkms|azurekeyvault|hashivault)://.+",
        description: "Key for the stacks' secrets instead of a passphrase, `awskms://…`.",
      }),
    ),
    STRONGROOM_OIDC_FILE: Type.Optional(
      text("File that says whose OpenID Connect tokens are believed; see docs/access.md."),
    ),
    STRONGROOM_STS_RATE: Type.Number({
      exclusiveMinimum: 0,
      maximum: 10_000,
      default: 50,
      description: "Roles that all workers together assume per second.",
    }),
    STRONGROOM_IAM_RATE: Type.Number({
      exclusiveMinimum: 0,
      maximum: 10_000,
      default: 20,
      description: "Calls to IAM per second that all workers together plan in one account.",
    }),
    STRONGROOM_DISCOVERY_RATE: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1000,
      default: 5,
      description: "Calls to AWS Organizations per second.",
    }),
    STRONGROOM_DISCOVERY_MAX_AGE_SECONDS: Type.Integer({
      minimum: 0,
      maximum: 86_400,
      default: 300,
      description: "How long a list of accounts is used before it is read again, seconds.",
    }),
    STRONGROOM_DISCOVERY_TAGS_MAX_AGE_SECONDS: Type.Integer({
      minimum: 0,
      maximum: 86_400,
      default: 600,
      description: "How long the tags of an account are used before they are read again, seconds.",
    }),
    STRONGROOM_DISCOVERY_MAX_SHRINK_PERCENT: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 10,
      description: "Share of the accounts that may be gone since the last list; more is refused.",
    }),
    STRONGROOM_CHECK_MINUTES: Type.Integer({
      minimum: 0,
      maximum: 525_600,
      default: 0,
      description:
        "How often everything deployed is judged by the rules, minutes; each time is a run. 0 never does.",
    }),
    STRONGROOM_WEBHOOK_KEY_FILE: Type.Optional(
      text(
        "File with the key that webhooks' secrets are kept with, the same on every host. Without it one is made in the state folder.",
      ),
    ),
    STRONGROOM_WEBHOOK_ALLOW: Type.Optional(
      Type.String({
        pattern: "^[^,\\s]+(,[^,\\s]+)*$",
        description:
          "Hosts and networks inside (comma between, `hooks.internal,10.1.0.0/16`) that webhooks may be sent to beside public addresses.",
      }),
    ),
    STRONGROOM_WEBHOOK_HTTP: Type.Boolean({
      default: false,
      description: "Whether those may be reached without TLS. For tests.",
    }),
    STRONGROOM_RATE_LIMIT: Type.Integer({
      minimum: 10,
      maximum: 1_000_000,
      default: 1200,
      description: "Requests per minute of one caller.",
    }),
    STRONGROOM_TRUST_PROXY: Type.Optional(
      Type.String({
        pattern: "^[0-9a-fA-F.:/]+(,[0-9a-fA-F.:/]+)*$",
        description:
          "Addresses of proxies (comma between) whose `X-Forwarded-*` headers are believed.",
      }),
    ),
    STRONGROOM_S3_PATH_STYLE: Type.Optional(
      Type.Boolean({
        description:
          "Address buckets as `/bucket`. Default true where `AWS_ENDPOINT_URL` is set, else false.",
      }),
    ),
    STRONGROOM_LOG_LEVEL: Type.Enum([...LOG_LEVELS], {
      type: "string",
      default: "info",
      description: `How much is logged: ${LOG_LEVELS.join(", ")}.`,
    }),
  },
  { additionalProperties: false },
);

/** Variables of ours that other parts read; known here so that they are not taken for spelling mistakes. */
export const VARIABLES_OF_OTHER_PARTS: Readonly<Record<string, string>> = {
  STRONGROOM_HOME: "Tool cache of the engine and the emulator.",
  STRONGROOM_PULUMI: "The `pulumi` command to use.",
  STRONGROOM_AWS_PLUGIN: "The `aws` provider plugin to use.",
  STRONGROOM_AWS_NATIVE_PLUGIN: "The `aws-native` provider plugin to use.",
  STRONGROOM_TERRAFORM_PROVIDER_AWS: "The Terraform provider that the `aws` plugin runs.",
  STRONGROOM_TERRAFORM_BRIDGE: "The Terraform bridge that the `aws` plugin is made with.",
  STRONGROOM_DOWNLOAD_SITE: "Where Pulumi's own parts are downloaded from; `off` never asks.",
  STRONGROOM_PYTHON: "The Python that runs the emulator.",
  STRONGROOM_URL: "The service that the command line talks to.",
  STRONGROOM_TOKEN: "The token that the command line shows.",
};

type Values = Static<typeof SETTINGS>;

/** The service's settings, checked, complete and frozen. */
export interface ServiceConfig {
  /** Absolute. */
  readonly stateDir: string;
  /** Absolute. */
  readonly fleetFile: string;
  /** Absolute. */
  readonly exemptionsFile?: string;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl?: string;
  readonly backendUrl?: string;
  readonly concurrency: number;
  /** Whether the service works on runs itself. */
  readonly works: boolean;
  /** Absolute. */
  readonly passphraseFile?: string;
  readonly secretsProvider?: string;
  /** Absolute. */
  readonly oidcFile?: string;
  /** Calls to AWS per second that all workers plan together. */
  readonly awsRates: { readonly sts: number; readonly iam: number };
  readonly discovery: {
    readonly callsPerSecond: number;
    readonly maxAgeSeconds: number;
    readonly tagsMaxAgeSeconds: number;
    readonly maxShrinkPercent: number;
  };
  /** Time between two checks of what is deployed, minutes; 0: none. */
  readonly checkMinutes: number;
  readonly webhooks: {
    /** Absolute. */
    readonly keyFile?: string;
    readonly rules: AddressRules;
  };
  readonly requestsPerMinute: number;
  readonly trustProxy?: readonly string[];
  readonly s3UsePathStyle: boolean;
  readonly logLevel: Values["STRONGROOM_LOG_LEVEL"];
}

const validate = new Ajv({
  allErrors: true,
  strict: true,
  coerceTypes: true,
  useDefaults: true,
  verbose: true,
}).compile<Values>(SETTINGS);

/**
 * Reads the settings from the environment. Throws `SPEC_SETTINGS` with every mistake, each naming its variable; an
 * unknown `STRONGROOM_*` variable is a mistake, because a misspelt setting silently does nothing.
 */
export function readConfig(
  environment: Environment = process.env,
  workingDirectory: string = process.cwd(),
): ServiceConfig {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(environment)) {
    // An empty variable is how a shell unsets one.
    if (value === undefined || value === "") continue;
    if (Object.hasOwn(SETTINGS.properties, name)) values[name] = value;
    else if (name.startsWith("STRONGROOM_") && !Object.hasOwn(VARIABLES_OF_OTHER_PARTS, name)) {
      problems.push(unknown(name));
    }
  }
  if (!validate(values)) problems.push(...(validate.errors ?? []).map(problem));
  const { STRONGROOM_WEBHOOK_ALLOW: allow, STRONGROOM_WEBHOOK_HTTP: http } = values as Values;
  const { rules, mistakes } = readAddressRules(allow?.split(",") ?? [], http);
  for (const entry of mistakes) {
    const pointer = "/STRONGROOM_WEBHOOK_ALLOW";
    const message = `STRONGROOM_WEBHOOK_ALLOW must hold hosts and networks, not ${JSON.stringify(entry)}`;
    problems.push({ pointer, message });
  }
  if (problems.length > 0) {
    throw new AppError("SPEC_SETTINGS", settingsMessage(problems), {
      action: "Correct the variables; docs/http-api.md lists all of them.",
      problems,
    });
  }
  return Object.freeze(resolve(values as Values, rules, environment, workingDirectory));
}

function settingsMessage(problems: readonly Problem[]): string {
  const [first] = problems;
  return problems.length === 1 && first !== undefined
    ? `The environment has a mistake: ${first.message}.`
    : `The environment has ${problems.length} mistakes.`;
}

function unknown(name: string): Problem {
  const known = [...Object.keys(SETTINGS.properties), ...Object.keys(VARIABLES_OF_OTHER_PARTS)];
  const meant = didYouMean(name, known);
  return {
    pointer: `/${name}`,
    message: `${name} is not a setting${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  };
}

/** A database's address holds its password, so the value of that variable is not repeated. */
function problem({ instancePath, keyword, message, params, data }: ErrorObject): Problem {
  const name = instancePath.slice(1);
  const { allowedValues } = params as { allowedValues?: readonly string[] };
  const wanted =
    name === "DATABASE_URL"
      ? "must be postgres://…"
      : keyword === "enum"
        ? `must be one of ${(allowedValues ?? []).join(", ")}`
        : (message ?? "is not valid");
  const given = name.endsWith("_URL") ? "" : `, not ${JSON.stringify(data)}`;
  return { pointer: instancePath, message: `${name} ${wanted}${given}` };
}

function resolve(
  values: Values,
  rules: AddressRules,
  environment: Environment,
  workingDirectory: string,
): ServiceConfig {
  const { DATABASE_URL: databaseUrl, PULUMI_BACKEND_URL: backendUrl } = values;
  const trustProxy = values.STRONGROOM_TRUST_PROXY?.split(",");
  const ownEndpoint = (environment["AWS_ENDPOINT_URL"] ?? "") !== "";
  return {
    stateDir: path.resolve(workingDirectory, values.STRONGROOM_STATE),
    fleetFile: path.resolve(workingDirectory, values.STRONGROOM_FLEET),
    ...(values.STRONGROOM_EXEMPTIONS === undefined
      ? {}
      : { exemptionsFile: path.resolve(workingDirectory, values.STRONGROOM_EXEMPTIONS) }),
    host: values.STRONGROOM_HOST,
    port: values.STRONGROOM_PORT,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(backendUrl === undefined ? {} : { backendUrl }),
    concurrency: values.STRONGROOM_CONCURRENCY,
    works: values.STRONGROOM_WORKER,
    ...(values.STRONGROOM_PASSPHRASE_FILE === undefined
      ? {}
      : { passphraseFile: path.resolve(workingDirectory, values.STRONGROOM_PASSPHRASE_FILE) }),
    ...(values.STRONGROOM_SECRETS_PROVIDER === undefined
      ? {}
      : { secretsProvider: values.STRONGROOM_SECRETS_PROVIDER }),
    ...(values.STRONGROOM_OIDC_FILE === undefined
      ? {}
      : { oidcFile: path.resolve(workingDirectory, values.STRONGROOM_OIDC_FILE) }),
    awsRates: { sts: values.STRONGROOM_STS_RATE, iam: values.STRONGROOM_IAM_RATE },
    discovery: {
      callsPerSecond: values.STRONGROOM_DISCOVERY_RATE,
      maxAgeSeconds: values.STRONGROOM_DISCOVERY_MAX_AGE_SECONDS,
      tagsMaxAgeSeconds: values.STRONGROOM_DISCOVERY_TAGS_MAX_AGE_SECONDS,
      maxShrinkPercent: values.STRONGROOM_DISCOVERY_MAX_SHRINK_PERCENT,
    },
    checkMinutes: values.STRONGROOM_CHECK_MINUTES,
    webhooks: {
      ...(values.STRONGROOM_WEBHOOK_KEY_FILE === undefined
        ? {}
        : { keyFile: path.resolve(workingDirectory, values.STRONGROOM_WEBHOOK_KEY_FILE) }),
      rules,
    },
    requestsPerMinute: values.STRONGROOM_RATE_LIMIT,
    ...(trustProxy === undefined ? {} : { trustProxy }),
    s3UsePathStyle: values.STRONGROOM_S3_PATH_STYLE ?? ownEndpoint,
    logLevel: values.STRONGROOM_LOG_LEVEL,
  };
}

/** The settings as a Markdown table: the one in docs/http-api.md is this one. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS.properties).map(([name, schema]) => {
    const { description = "", default: fallback } = schema as {
      description?: string;
      default?: string | number;
    };
    return `| \`${name}\` | ${fallback === undefined ? "" : `\`${fallback}\``} | ${description} |`;
  });
  return ["| variable | default | meaning |", "|---|---|---|", ...rows].join("\n");
}
