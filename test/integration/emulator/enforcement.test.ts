import { expect } from "chai";

import { callAs, mustCallAsRoot } from "../../../emulator/calls";
import { keepDecisions, keptDecisions, sessionForService } from "../../../emulator/decisions";
import { assumeRole, type Credentials } from "../../../emulator/identity";
import { startEmulator, type Emulator } from "../../../emulator/start";
import {
  actor,
  allow,
  deny,
  document,
  managedPolicy,
  MEMBER,
  OTHER_MEMBER,
  REGION,
  rootOf,
  trust,
  unique,
} from "./support";

/** What the proofs of least privilege stand on: each refusal here is one that AWS makes too. */
describe("IAM in the emulated organization", function () {
  this.timeout(120_000);
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator({ valueSeed: "test" });
  });
  after(() => emulator.stop());

  const rolesTrust = trust({ AWS: `arn:aws:iam::${MEMBER}:root` });

  it("refuses what no statement allows, and what one denies whatever another allows", async () => {
    const nobody = await actor(emulator, MEMBER, []);
    expect(await nobody.does("secretsmanager", "ListSecrets", {})).to.equal(
      "AccessDeniedException",
    );
    const denied = await actor(emulator, MEMBER, [
      allow("secretsmanager:*"),
      deny("secretsmanager:GetSecretValue"),
    ]);
    const SecretId = "shop-prod/api-key";
    expect(await denied.does("secretsmanager", "DescribeSecret", { SecretId })).to.equal("ok");
    expect(await denied.does("secretsmanager", "GetSecretValue", { SecretId })).to.equal(
      "AccessDeniedException",
    );
  });

  it("checks signatures", async () => {
    const caller = await actor(emulator, MEMBER, [allow("*")]);
    const forged = { ...caller.credentials, secretAccessKey: "guessed" };
    const failure = await assumeRole(emulator.endpoint, forged, {
      region: REGION,
      roleArn: caller.roleArn,
    }).catch((error: unknown) => error as Error);
    expect(failure).to.have.property("message").that.contains("SignatureDoesNotMatch");
  });

  it("gives a role no more than its boundary allows", async () => {
    const boundaryArn = await managedPolicy(emulator, MEMBER, [allow("secretsmanager:List*")]);
    const bounded = await actor(emulator, MEMBER, [allow("*")], { boundaryArn });
    expect(await bounded.does("secretsmanager", "ListSecrets", {})).to.equal("ok");
    expect(await bounded.does("kms", "ListKeys", {})).to.equal("AccessDeniedException");
    expect(await bounded.does("iam", "ListRoles", {})).to.equal("AccessDenied");
  });

  it("lets a stamper make roles with the boundary only, and neither take it off nor change it", async () => {
    const path = "/strongroom/";
    const boundary = await managedPolicy(emulator, MEMBER, [allow("s3:*")], path);
    const other = await managedPolicy(emulator, MEMBER, [allow("*")], path);
    const stamper = await actor(emulator, MEMBER, [
      allow(
        [
          "iam:CreateRole",
          "iam:PutRolePermissionsBoundary",
          "iam:PutRolePolicy",
          "iam:AttachRolePolicy",
        ],
        `arn:aws:iam::${MEMBER}:role${path}*`,
        { StringEquals: { "iam:PermissionsBoundary": boundary } },
      ),
      allow("iam:*", "*"),
      deny("iam:CreateRole", "*", { StringNotEquals: { "iam:PermissionsBoundary": boundary } }),
      deny("iam:DeleteRolePermissionsBoundary"),
      deny("iam:PutRolePermissionsBoundary", "*", {
        StringNotEquals: { "iam:PermissionsBoundary": boundary },
      }),
      deny(
        ["iam:CreatePolicyVersion", "iam:DeletePolicy*", "iam:SetDefaultPolicyVersion"],
        boundary,
      ),
      deny("iam:PutRolePolicy", "*", { StringNotEquals: { "iam:PermissionsBoundary": boundary } }),
    ]);
    const RoleName = unique("made");
    const make = (name: string, more: Record<string, string>) =>
      stamper.does("iam", "CreateRole", {
        RoleName: name,
        Path: path,
        AssumeRolePolicyDocument: rolesTrust,
        ...more,
      });
    expect(await make(unique("free"), {})).to.equal("AccessDenied");
    expect(await make(unique("wide"), { PermissionsBoundary: other })).to.equal("AccessDenied");
    expect(await make(RoleName, { PermissionsBoundary: boundary })).to.equal("ok");
    const role = { RoleName };
    expect(await stamper.does("iam", "DeleteRolePermissionsBoundary", role)).to.equal(
      "AccessDenied",
    );
    const wider = { ...role, PermissionsBoundary: other };
    expect(await stamper.does("iam", "PutRolePermissionsBoundary", wider)).to.equal("AccessDenied");
    const version = {
      PolicyArn: boundary,
      PolicyDocument: document(allow("*")),
      SetAsDefault: true,
    };
    expect(await stamper.does("iam", "CreatePolicyVersion", version)).to.equal("AccessDenied");
    const inline = { PolicyName: "own", PolicyDocument: document(allow("s3:*")) };
    expect(await stamper.does("iam", "PutRolePolicy", { ...role, ...inline })).to.equal("ok");
    const unbounded = unique("unbounded");
    await rootOf(emulator, MEMBER).must("iam", "CreateRole", {
      RoleName: unbounded,
      AssumeRolePolicyDocument: rolesTrust,
    });
    expect(await stamper.does("iam", "PutRolePolicy", { RoleName: unbounded, ...inline })).to.equal(
      "AccessDenied",
    );
  });

  it("looks at the Region, with global services in us-east-1", async () => {
    const caller = await actor(emulator, MEMBER, [
      allow("*", "*", { StringEquals: { "aws:RequestedRegion": [REGION, "us-east-1"] } }),
    ]);
    expect(await caller.does("kms", "ListKeys", {})).to.equal("ok");
    expect(await caller.does("kms", "ListKeys", {}, "ap-south-1")).to.equal(
      "AccessDeniedException",
    );
    expect(await caller.does("iam", "ListRoles", {}, "ap-south-1")).to.equal("ok");
  });

  it("looks at a resource's tags, in boundaries as well", async () => {
    const tagged = { StringEquals: { "aws:ResourceTag/team": "payments" } };
    const boundaryArn = await managedPolicy(emulator, MEMBER, [allow("*", "*", tagged)]);
    for (const caller of [
      await actor(emulator, MEMBER, [allow("secretsmanager:*", "*", tagged)]),
      await actor(emulator, MEMBER, [allow("secretsmanager:*")], { boundaryArn }),
    ]) {
      const describe = (SecretId: string) =>
        caller.does("secretsmanager", "DescribeSecret", { SecretId });
      expect(await describe("shop-prod/api-key")).to.equal("ok");
      expect(await describe("shop-prod/database/readonly")).to.equal("AccessDeniedException");
    }
  });

  it("obeys a key's own policy, even against the account's administrators", async () => {
    const administrator = await actor(emulator, MEMBER, [allow("*")]);
    const user = await actor(emulator, MEMBER, []);
    const { json } = await rootOf(emulator, MEMBER).must("kms", "CreateKey", {
      Policy: document({
        Effect: "Allow",
        Principal: { AWS: user.roleArn },
        Action: "kms:Encrypt",
        Resource: "*",
      }),
    });
    const { KeyId } = json["KeyMetadata"] as { KeyId: string };
    const parameters = { KeyId, Plaintext: "eA==" };
    expect(await administrator.does("kms", "Encrypt", parameters)).to.equal(
      "AccessDeniedException",
    );
    expect(await user.does("kms", "Encrypt", parameters)).to.equal("ok");
  });

  it("lets a key be used through a service only where its policy says so", async () => {
    const root = rootOf(emulator, MEMBER);
    const service = `secretsmanager.${REGION}.amazonaws.com`;
    const { json } = await root.must("kms", "CreateKey", {
      Policy: document({
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${MEMBER}:root` },
        Action: "kms:*",
        Resource: "*",
      }),
    });
    const { Arn } = json["KeyMetadata"] as { Arn: string };
    const Name = unique("kept");
    await root.must("secretsmanager", "CreateSecret", { Name, SecretString: "x", KmsKeyId: Arn });
    const via = (value: string) => ({ StringEquals: { "kms:ViaService": value } });
    const reader = await actor(emulator, MEMBER, [
      allow("secretsmanager:GetSecretValue"),
      allow("kms:Decrypt", Arn, via(service)),
    ]);
    const elsewhere = await actor(emulator, MEMBER, [
      allow("secretsmanager:GetSecretValue"),
      allow("kms:Decrypt", Arn, via("s3.eu-central-1.amazonaws.com")),
    ]);
    const read = { SecretId: Name };
    expect(await reader.does("secretsmanager", "GetSecretValue", read)).to.equal("ok");
    expect(await elsewhere.does("secretsmanager", "GetSecretValue", read)).to.equal(
      "AccessDeniedException",
    );
    const { json: sealed } = await root.must("kms", "Encrypt", { KeyId: Arn, Plaintext: "eA==" });
    const open = { KeyId: Arn, CiphertextBlob: sealed["CiphertextBlob"] };
    expect(await reader.does("kms", "Decrypt", open), "not directly").to.equal(
      "AccessDeniedException",
    );
  });

  it("needs both sides to cross from account to account", async () => {
    const target = rootOf(emulator, MEMBER);
    const roles = { open: unique("open"), shut: unique("shut") };
    const condition = { StringEquals: { "sts:ExternalId": "the-right-one" } };
    await target.must("iam", "CreateRole", {
      RoleName: roles.open,
      AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${OTHER_MEMBER}:root` }, condition),
    });
    await target.must("iam", "CreateRole", {
      RoleName: roles.shut,
      AssumeRolePolicyDocument: rolesTrust,
    });
    const may = await actor(emulator, OTHER_MEMBER, [allow("sts:AssumeRole")]);
    const mayNot = await actor(emulator, OTHER_MEMBER, [allow("s3:*")]);
    const take = (caller: typeof may, name: string, ExternalId: string) =>
      caller.does("sts", "AssumeRole", {
        RoleArn: `arn:aws:iam::${MEMBER}:role/${name}`,
        RoleSessionName: "test",
        ExternalId,
      });
    expect(await take(may, roles.open, "the-right-one")).to.equal("ok");
    expect(await take(may, roles.open, "the-wrong-one")).to.equal("AccessDenied");
    expect(await take(mayNot, roles.open, "the-right-one")).to.equal("AccessDenied");
    expect(await take(may, roles.shut, "the-right-one")).to.equal("AccessDenied");
  });

  it("obeys a secret's own policy", async () => {
    const reader = await actor(emulator, MEMBER, [allow("secretsmanager:*")]);
    const root = rootOf(emulator, MEMBER);
    const Name = unique("guarded");
    await root.must("secretsmanager", "CreateSecret", { Name, SecretString: "x" });
    const read = { SecretId: Name };
    expect(await reader.does("secretsmanager", "GetSecretValue", read)).to.equal("ok");
    await root.must("secretsmanager", "PutResourcePolicy", {
      SecretId: Name,
      ResourcePolicy: document({
        ...deny("secretsmanager:GetSecretValue", "*", {
          StringNotEquals: { "aws:PrincipalOrgID": "o-anotherone0" },
        }),
        Principal: "*",
      }),
    });
    expect(await reader.does("secretsmanager", "GetSecretValue", read)).to.equal(
      "AccessDeniedException",
    );
  });

  it("lets the service's login do nothing but become the service", async () => {
    const { delegatedAdministratorAccountId: accountId, serviceRoleArn } = emulator.organization;
    const key = await mustCallAsRoot(emulator.endpoint, {
      accountId,
      region: REGION,
      service: "iam",
      operation: "ListUserPolicies",
      parameters: { UserName: "strongroom-service-login" },
    });
    expect(key.text).to.contain("become-the-service");
    const service = {
      accessKeyId: emulator.env["AWS_ACCESS_KEY_ID"]!,
      secretAccessKey: emulator.env["AWS_SECRET_ACCESS_KEY"]!,
      sessionToken: emulator.env["AWS_SESSION_TOKEN"]!,
    };
    const straight = await assumeRole(emulator.endpoint, service, {
      region: REGION,
      roleArn: `arn:aws:iam::${MEMBER}:role/OrganizationAccountAccessRole`,
    }).catch((error: unknown) => error as Error);
    expect(straight, serviceRoleArn).to.have.property("code", "ACCESS_ROLE");
  });

  it("keeps, when it is asked to, which statement allowed what, and what was refused", async () => {
    const { endpoint } = emulator;
    const reader = await actor(emulator, MEMBER, [
      { ...allow("secretsmanager:DescribeSecret"), Sid: "Look" },
    ]);
    const secret = { SecretId: "shop-prod/api-key" };
    const use = async () => {
      await reader.does("secretsmanager", "DescribeSecret", secret);
      await reader.does("secretsmanager", "GetSecretValue", secret);
    };
    await use();
    expect((await keptDecisions(endpoint)).allowed).to.deep.equal({});
    await keepDecisions(endpoint, true);
    await use();
    await keepDecisions(endpoint, false);
    await reader.does("secretsmanager", "ListSecrets", {});
    const { allowed, refused } = await keptDecisions(endpoint);
    expect(allowed[reader.roleArn]).to.deep.equal({ "secretsmanager:DescribeSecret": ["Look"] });
    const [[action, resources] = ["", []], ...more] = Object.entries(refused[reader.roleArn] ?? {});
    expect(more).to.deep.equal([]);
    expect(action).to.equal("secretsmanager:GetSecretValue");
    expect(resources[0]).to.contain("shop-prod/api-key");
  });

  it("gives the session of a role that trusts a service, and of no other role", async () => {
    const { endpoint } = emulator;
    const trusting = await actor(emulator, MEMBER, [allow("secretsmanager:ListSecrets")], {
      service: "lambda.amazonaws.com",
    });
    const session = await sessionForService(endpoint, trusting.roleArn);
    const list = (credentials: Credentials) =>
      callAs(endpoint, credentials, {
        service: "secretsmanager",
        region: REGION,
        operation: "ListSecrets",
        parameters: {},
      });
    expect((await list(session)).errorCode).to.equal(undefined);
    const forged = { ...session, secretAccessKey: "guessed" };
    expect((await list(forged)).errorCode).to.match(/Signature/);
    const other = await actor(emulator, MEMBER, [allow("*")]);
    const failure = await sessionForService(endpoint, other.roleArn).catch(
      (error: unknown) => error as Error,
    );
    expect(failure).to.have.property("message").that.contains("trusts no service");
  });
});
