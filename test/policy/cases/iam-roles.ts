import * as identities from "../../../policies/rules/iam-identities";
import * as trust from "../../../policies/rules/iam-trust";
import {
  ACCOUNT,
  changed,
  ORGANIZATION,
  OTHER_ACCOUNT,
  policy,
  resource,
  ROLE_ARN,
  UNKNOWN,
  type RuleCases,
} from "../fixtures";
import { BOUNDARY, harmless, role, trusts, nativeTrusts, assume, P, NP, unknownTrust } from "./iam";

const OTHER_ROLE = `arn:aws:iam::${OTHER_ACCOUNT}:role/strongroom/strongroom-backup`;
const EXTERNAL_ID = "f3b1c0d2a4e5968778695a4b";

const nativeRole = resource("aws-native:iam:Role", {
  path: "/strongroom/",
  permissionsBoundary: BOUNDARY,
  maxSessionDuration: 3600,
});

const boundaryPolicy = resource("aws:iam/policy:Policy", {}, { name: "boundary" });

const organization = { StringEquals: { "aws:PrincipalOrgID": ORGANIZATION } };
const externalId = { StringEquals: { "sts:ExternalId": EXTERNAL_ID } };
const TRUST_OPEN = (whom: string, place: string) =>
  `Role "subject" can be assumed by ${whom} (${place}). Trust the exact role by its ARN.`;
const EXACT_FIX =
  "Trust the role's ARN and demand aws:PrincipalOrgID, or sts:ExternalId of at least 16 characters for a third party.";
const INEXACT = (place: string) =>
  `Role "subject" can be assumed from another account by more than exact roles (${place}). ${EXACT_FIX}`;
const UNBOUND = (place: string) =>
  `Role "subject" can be assumed from another account without organization, external id or MFA (${place}). ${EXACT_FIX}`;

