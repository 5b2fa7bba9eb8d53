import { explainedCondition, type ExplainedCondition } from "./explain-conditions";
import { sizesOf, type ExplainedSize } from "./explain-sizes";
import { evaluate, type EvaluationLine } from "./evaluate";
import { expandAction, findAction, TABLE_DATE } from "./iam/action-table";
import { parseDocument, type Statement } from "./iam/document";
import { escalationsOf } from "./iam/escalation";
import { exposuresOf } from "./iam/exposure";
import { Permissions } from "./iam/permissions";
import { iamPolicyWellFormed } from "./rules/iam-documents";
import { policiesOf, type PolicyKind, type PolicySubject } from "./model/policies";
import { Stack, type ResourceInput } from "./model/stack";
import { Undetermined, type Value } from "./model/values";

export interface ExplainedStatement {
  readonly label: string;
  readonly effect: "Allow" | "Deny";
  /** How many published actions it names, and of which services. */
  readonly actions: number;
  readonly services: readonly string[];
  /** Names that AWS does not publish, as they were when the table was made. */
  readonly unknownActions: readonly string[];
  /** In words. */
  readonly says: string;
  readonly conditions: readonly ExplainedCondition[];
  /** Who is let in, in words; empty for identities' policies and for Deny. */
  readonly lets: readonly string[];
}

/** What the judge makes of one document. */
export interface ExplainedPolicy {
  readonly resource: string;
  readonly kind: PolicyKind;
  readonly statements: readonly ExplainedStatement[];
  /** How much of AWS's quotas it uses; of each that may be meant. */
  readonly sizes: readonly ExplainedSize[];
  /** Places that cannot be judged. */
  readonly doubts: readonly string[];
  /** Published actions that are left after the denies without conditions. */
  readonly allowedActions: number;
  /** Actions that a statement allows and another takes away wholly. */
  readonly deniedActions: readonly string[];
  /** Ways to more permissions, in words. */
  readonly escalations: readonly string[];
}

export interface Explanation {
  /** The day of AWS's data of actions. */
  readonly actionTable: string;
  readonly policies: readonly ExplainedPolicy[];
  /** What is not a pass, by rule. */
  readonly findings: readonly EvaluationLine[];
  readonly blocked: boolean;
}

/** What a document hangs on while it is judged alone: a resource that holds nothing else, where there is one. */
const HOLDERS: Readonly<Record<PolicyKind, readonly [type: string, property: string]>> = {
  identity: ["aws:iam/rolePolicy:RolePolicy", "policy"],
  trust: ["aws:iam/role:Role", "assumeRolePolicy"],
  key: ["aws:kms/keyPolicy:KeyPolicy", "policy"],
  secret: ["aws:secretsmanager/secretPolicy:SecretPolicy", "policy"],
  bucket: ["aws:s3/bucketPolicy:BucketPolicy", "policy"],
  topic: ["aws:sns/topicPolicy:TopicPolicy", "policy"],
  queue: ["aws:sqs/queuePolicy:QueuePolicy", "policy"],
  bus: ["aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy"],
  vault: ["aws:backup/vaultPolicy:VaultPolicy", "policy"],
};

/** The kinds that a document alone can be told to be, `--kind` of the command. */
export const KINDS = Object.keys(HOLDERS) as readonly PolicyKind[];

/** Explains one document; the kind is guessed where it is not given: from principals and from the actions' services. */
export function explainDocument(text: string, kind?: PolicyKind): Explanation {
  const certain = kind ?? guess(text);
  const [type, property] = HOLDERS[certain];
  const judged = (document: string) => evaluate([holder(type, property, document)]);
  // What the resource alone lacks is not the document's affair, but that it says nothing is.
  const alone = new Set(
    judged('{"Version":"2012-10-17","Statement":[]}')
      .lines.filter(({ rule }) => rule !== iamPolicyWellFormed.id)
      .map(keyOf),
  );
  const lines = judged(text).lines.filter((line) => !alone.has(keyOf(line)));
  const findings = lines.filter(({ verdict }) => verdict !== "pass");
  return {
    actionTable: TABLE_DATE,
    policies: policiesOf(new Stack([holder(type, property, text)])).map((policy) =>
      explained(policy, [policy], true),
    ),
    findings,
    blocked: findings.length > 0 && judged(text).blocked,
  };
}

const keyOf = ({ rule, verdict, message }: EvaluationLine): string =>
  `${rule} ${verdict} ${message}`;

