import * as keys from "../../../policies/rules/kms-keys";
import * as policies from "../../../policies/rules/kms-policies";
import {
  ACCOUNT,
  changed,
  KEY_ARN,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  policyData,
  resource,
  ROLE_ARN,
  UNKNOWN,
  urnOf,
  type RuleCases,
} from "../fixtures";

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADMIN = `arn:aws:iam::${ACCOUNT}:role/strongroom/strongroom-stamper`;
const delegation = {
  Effect: "Allow",
  Principal: { AWS: ROOT },
  Action: "kms:*",
  Resource: "*",
};
const use = {
  Effect: "Allow",
  Principal: { AWS: ROLE_ARN },
  Action: ["kms:Decrypt", "kms:GenerateDataKey"],
  Resource: "*",
};
const administration = {
  Effect: "Allow",
  Principal: { AWS: ADMIN },
  Action: ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
  Resource: "*",
};
const document = policy(delegation, use, administration);

const key = resource("aws:kms/key:Key", {
  enableKeyRotation: true,
  deletionWindowInDays: 30,
  policy: document,
});
const nativeKey = resource("aws-native:kms:Key", {
  enableKeyRotation: true,
  pendingWindowInDays: 30,
  keyPolicy: policyData(delegation, use, administration),
});
const keyPolicy = (props: object = {}) =>
  resource(
    "aws:kms/keyPolicy:KeyPolicy",
    { keyId: KEY_ARN, policy: document, ...props },
    { name: "policy" },
  );
const keyWith = (...statements: readonly object[]) =>
  changed(key, { policy: policy(...statements) });
const nativeKeyWith = (...statements: readonly (typeof use | object)[]) =>
  changed(nativeKey, { keyPolicy: policyData(...(statements as (typeof use)[])) });

const ROTATE = 'Key "subject" does not rotate. Set enableKeyRotation to true.';
const DEFAULT_POLICY =
  'Key "subject" has the default key policy. Set policy to a document that names who administers and who uses the key.';
const LOCKOUT =
  'Key "subject" turns off the policy lockout safety check. Remove bypassPolicyLockoutSafetyCheck or set it to false.';
const WINDOW_30 =
  'Key "subject" can be deleted within less than 30 days. Set deletionWindowInDays (aws-native: pendingWindowInDays) to 30 or more.';
const OPEN = (place: string) =>
  `Key "subject" lets everybody use it (${place}). Name the roles that may use the key, or add a condition on aws:PrincipalOrgID or kms:CallerAccount.`;
const DUTIES = (property: string) =>
  `Key "subject" lets one principal both use and administer it (${property}). Give key administration and key use to different roles, and list the actions.`;
const GRANT = (title: string, place: string) =>
  `${title} allows grants to anybody (${place}). Add the condition {"Bool": {"kms:GrantIsForAWSResource": "true"}}.`;

const everybody = (condition?: object) => ({
  ...use,
  Principal: "*",
  ...(condition === undefined ? {} : { Condition: condition }),
});
const grant = { ...use, Action: "kms:CreateGrant" };

