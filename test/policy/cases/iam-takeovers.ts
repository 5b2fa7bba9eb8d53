import type { ResourceInput } from "../../../policies/model/stack";
import type { ValueMap } from "../../../policies/model/values";
import { ACCOUNT, policy, resource, UNKNOWN, urnOf, type RuleCases } from "../fixtures";
import {
  allow,
  AS_B,
  create,
  fails,
  iamArn,
  inline,
  PUT,
  ROLE,
  role,
  STRONG,
  strong,
  trust,
} from "./iam-escalation-parts";

const arn = (rest: string): string => `arn:aws:${rest.replace("::", `:eu-central-1:${ACCOUNT}:`)}`;
const FUNCTION = arn("lambda::function:work");
/** A workload with the role b. */
const workload = (type: string, roleProperty: string, props: ValueMap = {}): ResourceInput =>
  resource(type, { name: "work", [roleProperty]: iamArn("role/b"), ...props }, { name: "work" });
const work = workload("aws:lambda/function:Function", "role");
const update = (...actions: readonly string[]): ResourceInput =>
  inline("deploying", "a", allow(actions, FUNCTION));
const reading = inline("reading", "b", allow("s3:GetObject", "arn:aws:s3:::data/*"));
const CODE = "lambda:UpdateFunctionCode";
const layer = (condition: object = {}): ResourceInput =>
  inline(
    "deploying",
    "a",
    { ...allow("lambda:UpdateFunctionConfiguration", FUNCTION), ...condition },
    allow("lambda:GetLayerVersion", "arn:aws:lambda:*:*:layer:*"),
  );

/** For each sort of workload: what it is, how it is taken, and the resource and steps of that. */
const TAKEN: Readonly<
  Record<string, readonly [work: ResourceInput, on: string, gains: string, ...steps: string[]]>
> = {
  "a function": [work, FUNCTION, "runs its own code in a function", CODE],
  "a function, in aws-native": [
    workload("aws-native:lambda:Function", "role", { functionName: "work" }),
    FUNCTION,
    "runs its own code in a function",
    CODE,
  ],
  "a state machine": [
    workload("aws:sfn/stateMachine:StateMachine", "roleArn"),
    arn("states::stateMachine:work"),
    "acts through a state machine's role",
    "states:UpdateStateMachine",
  ],
  "a build": [
    workload("aws:codebuild/project:Project", "serviceRole"),
    arn("codebuild::project/work"),
    "runs its own build",
    "codebuild:StartBuild",
  ],
  "a Glue endpoint": [
    workload("aws:glue/devEndpoint:DevEndpoint", "roleArn"),
    arn("glue::devEndpoint/work"),
    "runs its own code in a Glue endpoint",
    "glue:UpdateDevEndpoint",
  ],
  "a stack of CloudFormation": [
    workload("aws:cloudformation/stack:Stack", "iamRoleArn"),
    arn("cloudformation::stack/work/*"),
    "acts through a stack's role",
    "cloudformation:UpdateStack",
  ],
  "a change set of CloudFormation": [
    workload("aws:cloudformation/stack:Stack", "iamRoleArn"),
    arn("cloudformation::stack/work/*"),
    "acts through a stack's role",
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
  ],
  "a notebook": [
    workload("aws:sagemaker/notebookInstance:NotebookInstance", "roleArn"),
    arn("sagemaker::notebook-instance/work"),
    "works in a notebook with its role",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
  ],
};