/** Explains every document of resources that belong together. */
export function explainResources(resources: readonly ResourceInput[]): Explanation {
  const { lines, blocked } = evaluate(resources);
  const all = policiesOf(new Stack(resources));
  return {
    actionTable: TABLE_DATE,
    policies: all.map((policy) => explained(policy, all, false)),
    findings: lines.filter(({ verdict }) => verdict !== "pass"),
    blocked,
  };
}

function holder(type: string, property: string, document: Value): ResourceInput {
  const name = "policy";
  return {
    type,
    name,
    urn: `urn:pulumi:file::file::${type}::${name}`,
    props: { [property]: document },
  };
}

const BY_SERVICE: Readonly<Record<string, PolicyKind>> = {
  sts: "trust",
  kms: "key",
  secretsmanager: "secret",
  s3: "bucket",
  sns: "topic",
  sqs: "queue",
  events: "bus",
  backup: "vault",
};

function guess(text: string): PolicyKind {
  const statements = statementsIn(text);
  if (!statements.some(({ principals, notPrincipals }) => principals ?? notPrincipals)) {
    return "identity";
  }
  const services = statements.flatMap(({ actions }) => actions.map((it) => it.split(":")[0] ?? ""));
  return services.map((it) => BY_SERVICE[it]).find((it) => it !== undefined) ?? "bucket";
}

/** What can be understood of a document of whatever kind. */
function statementsIn(text: string): Statement[] {
  const attempt = <T>(read: () => T): T[] => {
    try {
      return [read()];
    } catch (thrown) {
      if (thrown instanceof Undetermined) return [];
      throw thrown;
    }
  };
  return attempt(() => parseDocument(text, "policy")).flatMap((document) =>
    document.statements.flatMap(attempt),
  );
}

function explained(
  policy: PolicySubject,
  all: readonly PolicySubject[],
  alone: boolean,
): ExplainedPolicy {
  const { statements, doubts, version } = policy.readable();
  const permissions = new Permissions({
    policies: statements.map((statement) => ({ statement, document: policy.property, version })),
  });
  const left = new Set(permissions.actions().map(({ name }) => name));
  const allowed = statements.filter(({ effect }) => effect === "Allow").flatMap(namedActions);
  return {
    resource: policy.resource.name,
    kind: policy.kind,
    statements: statements.map(explainedStatement),
    sizes: sizesOf(policy, all, alone),
    doubts: doubts.map(({ message }) => message),
    allowedActions: left.size,
    deniedActions:
      policy.kind === "identity" ? [...new Set(allowed)].filter((name) => !left.has(name)) : [],
    escalations:
      policy.kind === "identity"
        ? escalationsOf(permissions).map(
            ({ path }) =>
              `${path.gains}: ${path.steps.map(({ action }) => findAction(action)?.name ?? action).join(" + ")}`,
          )
        : [],
  };
}

function namedActions({ actions, notActions }: Statement): string[] {
  const names = (patterns: readonly string[]): string[] =>
    patterns.flatMap(expandAction).map(({ name }) => name);
  if (notActions === undefined) return names(actions);
  const left = new Set(names(notActions));
  return [...names(actions), ...names(["*"]).filter((name) => !left.has(name))];
}

function explainedStatement(statement: Statement): ExplainedStatement {
  const { label, effect, actions, notActions, resources, notResources, conditions } = statement;
  const names = new Set(namedActions(statement));
  const services = [...new Set([...names].map((name) => name.split(":")[0] ?? ""))].sort();
  const verb = effect === "Allow" ? "Allows" : "Denies";
  const what =
    notActions === undefined
      ? `${actions.join(", ")} (${names.size} ${names.size === 1 ? "action" : "actions"})`
      : `every action but ${notActions.join(", ")} (${names.size} actions)`;
  const where =
    notResources !== undefined
      ? ` on everything but ${notResources.join(", ")}`
      : resources.length === 0
        ? ""
        : ` on ${resources.join(", ")}`;
  return {
    label,
    effect,
    actions: names.size,
    services,
    unknownActions: [...actions, ...(notActions ?? [])].filter(
      (name) => expandAction(name).length === 0,
    ),
    says: `${verb} ${what}${where}`,
    conditions: conditions.map(explainedCondition),
    lets: exposuresOf(statement).map(({ audience, principal, wholeAccount, narrowedBy }) => {
      const whole = wholeAccount && audience !== "public" ? ", everybody of it" : "";
      const narrowed = narrowedBy.length === 0 ? "" : `, narrowed by ${narrowedBy.join(", ")}`;
      return `${audience}: ${principal}${whole}${narrowed}`;
    }),
  };
}