export const KMS_CASES: readonly RuleCases[] = [
  {
    rule: keys.kmsKeyRotationEnabled,
    passes: {
      "a rotating key": [key],
      "a rotating key of aws-native": [nativeKey],
      "an asymmetric key": [
        changed(key, { enableKeyRotation: false, customerMasterKeySpec: "RSA_4096" }),
      ],
      "an HMAC key of aws-native": [
        changed(nativeKey, { enableKeyRotation: false, keySpec: "HMAC_256" }),
      ],
      "imported material": [changed(nativeKey, { enableKeyRotation: false, origin: "EXTERNAL" })],
      "rotation written as text": [changed(key, { enableKeyRotation: "true" })],
    },
    fails: {
      "rotation off": { given: [changed(key, { enableKeyRotation: false })], says: [ROTATE] },
      "rotation left out": {
        given: [changed(key, { enableKeyRotation: undefined })],
        says: [ROTATE],
      },
      "rotation off in aws-native": {
        given: [changed(nativeKey, { enableKeyRotation: false })],
        says: [ROTATE],
      },
      "the symmetric spec written out": {
        given: [
          changed(key, { enableKeyRotation: false, customerMasterKeySpec: "SYMMETRIC_DEFAULT" }),
        ],
        says: [ROTATE],
      },
    },
    undetermined: {
      "unknown rotation": {
        given: [changed(key, { enableKeyRotation: UNKNOWN })],
        property: "enableKeyRotation",
      },
      "unknown key spec": {
        given: [changed(key, { enableKeyRotation: false, customerMasterKeySpec: UNKNOWN })],
        property: "customerMasterKeySpec",
      },
      "rotation that is no flag": {
        given: [changed(key, { enableKeyRotation: "sometimes" })],
        property: "enableKeyRotation",
      },
    },
    notApplicable: [resource("aws:kms/replicaKey:ReplicaKey", { primaryKeyArn: KEY_ARN })],
  },
  {
    rule: keys.kmsKeyPolicyExplicit,
    passes: {
      "a policy on the key": [key],
      "a policy on the key of aws-native": [nativeKey],
      "a policy in a KeyPolicy, joined by name": [
        changed(key, { policy: undefined, arn: KEY_ARN }),
        keyPolicy(),
      ],
      "a policy in a KeyPolicy, joined by dependency": [
        changed(key, { policy: undefined }),
        changed(keyPolicy(), { keyId: UNKNOWN }, { propertyDependencies: { keyId: [key.urn] } }),
      ],
    },
    fails: {
      "no policy": { given: [changed(key, { policy: undefined })], says: [DEFAULT_POLICY] },
      "an empty policy": { given: [changed(key, { policy: "" })], says: [DEFAULT_POLICY] },
      "no policy in aws-native": {
        given: [changed(nativeKey, { keyPolicy: undefined })],
        says: [DEFAULT_POLICY],
      },
      "a KeyPolicy of another key": {
        given: [changed(key, { policy: undefined }), keyPolicy({ keyId: "another" })],
        says: [DEFAULT_POLICY],
      },
    },
    undetermined: {
      "a KeyPolicy whose key is unknown": {
        given: [changed(key, { policy: undefined }), keyPolicy({ keyId: UNKNOWN })],
        property: 'keyId of "policy"',
      },
    },
  },
  {
    rule: keys.kmsKeyLockoutCheckKept,
    passes: {
      "the check left on": [key],
      "the check left on in aws-native": [
        changed(nativeKey, { bypassPolicyLockoutSafetyCheck: false }),
      ],
    },
    fails: {
      "the check turned off": {
        given: [changed(key, { bypassPolicyLockoutSafetyCheck: true })],
        says: [LOCKOUT],
      },
      "the check turned off in aws-native": {
        given: [changed(nativeKey, { bypassPolicyLockoutSafetyCheck: true })],
        says: [LOCKOUT],
      },
      "the check turned off in a KeyPolicy": {
        given: [
          changed(key, { policy: undefined, arn: KEY_ARN }),
          keyPolicy({ bypassPolicyLockoutSafetyCheck: true }),
        ],
        says: [LOCKOUT],
      },
    },
    undetermined: {
      "unknown bypass": {
        given: [changed(key, { bypassPolicyLockoutSafetyCheck: UNKNOWN })],
        property: "bypassPolicyLockoutSafetyCheck",
      },
    },
  },
  {
    rule: keys.kmsKeyDeletionWindowLong,
    passes: {
      "30 days": [key],
      "30 days in aws-native": [nativeKey],
      "nothing said: KMS waits 30 days": [changed(key, { deletionWindowInDays: undefined })],
      "7 days in development": [
        changed(key, { deletionWindowInDays: 7, tags: { Environment: "dev" } }),
      ],
      "7 days in development, by the provider's tags": [
        changed(key, { deletionWindowInDays: 7 }, { defaultTags: { environment: "dev" } }),
      ],
      "7 days in development, in aws-native": [
        changed(nativeKey, {
          pendingWindowInDays: 7,
          tags: [{ key: "environment", value: "dev" }],
        }),
      ],
    },
    fails: {
      "7 days": { given: [changed(key, { deletionWindowInDays: 7 })], says: [WINDOW_30] },
      "7 days in aws-native": {
        given: [changed(nativeKey, { pendingWindowInDays: 7 })],
        says: [WINDOW_30],
      },
      "29 days in production": {
        given: [changed(key, { deletionWindowInDays: 29, tags: { environment: "prod" } })],
        says: [WINDOW_30],
      },
      "a replica with 7 days": {
        given: [resource("aws:kms/replicaKey:ReplicaKey", { deletionWindowInDays: 7 })],
        says: [WINDOW_30.replace('Key "', 'ReplicaKey "')],
      },
      "less than KMS allows, in development": {
        given: [changed(key, { deletionWindowInDays: 1, tags: { environment: "dev" } })],
        says: [WINDOW_30.replaceAll("30", "7")],
      },
    },
    undetermined: {
      "unknown window": {
        given: [changed(key, { deletionWindowInDays: UNKNOWN })],
        property: "deletionWindowInDays",
      },
    },
  },
  {
    rule: policies.kmsKeyPolicyNoWildcardPrincipal,
    passes: {
      "named roles": [key],
      "named roles in aws-native": [nativeKey],
      "everybody of the organization": [
        keyWith(everybody({ StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } })),
      ],
      "everybody of one account, through one service": [
        keyWith(
          everybody({
            StringEquals: {
              "kms:CallerAccount": ACCOUNT,
              "kms:ViaService": "s3.eu-central-1.amazonaws.com",
            },
          }),
        ),
      ],
      "a Deny for everybody": [keyWith(delegation, { ...everybody(), Effect: "Deny" })],
    },
    fails: {
      everybody: { given: [keyWith(everybody())], says: [OPEN("policy, statement 1")] },
      "everybody among others, in the second statement": {
        given: [keyWith(delegation, { ...use, Principal: { AWS: [ROLE_ARN, "*"] } })],
        says: [OPEN("policy, statement 2")],
      },
      "everybody in aws-native": {
        given: [nativeKeyWith({ ...use, Principal: { AWS: "*" } })],
        says: [OPEN("keyPolicy, statement 1")],
      },
      "everybody in a KeyPolicy": {
        given: [keyPolicy({ policy: policy(everybody()) })],
        says: [OPEN("policy, statement 1").replace('Key "subject"', 'KeyPolicy "policy"')],
      },
      "everybody through a service": {
        given: [
          keyWith(
            everybody({ StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } }),
          ),
        ],
        says: [OPEN("policy, statement 1")],
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(key, { policy: UNKNOWN })], property: "policy" },
      "a policy that is not JSON": { given: [changed(key, { policy: "{" })], property: "policy" },
      "an unknown principal in aws-native": {
        given: [
          changed(nativeKey, { keyPolicy: policyData({ ...use, Principal: { AWS: UNKNOWN } }) }),
        ],
        property: "keyPolicy.Statement[0].Principal",
      },
    },
  },
  {
    rule: policies.kmsKeyDutiesSeparated,
    passes: {
      "a user and an administrator": [key],
      "a user and an administrator in aws-native": [nativeKey],
    },
    fails: {
      "both in one statement": {
        given: [
          keyWith(delegation, { ...use, Action: ["kms:Decrypt", "kms:ScheduleKeyDeletion"] }),
        ],
        says: [DUTIES("policy")],
      },
      "both, over two statements": {
        given: [keyWith(delegation, use, { ...administration, Principal: { AWS: ROLE_ARN } })],
        says: [DUTIES("policy")],
      },
      "kms:* for a role": {
        given: [keyWith(delegation, { ...use, Action: "kms:*" })],
        says: [DUTIES("policy")],
      },
      "kms:* for the root of another account": {
        given: [
          keyWith({ ...delegation, Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` } }),
        ],
        says: [DUTIES("policy")],
      },
      "both in aws-native": {
        given: [nativeKeyWith(delegation, { ...use, Action: "kms:*" })],
        says: [DUTIES("keyPolicy")],
      },
      "both for everybody but one": {
        given: [
          keyWith({ Effect: "Allow", NotPrincipal: { AWS: ROOT }, Action: "kms:*", Resource: "*" }),
        ],
        says: [DUTIES("policy")],
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(key, { policy: UNKNOWN })], property: "policy" },
      "an unknown action": {
        given: [changed(nativeKey, { keyPolicy: policyData({ ...use, Action: [UNKNOWN] }) })],
        property: "keyPolicy.Statement[0].Action",
      },
    },
  },
  {
    rule: policies.kmsGrantsForServicesOnly,
    passes: {
      "no grants": [key],
      "no grants in aws-native": [nativeKey],
      "grants for services": [
        keyWith(delegation, {
          ...grant,
          Condition: { Bool: { "kms:GrantIsForAWSResource": true } },
        }),
      ],
      "grants with a constraint": [
        keyWith(delegation, {
          ...grant,
          Condition: { StringEquals: { "kms:GrantConstraintType": "EncryptionContextSubset" } },
        }),
      ],
    },
    fails: {
      grants: {
        given: [keyWith(delegation, grant)],
        says: [GRANT('Key "subject"', "policy, statement 2")],
      },
      "grants in aws-native": {
        given: [nativeKeyWith(delegation, grant)],
        says: [GRANT('Key "subject"', "keyPolicy, statement 2")],
      },
      "grants by an identity's policy": {
        given: [
          resource("aws:iam/rolePolicy:RolePolicy", {
            policy: policy({ ...grant, Principal: undefined, Resource: KEY_ARN }),
          }),
        ],
        says: [GRANT('RolePolicy "subject"', "policy, statement 1")],
      },
      "a condition that does not demand": {
        given: [
          keyWith(delegation, {
            ...grant,
            Condition: { BoolIfExists: { "kms:GrantIsForAWSResource": "true" } },
          }),
        ],
        says: [GRANT('Key "subject"', "policy, statement 2")],
      },
    },
    undetermined: {
      "unknown policy": { given: [changed(key, { policy: UNKNOWN })], property: "policy" },
    },
    notApplicable: [resource("aws:kms/alias:Alias", { name: "alias/x", targetKeyId: urnOf("x") })],
  },
];
