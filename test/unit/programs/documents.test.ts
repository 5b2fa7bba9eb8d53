import { expect } from "chai";

import { boundaryPolicy } from "../../../programs/iam/boundary";
import {
  backupBucketPolicy,
  logBucketPolicy,
  replicationPolicy,
} from "../../../programs/iam/buckets";
import {
  documentText,
  literal,
  QUOTAS,
  type DocumentKind,
  type PolicyDocument,
} from "../../../programs/iam/document";
import { functionPolicies, operatorPolicy } from "../../../programs/iam/functions";
import {
  backupKeyPolicy,
  digestKeyPolicy,
  memberKeyPolicy,
  serviceKeyPolicy,
} from "../../../programs/iam/keys";
import {
  forwarderPolicy,
  readerPolicy,
  readerTrust,
  restorerPolicy,
  restorerTrust,
} from "../../../programs/iam/member-roles";
import { stamperPolicies } from "../../../programs/iam/stamper";
import { programOf } from "../../../programs/program";
import { roleArn } from "../../../stacks/naming";
import { covers, list, statement, statementsFor } from "../../support/iam";
import { record } from "../../support/recorder";
import { accessSpec, ACCOUNTS, connection, memberSpec, vaultSpec } from "../../support/specs";

const MEMBER = { accountId: ACCOUNTS.member, partition: "aws" };
const VAULT = { accountId: ACCOUNTS.vault, partition: "aws" };
const REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2"];

/** The largest organization's settings: what they make must fit. */
const large = {
  member: accessSpec({ regions: REGIONS }),
  vault: accessSpec({ accountId: ACCOUNTS.vault, regions: REGIONS }),
};

