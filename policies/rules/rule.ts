import type { Resource, Stack } from "../model/stack";
import type { Problem, Subject } from "../model/subject";
import { Undetermined } from "../model/values";
import { frameworksOf, type Objective } from "./objectives";

export type Severity = "low" | "medium" | "high" | "critical";
export type Level = "mandatory" | "advisory";

/** A parameter of a rule: a JSON schema of one number, text, flag or list, with its default. */
export interface Parameter {
  readonly type: "integer" | "number" | "string" | "boolean" | "array";
  readonly description: string;
  readonly default: number | string | boolean | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: { readonly type: "string" };
}

/** Values of a rule's parameters, the defaults filled in. */
export type Settings = Readonly<Record<string, Parameter["default"]>>;

/** Controls of public frameworks that a rule supports, by the framework's name. */
export type Frameworks = Readonly<Record<string, readonly string[]>>;

/** What a rule is, without what it does. */
export interface RuleInfo {
  /** Kebab case: resource and requirement in the present tense, `kms-key-rotation-enabled`. */
  readonly id: string;
  /** Numbers of the catalogue of requirements (policies/catalogue.ts) that the rule covers, alone or with others. */
  readonly catalogue: readonly number[];
  /** What the rule is for; says which controls of PCI DSS, HIPAA and SOX it supports. */
  readonly objective: Objective;
  readonly severity: Severity;
  readonly level: Level;
  /**
   * `resource`: one resource decides, so the engine asks before it is made. `stack`: several are joined, so the engine
   * asks at the end of a preview or an update.
   */
  readonly scope: "resource" | "stack";
  /** What is checked, as one sentence. */
  readonly checks: string;
  /** What goes wrong without it. */
  readonly why: string;
  /** What to set, as one sentence. */
  readonly fix: string;
  /** Ids of the public rules that check the same. */
  readonly corresponds: readonly string[];
  readonly frameworks: Frameworks;
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/**
 * A pure rule: no engine, network, clock or file. `subjects` finds what it applies to (nothing: not applicable),
 * `check` yields what is wrong and throws {@link Undetermined} where a value is not known; what it yielded before counts.
 */
export interface Rule<S extends Subject = Subject> extends RuleInfo {
  subjects(stack: Stack): Iterable<S>;
  check(subject: S, settings: Settings, stack: Stack): Iterable<Problem>;
}

type Optional = "level" | "scope" | "frameworks" | "parameters";

/**
 * Makes a rule, with the usual defaults: mandatory, decided by one resource, no parameters. `frameworks` names the controls
 * that its objective and its corresponding rules do not imply.
 */
export function defineRule<S extends Subject>(
  rule: Omit<Rule<S>, Optional> & Partial<Pick<Rule<S>, Optional>>,
): Rule<S> {
  return Object.freeze({
    level: "mandatory",
    scope: "resource",
    parameters: {},
    ...rule,
    frameworks: frameworksOf(rule.objective, rule.frameworks ?? {}, rule.corresponds),
  });
}

/** The outcome for one subject of one rule. A rule without a verdict was not applicable. */
export type Verdict = {
  readonly rule: RuleInfo;
  readonly resource: Resource;
} & (
  | { readonly verdict: "pass" }
  | { readonly verdict: "fail"; readonly message: string }
  | {
      readonly verdict: "undetermined";
      readonly message: string;
      readonly property: string;
      readonly reason: string;
    }
);

/** Judges a stack by one rule: one or more verdicts for each subject. Never throws. */
export function judge(rule: Rule, stack: Stack, settings: Partial<Settings> = {}): Verdict[] {
  const complete = settingsOf(rule, settings);
  return [...rule.subjects(stack)].flatMap((subject) => judgeOne(rule, subject, complete, stack));
}

function judgeOne(rule: Rule, subject: Subject, settings: Settings, stack: Stack): Verdict[] {
  const { resource } = subject;
  const title = titleOf(resource);
  // By message: two parts of a resource can be wrong in the same way.
  const found = new Map<string, Verdict>();
  try {
    for (const { wrong, set } of rule.check(subject, settings, stack)) {
      const message = `${title} ${wrong}. ${set ?? rule.fix}`;
      found.set(message, { rule, resource, verdict: "fail", message });
    }
  } catch (thrown) {
    const { property, reason } = doubtOf(thrown);
    const message =
      `${title} could not be judged: ${property} ${reason}. ` +
      `Give ${property} a value that is known at preview and can be read.`;
    found.set(message, { rule, resource, verdict: "undetermined", property, reason, message });
  }
  return found.size > 0 ? [...found.values()] : [{ rule, resource, verdict: "pass" }];
}

/** A rule that breaks has decided nothing. Its error's text may hold a property's value, so only its name is kept. */
function doubtOf(thrown: unknown): { property: string; reason: string } {
  if (thrown instanceof Undetermined) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return { property: "the resource", reason: `made the rule itself fail (${name})` };
}

/** The settings of a rule, the defaults of its parameters filled in. */
export function settingsOf(rule: RuleInfo, given: Partial<Settings>): Settings {
  return Object.fromEntries(
    Object.entries(rule.parameters).map(([name, parameter]) => [
      name,
      given[name] ?? parameter.default,
    ]),
  );
}

/** A resource as messages name it: `key "strongroom-backup"`. */
export function titleOf(resource: Resource): string {
  const kind = resource.type.slice(resource.type.lastIndexOf(":") + 1);
  return `${kind} "${resource.name}"`;
}

/**
 * Services of AWS whose resources decide who can read, change or lose something. For these, what a mandatory rule cannot
 * decide stops a run; elsewhere it is listed at preview and stops the update itself, when values are known.
 */
const SECURITY_SERVICES: ReadonlySet<string> = new Set([
  "accessanalyzer",
  "backup",
  "cloudcontrol",
  "cloudformation",
  "cloudtrail",
  "iam",
  "kms",
  "lambda",
  "rolesanywhere",
  "s3",
  "s3control",
  "secretsmanager",
  "sns",
  "sqs",
  "ssm",
]);

/** Tells whether a type (`aws:kms/key:Key`, `aws-native:kms:Key`) matters for security. */
export function isSecurityType(type: string): boolean {
  const [provider, module = ""] = type.split(":");
  if (provider !== "aws" && provider !== "aws-native") return true;
  const service = module.split("/")[0] ?? "";
  return SECURITY_SERVICES.has(service) || /[pP]olicy$|[pP]ermission$/.test(type);
}

/** Tells whether a verdict stops a preview. */
export function blocks({ rule, resource, verdict }: Verdict): boolean {
  if (rule.level !== "mandatory" || verdict === "pass") return false;
  return verdict === "fail" || isSecurityType(resource.type);
}
