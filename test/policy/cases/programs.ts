import * as grants from "../../../policies/rules/kms-grants";
import * as programs from "../../../policies/rules/programs";
import * as state from "../../../policies/rules/secret-state";
import {
  ACCOUNT,
  KEY_ARN,
  OTHER_ACCOUNT,
  quick,
  resource,
  ROLE_ARN,
  type RuleCases,
  UNKNOWN,
} from "../fixtures";

const provider = resource("pulumi:providers:aws", {
  allowedAccountIds: JSON.stringify([ACCOUNT]),
  defaultTags: JSON.stringify({ tags: { owner: "security" } }),
});
const nativeProvider = resource("pulumi:providers:aws-native", { allowedAccountIds: [ACCOUNT] });
const fails = (rule: RuleCases["rule"], title: string, wrong: string) => [
  `${title} "subject" ${wrong}. ${rule.fix}`,
];
const hatch = (type: string) => ({
  given: [resource(type, {})],
  says: fails(
    programs.programNoEscapeHatches,
    type.slice(type.lastIndexOf(":") + 1),
    "makes what no rule can see",
  ),
});
const stack = (props: Parameters<typeof resource>[1]) => resource("pulumi:pulumi:Stack", props);
const OUTPUT = "gives out what looks like a secret";
const gives = (props: Parameters<typeof resource>[1]) => ({
  given: [stack(props)],
  says: fails(programs.stackOutputsHoldNoSecret, "Stack", OUTPUT),
});
const version = (markedSecret: readonly string[], props: Parameters<typeof resource>[1] = {}) =>
  resource(
    "aws:secretsmanager/secretVersion:SecretVersion",
    { secretString: "(hidden)", ...props },
    { markedSecret },
  );
const nativeSecret = (markedSecret: readonly string[]) =>
  resource("aws-native:secretsmanager:Secret", { secretString: "(hidden)" }, { markedSecret });