describe("the policy documents", () => {
  const documents: [DocumentKind, string, PolicyDocument][] = [
    ["managed", "boundary of a member", boundaryPolicy(large.member, MEMBER)],
    ["managed", "boundary of the vault", boundaryPolicy(large.vault, VAULT)],
    ...Object.entries(stamperPolicies(large.vault, VAULT)).map(
      ([part, document]): [DocumentKind, string, PolicyDocument] => [
        "managed",
        `stamper's ${part}`,
        document,
      ],
    ),
    ...Object.entries(functionPolicies(vaultSpec(), VAULT)).map(
      ([name, document]): [DocumentKind, string, PolicyDocument] => ["inline", name, document],
    ),
    ["inline", "operator", operatorPolicy(vaultSpec(), VAULT)],
    ["inline", "replication", replicationPolicy(vaultSpec(), VAULT)],
    ["inline", "reader", readerPolicy(memberSpec({ regions: REGIONS }), MEMBER)],
    ["inline", "restorer", restorerPolicy(memberSpec({ regions: REGIONS }), MEMBER)],
    ["inline", "forwarder", forwarderPolicy(memberSpec({ regions: REGIONS }), MEMBER)],
    ["key", "backup key", backupKeyPolicy(vaultSpec(), VAULT)],
    ["key", "digest key", digestKeyPolicy(vaultSpec(), VAULT)],
    ["key", "service key", serviceKeyPolicy(vaultSpec(), VAULT)],
    ["key", "member key", memberKeyPolicy(memberSpec({ regions: REGIONS }), MEMBER)],
    ["bucket", "backup bucket", backupBucketPolicy(vaultSpec(), VAULT, "eu-central-1")],
    ["bucket", "log bucket", logBucketPolicy(vaultSpec(), VAULT, "eu-central-1")],
    ["trust", "reader", readerTrust(memberSpec(), MEMBER)],
  ];

  for (const [kind, name, document] of documents) {
    it(`keep the ${name} below the quota of a ${kind} policy, with room for a tenth more`, () => {
      expect(documentText(kind, document).length).to.be.below(QUOTAS[kind] * 0.97);
    });

    it(`give every statement of the ${name} a Sid of its own`, () => {
      const sids = document.Statement.map(({ Sid }) => Sid);
      expect(new Set(sids).size).to.equal(sids.length);
      expect(sids.every((sid) => /^[A-Za-z0-9]+$/.test(sid))).to.equal(true);
    });
  }

  it("are refused where they are larger than AWS allows, with what to change", () => {
    const namePrefixes = Array.from({ length: 100 }, (_, i) => `${"a".repeat(100)}${i}`);
    const huge = readerPolicy(memberSpec({ secrets: { namePrefixes, tags: {} } }), MEMBER);
    expect(() => documentText("inline", huge))
      .to.throw(/AWS allows 10240/)
      .with.property("code", "SPEC_INVALID");
  });

  it("are the same for the same spec, and hold no text of an Output", async () => {
    const once = async () =>
      JSON.stringify(
        (await record(programOf(vaultSpec(), connection(ACCOUNTS.vault)))).resources
          .map(({ name, inputs }) => ({ name, inputs }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      );
    expect(await once()).to.equal(await once());
  });

  it("take a prefix by the letter where IAM would see a pattern", () => {
    expect(literal("a*b?${aws:x}")).to.equal("a${*}b${?}${$}{aws:x}");
  });
});

describe("the permissions boundary", () => {
  const permissions: [string, PolicyDocument, PolicyDocument][] = [
    ...[accessSpec(), accessSpec({ accountId: ACCOUNTS.vault })].flatMap((spec) => {
      const place = { accountId: spec.accountId, partition: "aws" };
      return Object.entries(stamperPolicies(spec, place)).map(
        ([part, document]): [string, PolicyDocument, PolicyDocument] => [
          `stamper's ${part} in ${spec.accountId}`,
          document,
          boundaryPolicy(spec, place),
        ],
      );
    }),
    ...[
      ["reader", readerPolicy(memberSpec(), MEMBER)] as const,
      ["restorer", restorerPolicy(memberSpec(), MEMBER)] as const,
      ["forwarder", forwarderPolicy(memberSpec(), MEMBER)] as const,
    ].map(([name, document]): [string, PolicyDocument, PolicyDocument] => [
      name,
      document,
      boundaryPolicy(accessSpec(), MEMBER),
    ]),
    ...[
      ...Object.entries(functionPolicies(vaultSpec(), VAULT)),
      ["operator", operatorPolicy(vaultSpec(), VAULT)] as const,
      ["replication", replicationPolicy(vaultSpec(), VAULT)] as const,
    ].map(([name, document]): [string, PolicyDocument, PolicyDocument] => [
      name,
      document,
      boundaryPolicy(accessSpec({ accountId: ACCOUNTS.vault }), VAULT),
    ]),
  ];

  for (const [name, document, boundary] of permissions) {
    it(`has room for all that the ${name} may do`, () => {
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

  it("would be found too small: an action it does not know has no statement", () => {
    const boundary = boundaryPolicy(accessSpec(), MEMBER);
    expect(statementsFor(boundary, "Allow", "lambda:CreateFunction", "*")).to.deep.equal([]);
  });

  const boundary = boundaryPolicy(accessSpec({ accountId: ACCOUNTS.vault }), VAULT);
  const stamper = roleArn(ACCOUNTS.vault, "strongroom-stamper");
  const boundaryName = `arn:aws:iam::${ACCOUNTS.vault}:policy/strongroom/strongroom-boundary`;

  for (const [action, resource] of [
    ["iam:PutRolePolicy", stamper],
    ["iam:UpdateAssumeRolePolicy", stamper],
    ["iam:DeleteRole", stamper],
    ["iam:CreatePolicyVersion", boundaryName],
    ["iam:DeletePolicy", boundaryName],
    ["iam:DeleteRolePermissionsBoundary", roleArn(ACCOUNTS.vault, "strongroom-backup")],
    ["iam:PutRolePermissionsBoundary", roleArn(ACCOUNTS.vault, "strongroom-backup")],
    ["iam:AttachRolePolicy", roleArn(ACCOUNTS.vault, "strongroom-backup")],
    ["kms:ScheduleKeyDeletion", `arn:aws:kms:eu-central-1:${ACCOUNTS.vault}:key/1`],
    ["kms:DisableKey", `arn:aws:kms:eu-central-1:${ACCOUNTS.vault}:key/1`],
    ["kms:CreateGrant", `arn:aws:kms:eu-central-1:${ACCOUNTS.vault}:key/1`],
    ["s3:DeleteObjectVersion", "arn:aws:s3:::strongroom-backup/x"],
    ["s3:DeleteBucket", "arn:aws:s3:::strongroom-backup"],
    ["s3:BypassGovernanceRetention", "arn:aws:s3:::strongroom-backup/x"],
  ] as const) {
    it(`denies every role ${action} on ${resource.split(":").at(-1) ?? ""}`, () => {
      const denials = statementsFor(boundary, "Deny", action, resource);
      expect(denials.some(({ Condition }) => Condition === undefined)).to.equal(true);
    });
  }

  it("denies the stamper, by name, to see or make any value", () => {
    const { Action, Condition } = statement(boundary, "StamperSeesNoValue");
    for (const action of [
      "secretsmanager:GetSecretValue",
      "secretsmanager:BatchGetSecretValue",
      "kms:Decrypt",
      "kms:GenerateDataKeyWithoutPlaintext",
      "lambda:InvokeFunction",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "sts:AssumeRole",
    ]) {
      expect(
        list(Action).some((pattern) => covers(pattern, action)),
        action,
      ).to.equal(true);
    }
    expect(Condition).to.deep.equal({ ArnEquals: { "aws:PrincipalArn": stamper } });
  });

  it("lets a role be made and written only with the boundary on it", () => {
    expect(statement(boundary, "NoRoleWithoutBoundary")).to.deep.include({
      Effect: "Deny",
      Action: ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"],
      Resource: ["*"],
      Condition: { StringNotEquals: { "iam:PermissionsBoundary": boundaryName } },
    });
  });
});

describe("the key policies", () => {
  const USE = /^kms:(Decrypt|Encrypt|GenerateDataKey.*|GenerateMac|ReEncrypt.*|VerifyMac)$/;
  const ADMINISTER = /^kms:(PutKeyPolicy|ScheduleKeyDeletion|Disable.*|CreateGrant)$/;

  for (const [name, document] of [
    ["backup", backupKeyPolicy(vaultSpec(), VAULT)],
    ["digest", digestKeyPolicy(vaultSpec(), VAULT)],
    ["service", serviceKeyPolicy(vaultSpec(), VAULT)],
    ["member", memberKeyPolicy(memberSpec(), MEMBER)],
  ] as const) {
    it(`keep using and administering the ${name} key apart`, () => {
      for (const { Sid, Effect, Action } of document.Statement) {
        if (Effect === "Deny") continue;
        const uses = list(Action).some((action) => USE.test(action));
        const administers = list(Action).some((action) => ADMINISTER.test(action));
        expect(uses && administers, Sid).to.equal(false);
        expect(
          list(Action).some((action) => action.includes("*")),
          Sid,
        ).to.equal(false);
      }
    });

    it(`open the ${name} key to no one outside the organization`, () => {
      expect(statement(document, "NobodyOutsideTheOrganization").Condition).to.deep.equal({
        StringNotEquals: { "aws:PrincipalOrgID": "o-abcdefghij" },
        Bool: { "aws:PrincipalIsAWSService": "false" },
      });
    });
  }

  it("let the backup function encrypt, and decrypt through S3 alone", () => {
    const document = backupKeyPolicy(vaultSpec(), VAULT);
    const arn = roleArn(ACCOUNTS.vault, "strongroom-backup");
    const principals = (sid: string) =>
      statement(document, sid).Condition?.ArnEquals?.["aws:PrincipalArn"];
    expect(principals("WritersEncrypt")).to.include(arn);
    // Its own notes are objects too; an envelope, which only a call to KMS itself opens, stays closed.
    expect(statement(document, "OnlyThroughS3")).to.deep.include({
      Effect: "Deny",
      Action: ["kms:Decrypt", "kms:ReEncryptFrom"],
      Condition: {
        ArnEquals: {
          "aws:PrincipalArn": ["backup", "sweep", "operator"].map((name) =>
            roleArn(ACCOUNTS.vault, `strongroom-${name}`),
          ),
        },
        StringNotEquals: {
          "kms:ViaService": ["s3.eu-central-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"],
        },
      },
    });
  });

  it("let digests be made and checked by the functions alone", () => {
    const document = digestKeyPolicy(vaultSpec(), VAULT);
    const roles = (...names: string[]) => ({
      "aws:PrincipalArn": names.map((name) => roleArn(ACCOUNTS.vault, `strongroom-${name}`)),
    });
    for (const [sid, action, condition] of [
      ["NobodyElseMakes", "kms:GenerateMac", roles("backup", "restore", "drill")],
      ["NobodyElseChecks", "kms:VerifyMac", roles("restore", "drill")],
    ] as const) {
      expect(statement(document, sid)).to.deep.include({
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: action,
        Condition: { ArnNotEquals: condition },
      });
    }
  });

  it("let logs be encrypted for the functions' groups only", () => {
    const { Condition } = statement(serviceKeyPolicy(vaultSpec(), VAULT), "LogsReachTheirGroups");
    const groups = Condition?.ArnEquals?.["kms:EncryptionContext:aws:logs:arn"];
    expect(groups).to.deep.equal([
      ...["backup", "sweep", "restore", "drill"].map(
        (name) =>
          `arn:aws:logs:eu-central-1:${ACCOUNTS.vault}:log-group:/aws/lambda/strongroom-${name}`,
      ),
      `arn:aws:logs:eu-west-1:${ACCOUNTS.vault}:log-group:/aws/lambda/strongroom-restore`,
    ]);
  });
});

describe("the operator role", () => {
  const document = operatorPolicy(vaultSpec(), VAULT);

  it("calls exactly the vault's functions", () => {
    const arn = (region: string, name: string) =>
      `arn:aws:lambda:${region}:${ACCOUNTS.vault}:function:strongroom-${name}`;
    expect(statement(document, "CallFunctions")).to.deep.include({
      Action: "lambda:InvokeFunction",
      Resource: [
        arn("eu-central-1", "backup"),
        arn("eu-central-1", "sweep"),
        arn("eu-central-1", "restore"),
        arn("eu-west-1", "restore"),
        arn("eu-central-1", "drill"),
      ],
    });
  });

  it("reads coverage and reports of both Regions, and no backup", () => {
    const objects = document.Statement.flatMap(({ Action, Resource }) =>
      list(Action).some((action) => action.startsWith("s3:Get")) ? list(Resource) : [],
    );
    expect(objects.map((arn) => arn.replace(/^[^/]*/, ""))).to.deep.equal([
      "/coverage/*",
      "/reports/*",
      "/coverage/*",
      "/reports/*",
    ]);
    expect(statement(document, "BackupKey").Condition?.StringEquals?.["kms:ViaService"])
      .to.deep //
      .equal(["s3.eu-central-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]);
  });
});

describe("the roles of a member", () => {
  it("trust exactly the vault's functions, with organization and external id", () => {
    const trusts = (document: PolicyDocument) => ({
      principal: document.Statement[0]?.Principal,
      condition: document.Statement[0]?.Condition,
    });
    const condition = {
      StringEquals: {
        "aws:PrincipalOrgID": "o-abcdefghij",
        "sts:ExternalId": "members-external-id-0001",
      },
    };
    expect(trusts(readerTrust(memberSpec(), MEMBER))).to.deep.equal({
      principal: {
        AWS: [
          roleArn(ACCOUNTS.vault, "strongroom-backup"),
          roleArn(ACCOUNTS.vault, "strongroom-sweep"),
        ],
      },
      condition,
    });
    expect(trusts(restorerTrust(memberSpec(), MEMBER))).to.deep.equal({
      principal: { AWS: [roleArn(ACCOUNTS.vault, "strongroom-restore")] },
      condition,
    });
  });

  it("read the secrets in scope only: by name prefix and by every tag", () => {
    const { Resource, Condition } = statement(
      readerPolicy(memberSpec(), MEMBER),
      "ReadSecretsInScope",
    );
    expect(Resource).to.deep.equal([
      `arn:aws:secretsmanager:*:${ACCOUNTS.member}:secret:prod/*`,
      `arn:aws:secretsmanager:*:${ACCOUNTS.member}:secret:shared/*`,
    ]);
    expect(Condition).to.deep.equal({
      StringEquals: {
        "aws:RequestedRegion": ["eu-central-1", "eu-west-1"],
        "aws:ResourceTag/backup": "yes",
      },
    });
  });

  it("let the restorer call functions that rotate secrets, and no other", () => {
    const statement = restorerPolicy(memberSpec(), MEMBER).Statement.find(({ Action }) =>
      list(Action).some((action) => action.startsWith("lambda:")),
    );
    expect(statement).to.deep.include({
      Action: "lambda:InvokeFunction",
      Resource: ["eu-central-1", "eu-west-1"].flatMap((region) =>
        ["strongroom-rotation-*", "SecretsManager*"].map(
          (name) => `arn:aws:lambda:${region}:${MEMBER.accountId}:function:${name}`,
        ),
      ),
    });
  });

  it("do not let the restorer read a value", () => {
    const actions = restorerPolicy(memberSpec(), MEMBER).Statement.flatMap(({ Action }) =>
      list(Action),
    );
    expect(actions.filter((action) => /GetSecretValue/.test(action))).to.deep.equal([]);
  });
});
