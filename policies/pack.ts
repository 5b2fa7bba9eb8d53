import type {
  Policies,
  PolicyConfigSchema,
  PolicyPackArgs,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  StackValidationArgs,
} from "@pulumi/policy";

import { excused, stackOf, type Exemption } from "../stacks/exemptions";
import { withMark } from "../stacks/verdicts";
import { EXEMPTIONS, JUDGE } from "./config-keys";
import { judgeSchemaOf } from "./config-schema";
import { IDENTIFIERS, isJudged, plainProperties, STACK, withoutUnknown } from "./engine-values";
import { Exempting } from "./exempting";
import type { Wish } from "./kept-on";
import { Stack, type ResourceInput } from "./model/stack";
import type { Value, ValueMap } from "./model/values";
import { providerSettings } from "./provider-settings";
import { judge, PACKS, type Level, type PackName, type Rule, type Settings } from "./rules";

/** The arguments of a pack: its rules, and the judge that runs them. */
export function packArgs(name: PackName, wish?: Wish): PolicyPackArgs {
  const { description, rules } = PACKS[name];
  return {
    description,
    enforcementLevel: "mandatory",
    policies: policiesFor(rules, utcDay, wish),
  };
}

/**
 * Adapts rules to @pulumi/policy. Its server turns every resource into objects anew for each policy that has a
 * function, 0.2 s a policy for 10 000 resources; so one entry, the judge, has the functions and reports under the
 * rules' names, and the entries of the rules carry what the engine shows of them.
 *
 * The level is reported with each violation, so it cannot be lowered rule by rule in a pack's configuration; what is
 * accepted all the same stands among the exemptions. `today` answers `YYYY-MM-DD`; `wish` tells what else the configuration
 * wanted.
 */
export function policiesFor(
  rules: readonly Rule[],
  today = utcDay,
  wish: Wish = { turnedOff: false },
): Policies {
  const judging = new Judging(rules, today, wish);
  return [
    {
      name: JUDGE,
      description: "Judges each resource before it is made, and the whole stack at the end.",
      enforcementLevel: "mandatory",
      configSchema: judgeSchemaOf(rules) as unknown as PolicyConfigSchema,
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

const utcDay = (): string => new Date().toISOString().slice(0, 10);

interface Config {
  readonly [EXEMPTIONS]?: readonly Exemption[];
  readonly [rule: string]: unknown;
}

/** Runs the rules of one pack in one engine operation (the engine starts a process for each). */
class Judging {
  /** The inputs of each resource as the program gave them, by URN; what the provider computed is not among them. */
  private readonly inputs = new Map<string, ValueMap>();

  private readonly ruleIds: ReadonlySet<string>;
  private readonly known: ReadonlySet<string>;
  private exemptions: Exempting | undefined;

  constructor(
    private readonly rules: readonly Rule[],
    private readonly today: () => string,
    private readonly wish: Wish,
  ) {
    this.ruleIds = new Set(rules.map(({ id }) => id));
    this.known = new Set(Object.keys(judgeSchemaOf(rules).properties));
  }

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
    const config = args.getConfig<Config>();
    this.run("stack", stack, config, report);
    const urn = (args.resources.find(({ type }) => type === STACK) ?? args.resources[0])?.urn;
    if (urn !== undefined) this.judgeConfig(config, urn, report);
  }

  /** What is wrong with the configuration itself: exemptions that excuse nothing, settings that nobody reads, a pack turned off. */
  private judgeConfig(config: Config, urn: string, report: ReportViolation): void {
    if (this.wish.turnedOff) {
      const message = `The pack's configuration turns it off, and it judges all the same. Take the level of ${JUDGE} or all out; what is to be accepted needs an exemption.`;
      reportAs(report, { name: JUDGE, urn, message, enforcementLevel: "mandatory" });
    }
    for (const { exemption, message } of this.exempting(config).faults(
      stackOf(urn),
      this.ruleIds,
    )) {
      reportAs(report, { name: exemption.rule, urn, message, enforcementLevel: "mandatory" });
    }
    for (const key of Object.keys(config).filter((one) => !this.known.has(one))) {
      const message = `The pack's configuration sets ${JSON.stringify(key)}, which is no rule with settings. Take it out; what is to be accepted needs an exemption.`;
      reportAs(report, { name: JUDGE, urn, message, enforcementLevel: "mandatory" });
    }
  }

  /** One for the whole operation: it remembers what was used, and the configuration is made anew for each call. */
  private exempting(config: Config): Exempting {
    this.exemptions ??= new Exempting(config[EXEMPTIONS] ?? [], this.today());
    return this.exemptions;
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
      const settings = config[rule.id] as Partial<Settings> | undefined;
      for (const verdict of judge(rule, stack, settings)) {
        if (verdict.verdict === "pass") continue;
        const { message, resource } = verdict;
        const exemption = this.exempting(config).excuse(verdict);
        reportAs(report, {
          name: rule.id,
          description: rule.checks,
          urn: resource.urn,
          severity: rule.severity,
          ...(exemption === undefined
            ? { message: withMark(verdict.verdict, message), enforcementLevel: rule.level }
            : {
                message: withMark("exempt", excused(message, exemption)),
                enforcementLevel: "advisory",
              }),
        });
      }
    }
  }
}

interface Violation {
  readonly name: string;
  readonly urn: string;
  readonly message: string;
  readonly enforcementLevel: Level;
  readonly description?: string;
  readonly severity?: Rule["severity"];
}

/**
 * Reports under the rule's own name. @pulumi/policy takes such an object in place of the text (server.js,
 * makeReportViolationFun), though its typings only know the text; the integration test of the packs keeps watch.
 */
function reportAs(report: ReportViolation, violation: Violation): void {
  (report as unknown as (violation: Violation) => void)(violation);
}

function inputOf(
  args: Pick<ResourceValidationArgs, "type" | "name" | "urn" | "opts" | "provider">,
): Omit<ResourceInput, "props"> {
  const { type, name, urn, opts } = args;
  const settings = args.provider === undefined ? {} : providerSettings(args.provider.props);
  return { type, name, urn, protect: opts.protect, ...settings };
}