export const IAM_ROLE_CASES: readonly RuleCases[] = [
  {
    rule: trust.iamTrustNotOpen,
    passes: {
      "a role of the same account": [trusts(assume({ AWS: ROLE_ARN }))],
      "a role of the same account in aws-native": [nativeTrusts(assume({ AWS: ROLE_ARN }))],
      "the root of the same account": [trusts(assume({ AWS: `arn:aws:iam::${ACCOUNT}:root` }))],
      "a service": [trusts(assume({ Service: "lambda.amazonaws.com" }))],
      "another account with an external id": [trusts(assume({ AWS: OTHER_ACCOUNT }, externalId))],
      "everybody who is one role": [
        trusts(assume("*", { ArnEquals: { "aws:PrincipalArn": OTHER_ROLE } })),
      ],
    },
    fails: {
      everybody: { given: [trusts(assume("*"))], says: [TRUST_OPEN("everybody", P)] },
      "everybody in aws-native": {
        given: [nativeTrusts(assume({ AWS: ["*"] }))],
        says: [TRUST_OPEN("everybody", NP)],
      },
      "the root of another account": {
        given: [trusts(assume({ AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` }))],
        says: [TRUST_OPEN("everybody in another account", P)],
      },
      "another account's id": {
        given: [trusts(assume({ AWS: [ROLE_ARN, OTHER_ACCOUNT] }))],
        says: [TRUST_OPEN("everybody in another account", P)],
      },
      "everybody with an external id": {
        given: [trusts(assume("*", externalId))],
        says: [TRUST_OPEN("everybody", P)],
      },
    },
    undetermined: unknownTrust,
    notApplicable: [resource("aws:iam/policy:Policy", { policy: policy(harmless) })],
  },
  {
    rule: trust.iamCrossAccountTrustExact,
    passes: {
      "a role of the same account": [trusts(assume({ AWS: ROLE_ARN }))],
      "another account's role of the organization": [
        trusts(assume({ AWS: OTHER_ROLE }, organization)),
      ],
      "another account's role with an external id, in aws-native": [
        nativeTrusts(assume({ AWS: OTHER_ROLE }, externalId)),
      ],
      "another account's root narrowed to a role": [
        trusts(
          assume(
            { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` },
            { ArnEquals: { "aws:PrincipalArn": OTHER_ROLE }, ...organization },
          ),
        ),
      ],
      "another account's role with MFA": [
        trusts(assume({ AWS: OTHER_ROLE }, { Bool: { "aws:MultiFactorAuthPresent": "true" } })),
      ],
    },
    fails: {
      "another account's role without more": {
        given: [trusts(assume({ AWS: OTHER_ROLE }))],
        says: [UNBOUND(P)],
      },
      "another account's role in aws-native": {
        given: [nativeTrusts(assume({ AWS: OTHER_ROLE }))],
        says: [UNBOUND(NP)],
      },
      "another account's root in the organization": {
        given: [trusts(assume({ AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` }, organization))],
        says: [INEXACT(P)],
      },
      "everybody of the organization": {
        given: [trusts(assume("*", organization))],
        says: [INEXACT(P)],
      },
      "an external id that can be guessed": {
        given: [
          trusts(assume({ AWS: OTHER_ROLE }, { StringEquals: { "sts:ExternalId": "1234" } })),
        ],
        says: [UNBOUND(P)],
      },
      "an external id with a wildcard": {
        given: [
          trusts(
            assume({ AWS: OTHER_ROLE }, { StringLike: { "sts:ExternalId": `${EXTERNAL_ID}*` } }),
          ),
        ],
        says: [UNBOUND(P)],
      },
      "the organization only if present": {
        given: [
          trusts(
            assume(
              { AWS: OTHER_ROLE },
              { StringEqualsIfExists: { "aws:PrincipalOrgID": ORGANIZATION } },
            ),
          ),
        ],
        says: [UNBOUND(P)],
      },
    },
    undetermined: unknownTrust,
    notApplicable: [resource("aws:iam/policy:Policy", { policy: policy(harmless) })],
  },
  {
    rule: identities.iamRoleHasBoundary,
    passes: {
      "a boundary": [role],
      "a boundary in aws-native": [nativeRole],
      "a boundary of this stack that is not made yet": [
        boundaryPolicy,
        changed(
          role,
          { permissionsBoundary: UNKNOWN },
          { propertyDependencies: { permissionsBoundary: [boundaryPolicy.urn] } },
        ),
      ],
    },
    fails: {
      "no boundary": {
        given: [changed(role, { permissionsBoundary: undefined })],
        says: [
          'Role "subject" has no permissions boundary. Set permissionsBoundary to the ARN of the boundary policy.',
        ],
      },
      "no boundary in aws-native": {
        given: [changed(nativeRole, { permissionsBoundary: undefined })],
        says: [
          'Role "subject" has no permissions boundary. Set permissionsBoundary to the ARN of the boundary policy.',
        ],
      },
      "AWS's administrator policy as boundary": {
        given: [
          changed(role, { permissionsBoundary: "arn:aws:iam::aws:policy/AdministratorAccess" }),
        ],
        says: [
          'Role "subject" has one of AWS\'s policies as boundary. Set permissionsBoundary to the ARN of the boundary policy.',
        ],
      },
    },
    undetermined: {
      "an unknown boundary": {
        given: [changed(role, { permissionsBoundary: UNKNOWN })],
        property: "permissionsBoundary",
      },
    },
  },
  {
    rule: identities.iamRoleHasPath,
    passes: { "a path": [role], "a path in aws-native": [nativeRole] },
    fails: {
      "no path": {
        given: [changed(role, { path: undefined })],
        says: ['Role "subject" has no path. Set path, for example to /strongroom/.'],
      },
      "the root path in aws-native": {
        given: [changed(nativeRole, { path: "/" })],
        says: ['Role "subject" has no path. Set path, for example to /strongroom/.'],
      },
    },
    undetermined: {
      "an unknown path": { given: [changed(role, { path: UNKNOWN })], property: "path" },
    },
  },
  {
    rule: identities.iamRoleSessionShort,
    passes: {
      "an hour": [role],
      "an hour in aws-native": [nativeRole],
      "nothing said: an hour": [changed(role, { maxSessionDuration: undefined })],
      "four hours": [changed(role, { maxSessionDuration: 14400 })],
    },
    fails: {
      "twelve hours": {
        given: [changed(role, { maxSessionDuration: 43200 })],
        says: [
          'Role "subject" has sessions longer than 14400 seconds. Set maxSessionDuration to 14400 or less.',
        ],
      },
      "twelve hours in aws-native": {
        given: [changed(nativeRole, { maxSessionDuration: 43200 })],
        says: [
          'Role "subject" has sessions longer than 14400 seconds. Set maxSessionDuration to 14400 or less.',
        ],
      },
    },
    undetermined: {
      "an unknown duration": {
        given: [changed(role, { maxSessionDuration: UNKNOWN })],
        property: "maxSessionDuration",
      },
    },
  },
  {
    rule: identities.iamNoUsers,
    passes: { "a role": [role], "a role in aws-native": [nativeRole] },
    fails: Object.fromEntries(
      [
        "aws:iam/user:User",
        "aws:iam/accessKey:AccessKey",
        "aws:iam/userLoginProfile:UserLoginProfile",
        "aws-native:iam:User",
      ].map((type) => [
        type,
        {
          given: [resource(type, {})],
          says: [
            `${type.slice(type.lastIndexOf(":") + 1)} "subject" is a lasting identity or credential. Make a role and let people and services assume it.`,
          ],
        },
      ]),
    ),
    // The type decides, and it is always known.
    undetermined: {},
  },
];