/** Ways to more permissions over what runs with a role: parts of the table of iam-no-escalation. */
export const TAKEOVERS: Pick<RuleCases, "passes" | "fails" | "undetermined"> = {
  passes: {
    ...Object.fromEntries(
      Object.entries(TAKEN).map(([name, [made, on, , ...steps]]) => [
        `the code of another than ${name} with a role`,
        [
          role("a"),
          role("b"),
          reading,
          made,
          inline("deploying", "a", allow(steps, on.replace("work", "other"))),
        ],
      ]),
    ),
    "code of a function whose role only tells of itself": [
      role("a"),
      role("b"),
      inline("telling", "b", allow(["logs:PutLogEvents", "xray:PutTraceSegments"], "*")),
      work,
      update(CODE),
    ],
    "code of a function whose role may do less": [
      role("a"),
      role("b"),
      reading,
      inline("more", "a", allow("s3:Get*", "arn:aws:s3:::data/*")),
      work,
      update(CODE),
    ],
    "code of a function whose role it is given": [
      role("a"),
      role("b"),
      reading,
      inline("giving", "a", allow("iam:PassRole", iamArn("role/b")), create),
      work,
      update(CODE),
    ],
    "code of a function with its own role": [
      role("a"),
      inline("reading", "a", allow("s3:GetObject", "arn:aws:s3:::data/*")),
      resource("aws:lambda/function:Function", { name: "work", role: iamArn("role/a") }),
      update(CODE),
    ],
    "the settings of a function that takes no layers": [
      role("a"),
      role("b"),
      reading,
      work,
      update("lambda:UpdateFunctionConfiguration"),
    ],
    "the settings of a function that takes exact layers": [
      role("a"),
      role("b"),
      reading,
      work,
      layer({ Condition: { StringEquals: { "lambda:Layer": arn("lambda::layer:own:1") } } }),
    ],
    "a member of a harmless group": [
      resource("aws:iam/user:User", { name: "u" }, { name: "u" }),
      resource("aws:iam/group:Group", { name: "team" }, { name: "team" }),
      resource("aws:iam/groupPolicy:GroupPolicy", {
        group: "team",
        policy: policy(allow("s3:ListAllMyBuckets")),
      }),
      resource("aws:iam/userGroupMembership:UserGroupMembership", { user: "u", groups: ["team"] }),
    ],
  },
  fails: {
    ...Object.fromEntries(
      Object.entries(TAKEN).map(([name, [made, on, gains, ...steps]]) => [
        `the code of ${name} with a stronger role`,
        fails(
          'Role "a"',
          `${gains} as Role "b" by ${steps.join(" + ")} (RolePolicy "deploying", policy, statement 1)`,
          role("a"),
          role("b"),
          reading,
          made,
          inline("deploying", "a", allow(steps, on)),
        ),
      ]),
    ),
    "the layers of a function with a stronger role": fails(
      'Role "a"',
      'runs its own code in a function as Role "b" by lambda:UpdateFunctionConfiguration + lambda:GetLayerVersion (RolePolicy "deploying", policy, statement 1; RolePolicy "deploying", policy, statement 2)',
      role("a"),
      role("b"),
      reading,
      work,
      layer(),
    ),
    "the code of a function that the engine names, by its record": fails(
      'Role "a"',
      `runs its own code in a function as Role "b" by ${CODE} (RolePolicy "deploying", policy, statement 1)`,
      role("a"),
      role("b"),
      reading,
      resource(
        "aws:lambda/function:Function",
        { role: UNKNOWN },
        { name: "work", propertyDependencies: { role: [urnOf(ROLE, "b")] } },
      ),
      inline("deploying", "a", allow(CODE, `${FUNCTION}-*`)),
    ),
    "the code of a function whose role opens a way of its own": {
      given: [role("a"), role("b"), strong, work, update(CODE)],
      says: [
        AS_B.replace(
          "gives an identity any permission as",
          `runs its own code in a function as Role "b" by ${CODE} (RolePolicy "deploying", policy, statement 1); gives an identity any permission as`,
        ),
        STRONG,
      ],
    },
    "a member of a stronger group": {
      given: [
        resource("aws:iam/user:User", { name: "u" }, { name: "u" }),
        resource("aws:iam/group:Group", { name: "team" }, { name: "team" }),
        resource(
          "aws:iam/groupPolicy:GroupPolicy",
          { group: "team", policy: policy(allow("iam:PassRole")) },
          { name: "one" },
        ),
        resource(
          "aws:iam/userPolicy:UserPolicy",
          { user: "u", policy: policy(create) },
          { name: "two" },
        ),
        resource("aws:iam/groupMembership:GroupMembership", { group: "team", users: ["u"] }),
      ],
      says: fails(
        'User "u"',
        'acts through lambda with a role that it passes by iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction (GroupPolicy "one", policy, statement 1; UserPolicy "two", policy, statement 1)',
      ).says,
    },
    "a member of a stronger group, in aws-native": {
      given: [
        resource("aws-native:iam:User", { userName: "u", groups: ["team"] }, { name: "u" }),
        resource(
          "aws-native:iam:Group",
          {
            groupName: "team",
            policies: [{ policyName: "p", policyDocument: policy(allow("iam:PutRolePolicy")) }],
          },
          { name: "team" },
        ),
      ],
      says: [
        ...fails('User "u"', `${PUT} (Group "team", policies[0].policyDocument, statement 1)`).says,
        ...fails('Group "team"', `${PUT} (Group "team", policies[0].policyDocument, statement 1)`)
          .says,
      ],
    },
    "a role behind a function behind a function": {
      given: [
        role("a"),
        role("b"),
        role("c", { assumeRolePolicy: trust({ AWS: iamArn("role/b") }) }),
        inline("strong", "c", allow("iam:PutRolePolicy")),
        inline("assuming", "b", allow("sts:AssumeRole", iamArn("role/c"))),
        work,
        update(CODE),
      ],
      says: [
        ...fails(
          'Role "a"',
          `runs its own code in a function as Role "b" by ${CODE} (RolePolicy "deploying", policy, statement 1); gives an identity any permission as Role "c" by iam:PutRolePolicy (RolePolicy "strong", policy, statement 1)`,
        ).says,
        AS_B.replace('Role "a"', 'Role "B"').replace('Role "b"', 'Role "c"').replace("B", "b"),
        STRONG.replace('"b"', '"c"'),
      ],
    },
  },
  undetermined: {
    "a member of a group that is not known yet": {
      given: [
        resource("aws:iam/user:User", { name: "u" }, { name: "u" }),
        resource("aws:iam/userGroupMembership:UserGroupMembership", { user: "u", groups: UNKNOWN }),
      ],
      property: "groups",
    },
  },
};
