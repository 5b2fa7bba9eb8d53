import type { Gap } from "./gap";
import {
  actor,
  allow,
  managedPolicy,
  MEMBER,
  OTHER_MEMBER,
  rootOf,
  trust,
  unique,
} from "./support";

export const GAPS_OF_IDENTITY: readonly Gap[] = [
  {
    name: "organization-members",
    does: "shows a member its own organization",
    probe: async (emulator) => {
      const { json } = await rootOf(emulator, MEMBER).try(
        "organizations",
        "DescribeOrganization",
        {},
      );
      const { Id } = json["Organization"] as { Id: string };
      return Id === emulator.organization.id;
    },
    aws: true,
    ministack: false,
  },
  {
    name: "organization-members",
    does: "refuses lists to a member that is no delegated administrator",
    probe: async (emulator) =>
      (await rootOf(emulator, OTHER_MEMBER).try("organizations", "ListAccounts", {})).errorCode,
    aws: "AccessDeniedException",
    ministack: undefined,
  },
  {
    name: "organization-members",
    does: "answers lists in pages of 20",
    probe: async (emulator) => {
      const root = rootOf(emulator, emulator.organization.managementAccountId);
      for (let made = 0; made < 5; made += 1) {
        const parameters = { Email: `x${made}@example.com`, AccountName: unique("page") };
        await root.must("organizations", "CreateAccount", parameters);
      }
      const { json } = await root.must("organizations", "ListAccounts", {});
      return (json["Accounts"] as unknown[]).length <= 20;
    },
    aws: true,
    ministack: false,
  },
  {
    name: "organization-members",
    does: "makes the administrator's role in a new account",
    probe: async (emulator) => {
      const root = rootOf(emulator, emulator.organization.managementAccountId);
      const { json } = await root.must("organizations", "CreateAccount", {
        Email: "new@example.com",
        AccountName: unique("new"),
      });
      const { AccountId } = json["CreateAccountStatus"] as { AccountId: string };
      const role = { RoleName: "OrganizationAccountAccessRole" };
      return (await rootOf(emulator, AccountId).try("iam", "GetRole", role)).errorCode;
    },
    aws: undefined,
    ministack: "NoSuchEntity",
  },
  {
    name: "organization-members",
    does: "lets an account go",
    probe: async (emulator) => {
      const root = rootOf(emulator, emulator.organization.managementAccountId);
      const { json } = await root.must("organizations", "CreateAccount", {
        Email: "leaver@example.com",
        AccountName: unique("leaver"),
      });
      const { AccountId } = json["CreateAccountStatus"] as { AccountId: string };
      await root.try("organizations", "RemoveAccountFromOrganization", { AccountId });
      return (await root.try("organizations", "DescribeAccount", { AccountId })).errorCode;
    },
    aws: "AccountNotFoundException",
    ministack: undefined,
  },
  {
    name: "request-resources",
    does: "authorizes the making of a role on its ARN with its path",
    probe: async (emulator) => {
      const maker = await actor(emulator, MEMBER, [
        allow("iam:CreateRole", `arn:aws:iam::${MEMBER}:role/strongroom/*`),
      ]);
      return maker.does("iam", "CreateRole", {
        RoleName: unique("made"),
        Path: "/strongroom/",
        AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${MEMBER}:root` }),
      });
    },
    aws: "ok",
    ministack: "AccessDenied",
  },
  {
    name: "other-accounts",
    does: "refuses the use of another account's key that lets nobody in",
    probe: async (emulator) => {
      const root = rootOf(emulator, OTHER_MEMBER);
      const { json } = await root.must("kms", "CreateKey", {});
      const { Arn } = json["KeyMetadata"] as { Arn: string };
      const caller = await actor(emulator, MEMBER, [allow("kms:*")]);
      return caller.does("kms", "DescribeKey", { KeyId: Arn });
    },
    aws: "AccessDeniedException",
    ministack: "NotFoundException",
  },
  {
    name: "other-accounts",
    does: "refuses an event for another account's bus that lets nobody in",
    probe: async (emulator) => {
      const Name = unique("bus");
      const { json } = await rootOf(emulator, OTHER_MEMBER).must("events", "CreateEventBus", {
        Name,
      });
      const caller = await actor(emulator, MEMBER, [allow("events:*")]);
      return caller.does("events", "PutEvents", {
        Entries: [
          { Source: "x", DetailType: "x", Detail: "{}", EventBusName: json["EventBusArn"] },
        ],
      });
    },
    aws: "AccessDeniedException",
    ministack: "ok",
  },
  {
    name: "principals",
    does: "knows the organization of a member that takes a role",
    probe: async (emulator) => {
      const RoleName = unique("trusting");
      await rootOf(emulator, MEMBER).must("iam", "CreateRole", {
        RoleName,
        AssumeRolePolicyDocument: trust(
          { AWS: `arn:aws:iam::${OTHER_MEMBER}:root` },
          { StringEquals: { "aws:PrincipalOrgID": emulator.organization.id } },
        ),
      });
      const caller = await actor(emulator, OTHER_MEMBER, [allow("sts:AssumeRole")]);
      const RoleArn = `arn:aws:iam::${MEMBER}:role/${RoleName}`;
      return caller.does("sts", "AssumeRole", { RoleArn, RoleSessionName: "test" });
    },
    aws: "ok",
    ministack: "AccessDenied",
  },
  {
    name: "principals",
    does: "gives the role's ARN as aws:PrincipalArn of its session",
    probe: async (emulator) => {
      const caller = await actor(emulator, MEMBER, [
        allow("iam:ListRoles", "*", {
          ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${MEMBER}:role/actor-*` },
        }),
      ]);
      return caller.does("iam", "ListRoles", {});
    },
    aws: "ok",
    ministack: "AccessDenied",
  },
  {
    name: "principals",
    does: "does not take a role for a trusted one that only has its name",
    probe: async (emulator) => {
      const caller = await actor(emulator, OTHER_MEMBER, [allow("sts:AssumeRole")], {
        path: "/other/",
      });
      const RoleName = unique("trusting");
      await rootOf(emulator, MEMBER).must("iam", "CreateRole", {
        RoleName,
        AssumeRolePolicyDocument: trust({
          AWS: `arn:aws:iam::${OTHER_MEMBER}:role/strongroom/${caller.roleName}`,
        }),
      });
      const RoleArn = `arn:aws:iam::${MEMBER}:role/${RoleName}`;
      return caller.does("sts", "AssumeRole", { RoleArn, RoleSessionName: "test" });
    },
    aws: "AccessDenied",
    ministack: "ok",
  },
  {
    name: "role-conditions",
    does: "knows the boundary of a role that is being made",
    probe: async (emulator) => {
      const boundary = await managedPolicy(emulator, MEMBER, [allow("s3:*")]);
      const maker = await actor(emulator, MEMBER, [
        allow("iam:CreateRole", "*", { StringEquals: { "iam:PermissionsBoundary": boundary } }),
      ]);
      const make = (more: Record<string, string>) =>
        maker.does("iam", "CreateRole", {
          RoleName: unique("made"),
          AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${MEMBER}:root` }),
          ...more,
        });
      return [await make({ PermissionsBoundary: boundary }), await make({})];
    },
    aws: ["ok", "AccessDenied"],
    ministack: ["AccessDenied", "AccessDenied"],
  },
  {
    name: "role-conditions",
    does: "knows the caller's account for a key",
    probe: async (emulator) => {
      const caller = await actor(emulator, MEMBER, [
        allow("kms:CreateKey", "*", { StringEquals: { "kms:CallerAccount": MEMBER } }),
      ]);
      return caller.does("kms", "CreateKey", {});
    },
    aws: "ok",
    ministack: "AccessDeniedException",
  },
];
