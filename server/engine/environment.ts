/**
 * Names of the variables that the engine's child process may see; everything else of the service's environment (its
 * database, its tokens, whatever a shell exported) stays outside, because each provider plugin gets all of it.
 */
const ALLOWED: readonly RegExp[] = [
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_ALL|TZ|TMPDIR|TEMP|TMP)$/,
  // Credentials, endpoints and the ways to get credentials in containers and on instances.
  /^AWS_[A-Z0-9_]+$/,
  /^(HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy)$/,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/,
  // State backends other than files: S3 needs AWS_*, Pulumi Cloud its token, Postgres its own.
  /^(PULUMI_ACCESS_TOKEN|PULUMI_BACKEND_URL)$/,
  /^PULUMI_(SELF_MANAGED_STATE|DIY_BACKEND)_[A-Z0-9_]+$/,
  /^(GOMEMLIMIT|GOMAXPROCS|GOGC)$/,
  // traceparent of W3C, in the form that OpenTelemetry reads from the environment.
  /^(TRACEPARENT|TRACESTATE)$/,
];

/** The part of an environment that a stack operation may see. */
export function allowedEnvironment(
  source: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const allowed: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && ALLOWED.some((pattern) => pattern.test(name))) allowed[name] = value;
  }
  return allowed;
}

/** Where the engine's parts are and how it is to behave; see {@link engineEnvironment}. */
export interface EngineEnvironment {
  /** What the toolchain needs, PATH among it; laid over everything else. */
  readonly tools: Readonly<Record<string, string>>;
  readonly pulumiHome: string;
  readonly backendUrl: string;
  readonly passphraseFile: string | undefined;
}

/** The whole environment of a child process. */
export function engineEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  engine: EngineEnvironment,
): Record<string, string> {
  return {
    ...allowedEnvironment(source),
    PULUMI_HOME: engine.pulumiHome,
    PULUMI_BACKEND_URL: engine.backendUrl,
    ...(engine.passphraseFile === undefined
      ? {}
      : { PULUMI_CONFIG_PASSPHRASE_FILE: engine.passphraseFile }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The toolchain brings the plugins; a download in the middle of a run would be unreviewed code.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    NO_COLOR: "1",
    ...engine.tools,
  };
}