export const PROGRAM_CASES: readonly RuleCases[] = [
  {
    rule: programs.programNoEscapeHatches,
    passes: {
      "a resource": [resource("aws:s3/bucket:Bucket", {})],
      "a resource of aws-native": [resource("aws-native:s3:Bucket", {})],
    },
    fails: Object.fromEntries(
      [
        "aws:cloudcontrol/resource:Resource",
        "aws:cloudformation/stack:Stack",
        "aws:cloudformation/stackSet:StackSet",
        "aws:lambda/invocation:Invocation",
        "aws-native:cloudformation:Stack",
        "aws-native:index:ExtensionResource",
        "command:local:Command",
        "command:remote:Command",
        "pulumi-nodejs:dynamic:Resource",
        "pulumi-python:dynamic:Resource",
        "pulumi:pulumi:StackReference",
      ].map((type) => [type, hatch(type)]),
    ),
    undetermined: {},
    // Every type is the rule's affair: what it does not know is no way out.
    notApplicable: [],
  },
  {
    rule: programs.providerNamesAccount,
    passes: {
      "one account": [provider],
      "one account in aws-native": [nativeProvider],
      "one account, whatever the stack's name": [
        resource("pulumi:providers:aws", { allowedAccountIds: [OTHER_ACCOUNT] }, { stack: "dev" }),
      ],
    },
    fails: {
      "any account": {
        given: [resource("pulumi:providers:aws", {})],
        says: fails(programs.providerNamesAccount, "aws", "may work in other accounts than one"),
      },
      "two accounts in aws-native": {
        given: [
          resource("pulumi:providers:aws-native", { allowedAccountIds: [ACCOUNT, OTHER_ACCOUNT] }),
        ],
        says: fails(
          programs.providerNamesAccount,
          "aws-native",
          "may work in other accounts than one",
        ),
      },
      "another account": {
        given: [resource("pulumi:providers:aws", { allowedAccountIds: [OTHER_ACCOUNT] })],
        says: fails(programs.providerNamesAccount, "aws", "names another account than the stack's"),
      },
      "the default provider": {
        given: [resource("pulumi:providers:aws", {}, { name: "default_7_48_0" })],
        says: [
          `aws "default_7_48_0" is the default provider, which works in whatever account it finds. ${programs.providerNamesAccount.fix}`,
        ],
      },
    },
    undetermined: {
      "unknown accounts": {
        given: [resource("pulumi:providers:aws", { allowedAccountIds: UNKNOWN })],
        property: "allowedAccountIds",
      },
      "an unknown account": {
        given: [resource("pulumi:providers:aws", { allowedAccountIds: [UNKNOWN] })],
        property: "allowedAccountIds",
      },
    },
  },
  {
    rule: programs.providerTagsEverything,
    passes: { tags: [provider] },
    fails: {
      "no tags": {
        given: [resource("pulumi:providers:aws", {})],
        says: fails(programs.providerTagsEverything, "aws", "puts no tags on what it makes"),
      },
      "an empty list": {
        given: [resource("pulumi:providers:aws", { defaultTags: { tags: {} } })],
        says: fails(programs.providerTagsEverything, "aws", "puts no tags on what it makes"),
      },
    },
    undetermined: {
      "unknown tags": {
        given: [resource("pulumi:providers:aws", { defaultTags: { tags: UNKNOWN } })],
        property: "defaultTags.tags",
      },
    },
  },
  {
    rule: programs.stackOutputsHoldNoSecret,
    passes: {
      "names and ARNs": [stack({ keyArn: KEY_ARN, secretArn: "x", tokenUrl: UNKNOWN })],
      "no outputs": [stack({})],
    },
    fails: {
      "a password": gives({ dbPassword: UNKNOWN }),
      "a token below another name": gives({ service: { apiToken: "x" } }),
      "a secret": gives({ clientSecret: "x" }),
    },
    undetermined: {},
  },
  {
    rule: programs.kmsKeyProtected,
    passes: {
      protected: [resource("aws:kms/key:Key", {}, { protect: true })],
      "left behind": [resource("aws:kms/key:Key", {}, { retainOnDelete: true })],
      "protected, in aws-native": [resource("aws-native:kms:Key", {}, { protect: true })],
    },
    fails: {
      "not protected": {
        given: [resource("aws:kms/key:Key", {})],
        says: fails(programs.kmsKeyProtected, "Key", "is not protected"),
      },
      "a replica": {
        given: [resource("aws:kms/replicaKey:ReplicaKey", {})],
        says: fails(programs.kmsKeyProtected, "ReplicaKey", "is not protected"),
      },
      "not protected, in aws-native": {
        given: [resource("aws-native:kms:Key", {}, { protect: false })],
        says: fails(programs.kmsKeyProtected, "Key", "is not protected"),
      },
    },
    undetermined: {
      "options that are not said": {
        given: [resource("aws:kms/key:Key", {}, { optionsKnown: false })],
        property: "protect",
      },
    },
  },
  quick({
    rule: grants.kmsGrantNarrow,
    aws: resource("aws:kms/grant:Grant", {
      keyId: KEY_ARN,
      granteePrincipal: ROLE_ARN,
      operations: ["Decrypt"],
      constraints: [{ encryptionContextEquals: { app: "x" } }],
    }),
    bad: {
      "further grants": [
        { operations: ["Decrypt", "CreateGrant"] },
        "lets its holder make further grants",
      ],
      "no context": [{ constraints: undefined }, "is bound to no encryption context"],
      "a whole account": [
        { granteePrincipal: `arn:aws:iam::${OTHER_ACCOUNT}:root` },
        "is for more than one identity",
      ],
      "a pattern": [
        { granteePrincipal: `arn:aws:iam::${ACCOUNT}:role/*` },
        "is for more than one identity",
      ],
    },
    unknown: { operations: undefined, constraints: undefined, granteePrincipal: undefined },
  }),
  {
    rule: state.secretValueMarkedSecret,
    passes: {
      "a marked value": [version(["secretString"])],
      "a marked value, in aws-native": [nativeSecret(["secretString"])],
    },
    fails: {
      "a value in the clear": {
        given: [version([])],
        says: fails(
          state.secretValueMarkedSecret,
          "SecretVersion",
          "has its value in the clear (secretString)",
        ),
      },
      "one of two in the clear": {
        given: [version(["secretString"], { secretBinary: "(hidden)" })],
        says: fails(
          state.secretValueMarkedSecret,
          "SecretVersion",
          "has its value in the clear (secretBinary)",
        ),
      },
      "a value in the clear, in aws-native": {
        given: [nativeSecret([])],
        says: fails(
          state.secretValueMarkedSecret,
          "Secret",
          "has its value in the clear (secretString)",
        ),
      },
    },
    undetermined: {},
    notApplicable: [
      resource("aws:secretsmanager/secretVersion:SecretVersion", { secretString: "x" }),
    ],
  },
];
