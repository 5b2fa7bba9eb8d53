import { expect } from "chai";

import { boundaryPolicy } from "../../../programs/iam/boundary";
import {
  documentText,
  QUOTAS,
  type DocumentKind,
  type PolicyDocument,
} from "../../../programs/iam/document";
import { functionPolicies, operatorPolicy } from "../../../programs/iam/functions";
import { backupKeyPolicy, memberKeyPolicy, serviceKeyPolicy } from "../../../programs/iam/keys";
import {
  enrollerPolicy,
  enrollerTrust,
  rotationPolicy,
} from "../../../programs/iam/rotation-roles";
import { stamperPolicies } from "../../../programs/iam/stamper";
import { list, statement, statementsFor } from "../../support/iam";
import { accessSpec, ACCOUNTS, memberSpec, ROTATION, vaultSpec } from "../../support/specs";

const MEMBER = { accountId: ACCOUNTS.member, partition: "aws" };
const VAULT = { accountId: ACCOUNTS.vault, partition: "aws" };
const REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2"];

/** The largest organization's settings, with rotation: what they make must fit. */
const access = {
  member: accessSpec({ regions: REGIONS, rotates: true }),
  vault: accessSpec({ accountId: ACCOUNTS.vault, regions: REGIONS, rotates: true }),
};
const member = memberSpec({ regions: REGIONS, rotation: ROTATION });
const vault = vaultSpec({ rotates: true });

type Entry = readonly [name: string, document: PolicyDocument, kind: DocumentKind];
const ofMember: readonly Entry[] = [
  ["rotation", rotationPolicy(member, MEMBER), "inline"],
  ["enroller", enrollerPolicy(member, MEMBER), "inline"],
  ...Object.entries(stamperPolicies(access.member, MEMBER)).map(([part, document]): Entry => [
    `stamper's ${part} in a member`,
    document,
    "managed",
  ]),
];
const ofVault: readonly Entry[] = [
  ...Object.entries(functionPolicies(vault, VAULT)).map(([name, document]): Entry => [
    name,
    document,
    "inline",
  ]),
  ["operator", operatorPolicy(vault, VAULT), "inline"],
  ...Object.entries(stamperPolicies(access.vault, VAULT)).map(([part, document]): Entry => [
    `stamper's ${part} in the vault`,
    document,
    "managed",
  ]),
];
const boundaries = {
  member: boundaryPolicy(access.member, MEMBER),
  vault: boundaryPolicy(access.vault, VAULT),
};

describe("the policy documents where secrets are rotated", () => {
  const all: readonly Entry[] = [
    ...ofMember,
    ...ofVault,
    ["boundary of a member", boundaries.member, "managed"],
    ["boundary of the vault", boundaries.vault, "managed"],
    ["enroller's trust", enrollerTrust(member, MEMBER), "trust"],
    ["backup key", backupKeyPolicy(vault, VAULT), "key"],
    ["service key", serviceKeyPolicy(vault, VAULT), "key"],
    ["member key", memberKeyPolicy(member, MEMBER), "key"],
  ];
  for (const [name, document, kind] of all) {
    it(`keep the ${name} below its quota, with room, and give each statement a Sid of its own`, () => {
      expect(documentText(kind, document).length).to.be.below(QUOTAS[kind] * 0.97);
      const sids = document.Statement.map(({ Sid }) => Sid);
      expect(new Set(sids).size).to.equal(sids.length);
    });
  }

  for (const [entries, boundary] of [
    [ofMember, boundaries.member],
    [ofVault, boundaries.vault],
  ] as const) {
    for (const [name, document] of entries) {
      it(`leave room in the boundary for all that the ${name} may do`, () => {
        const outside = document.Statement.flatMap(({ Action, Resource }) =>
          list(Action).flatMap((action) =>
            list(Resource)
              .filter((resource) => statementsFor(boundary, "Allow", action, resource).length === 0)
              .map((resource) => `${action} on ${resource}`),
          ),
        );
        expect(outside).to.deep.equal([]);
      });
    }
  }

  it("let the function touch those secrets alone that it is set up to rotate", () => {
    const { Condition } = statement(rotationPolicy(member, MEMBER), "RotateEnrolledSecrets");
    expect(Condition?.["StringEquals"]).to.have.property(
      "secretsmanager:resource/AllowRotationLambdaArn",
    );
  });

  it("give the vault's function no way to a value, neither in a member nor in the vault", () => {
    for (const document of [
      enrollerPolicy(member, MEMBER),
      functionPolicies(vault, VAULT).rotate,
    ]) {
      for (const action of [
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ]) {
        expect(statementsFor(document, "Allow", action, "*"), action).to.deep.equal([]);
      }
    }
    const backups = `arn:aws:s3:::bucket/${ACCOUNTS.member}/eu-central-1/a`;
    const { rotate } = functionPolicies(vault, VAULT);
    expect(statementsFor(rotate, "Allow", "s3:GetObject", backups)).to.deep.equal([]);
  });

  it("are what they were where nothing is rotated", () => {
    const without = JSON.stringify([
      stamperPolicies(accessSpec({ accountId: ACCOUNTS.vault }), VAULT),
      boundaryPolicy(accessSpec({ accountId: ACCOUNTS.vault }), VAULT),
      functionPolicies(vaultSpec(), VAULT),
      serviceKeyPolicy(vaultSpec(), VAULT),
      backupKeyPolicy(vaultSpec(), VAULT),
      memberKeyPolicy(memberSpec(), MEMBER),
    ]);
    expect(without).not.to.match(/strongroom-rotate|strongroom-rotation-steps|enroller|ssm:/);
  });
});
