import type {
  Policies,
  PolicyConfigSchema,
  PolicyPackArgs,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  StackValidationArgs,
} from "@pulumi/policy";

import { configSchemaOf } from "./config-schema";
import { IDENTIFIERS, isJudged, plainProperties, STACK, withoutUnknown } from "./engine-values";
import { Stack, type ResourceInput } from "./model/stack";
import type { Value, ValueMap } from "./model/values";
import { providerSettings } from "./provider-settings";
import { judge, PACKS, type PackName, type Rule, type Verdict } from "./rules";

/** Name of the pack's entry that does the judging; the configuration of all rules stands under it, by rule. */
export const JUDGE = "judge";

/** The arguments of a pack: its rules, and the judge that runs them. */
export function packArgs(name: PackName): PolicyPackArgs {
  const { description, rules } = PACKS[name];
  return { description, enforcementLevel: "mandatory", policies: policiesFor(rules) };
}

/**
 * Adapts rules to @pulumi/policy. Its server turns every resource into objects anew for each policy that has a
 * function, 0.2 s a policy for 10 000 resources; so one entry, the judge, has the functions and reports under the
 * rules' names, and the entries of the rules carry what the engine shows of them.
 *
 * The level is reported with each violation, so it cannot be lowered rule by rule in a pack's configuration.
 */
export function policiesFor(rules: readonly Rule[]): Policies {
  const judging = new Judging(rules);
  return [
    {
      name: JUDGE,
      description: "Judges each resource before it is made, and the whole stack at the end.",
      enforcementLevel: "mandatory",
      configSchema: configSchemaOf(rules) as unknown as PolicyConfigSchema,
      validateResource: (args: ResourceValidationArgs, report: ReportViolation) =>
        judging.resource(args, report),
      validateStack: (args: StackValidationArgs, report: ReportViolation) =>
        judging.stack(args, report),
    },
    ...rules.map((rule) => ({
      name: rule.id,
      description: rule.checks,
      enforcementLevel: rule.level,
      severity: rule.severity,
      remediationSteps: rule.fix,
      tags: [...rule.corresponds],
    })),
  ];
}

type Config = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** Runs the rules of one pack in one engine operation (the engine starts a process for each). */
class Judging {
  /** The inputs of each resource as the program gave them, by URN; what the provider computed is not among them. */
  private readonly inputs = new Map<string, ValueMap>();

  constructor(private readonly rules: readonly Rule[]) {}

  /** Called before the resource is made or changed. */
  resource(args: ResourceValidationArgs, report: ReportViolation): void {
    if (!isJudged(args.type)) return;
    const props = plainProperties(args.props);
    this.inputs.set(args.urn, props);
    const stack = new Stack([{ ...inputOf(args), props }]);
    this.run("resource", stack, args.getConfig<Config>(), report);
  }

  /** Called at the end of a preview or an update. */
  stack(args: StackValidationArgs, report: ReportViolation): void {
    const resources = args.resources.filter(({ type }) => isJudged(type));
    const stack = new Stack(resources.map((resource) => this.joined(resource)));
    this.run("stack", stack, args.getConfig<Config>(), report);
  }

  private joined(resource: PolicyResource): ResourceInput {
    const propertyDependencies = Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([property, origins]) => [
        property,
        origins.map(({ urn }) => urn),
      ]),
    );
    const outputs = plainProperties(resource.props);
    // A stack has outputs only, those that the program gives out.
    if (resource.type === STACK) return { ...inputOf(resource), props: outputs };
    const inputs = this.inputs.get(resource.urn);
    const props: Record<string, Value | undefined> = { ...inputs };
    for (const [name, value] of Object.entries(outputs)) {
      if (value === undefined || (inputs !== undefined && !IDENTIFIERS.includes(name))) continue;
      const given = (propertyDependencies[name]?.length ?? 0) > 0;
      props[name] ??= given ? value : withoutUnknown(value);
    }
    return { ...inputOf(resource), props, propertyDependencies };
  }

  private run(scope: Rule["scope"], stack: Stack, config: Config, report: ReportViolation): void {
    for (const rule of this.rules) {
      if (rule.scope !== scope) continue;
      for (const verdict of judge(rule, stack, config[rule.id])) {
        if (verdict.verdict !== "pass") reportAs(report, verdict, verdict.message);
      }
    }
  }
}

/**
 * Reports under the rule's own name. @pulumi/policy takes such an object in place of the text (server.js,
 * makeReportViolationFun), though its typings only know the text; the integration test of the packs keeps watch.
 */
function reportAs(report: ReportViolation, { rule, resource }: Verdict, message: string): void {
  const violation = {
    name: rule.id,
    description: rule.checks,
    message,
    urn: resource.urn,
    enforcementLevel: rule.level,
    severity: rule.severity,
  };
  (report as unknown as (violation: object) => void)(violation);
}

function inputOf(
  args: Pick<ResourceValidationArgs, "type" | "name" | "urn" | "opts" | "provider">,
): Omit<ResourceInput, "props"> {
  const { type, name, urn, opts } = args;
  const settings = args.provider === undefined ? {} : providerSettings(args.provider.props);
  return { type, name, urn, protect: opts.protect, ...settings };
}
