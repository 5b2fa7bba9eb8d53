import { expect } from "chai";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  DescribeOrganizationCommand,
  OrganizationsClient,
  paginateListAccounts,
} from "@aws-sdk/client-organizations";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import { startEmulator, type Emulator } from "../../../emulator/start";

describe("the emulated organization", function () {
  this.timeout(180_000);
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator({ valueSeed: "test" });
  });
  after(() => emulator.stop());

  const client = () => ({
    endpoint: emulator.endpoint,
    region: "eu-central-1",
    credentials: {
      accessKeyId: emulator.env["AWS_ACCESS_KEY_ID"]!,
      secretAccessKey: emulator.env["AWS_SECRET_ACCESS_KEY"]!,
      sessionToken: emulator.env["AWS_SESSION_TOKEN"]!,
    },
  });

  it("gives the service session credentials of its own role", async () => {
    const { Arn } = await new STSClient(client()).send(new GetCallerIdentityCommand({}));
    expect(Arn).to.equal(
      `arn:aws:sts::${emulator.organization.delegatedAdministratorAccountId}:assumed-role/strongroom-service/strongroom-demo`,
    );
  });

  it("shows the whole organization to the delegated administrator, in pages", async () => {
    const organizations = new OrganizationsClient(client());
    const { Organization } = await organizations.send(new DescribeOrganizationCommand({}));
    expect(Organization?.Id).to.equal(emulator.organization.id);
    const pages = [];
    for await (const page of paginateListAccounts({ client: organizations, pageSize: 5 }, {})) {
      pages.push(page.Accounts ?? []);
    }
    expect(pages.length).to.be.greaterThan(3);
    const accounts = pages.flat();
    expect(accounts).to.have.length(17);
    expect(accounts.filter(({ Status }) => Status === "SUSPENDED")).to.have.length(1);
  });

  it("lets the service reach a member's administrator through the bootstrap role, and only with the external id", async () => {
    const sts = new STSClient(client());
    const bootstrap = (ExternalId?: string) =>
      sts.send(
        new AssumeRoleCommand({
          RoleArn: emulator.organization.bootstrapRoleArn,
          RoleSessionName: "test",
          ...(ExternalId === undefined ? {} : { ExternalId }),
        }),
      );
    const refused = await bootstrap().catch((error: unknown) => error as Error);
    expect(refused).to.have.property("name", "AccessDenied");
    const { Credentials } = await bootstrap(emulator.organization.bootstrapExternalId);
    const chained = new STSClient({
      ...client(),
      credentials: {
        accessKeyId: Credentials!.AccessKeyId!,
        secretAccessKey: Credentials!.SecretAccessKey!,
        sessionToken: Credentials!.SessionToken!,
      },
    });
    const reach = (accountId: string) =>
      chained.send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::${accountId}:role/OrganizationAccountAccessRole`,
          RoleSessionName: "test",
        }),
      );
    expect((await reach("600000000001")).AssumedRoleUser?.Arn).to.contain("600000000001");
    const broken = await reach("700000000002").catch((error: unknown) => error as Error);
    expect(broken).to.have.property("name", "AccessDenied");
  });

  it("refuses every call for a Region that is out of service, and no other, until it is back", async () => {
    const nameOf = (call: Promise<unknown>) =>
      call.then(
        () => "ok",
        (error: unknown) => (error as Error).name,
      );
    const calls = (region: string) => {
      const options = { ...client(), region, maxAttempts: 1 };
      const s3 = new S3Client({ ...options, forcePathStyle: true });
      return [
        nameOf(new STSClient(options).send(new GetCallerIdentityCommand({}))),
        nameOf(new SecretsManagerClient(options).send(new ListSecretsCommand({}))),
        nameOf(s3.send(new ListObjectsV2Command({ Bucket: "nobodys" }))),
      ];
    };
    const inService = await Promise.all(calls("eu-central-1"));
    await emulator.outage(["eu-central-1"]);
    expect(new Set(await Promise.all(calls("eu-central-1")))).to.deep.equal(
      new Set(["ServiceUnavailable"]),
    );
    expect(await Promise.all(calls("eu-west-1"))).to.deep.equal(inService);
    expect(await emulator.outage([])).to.equal(3);
    expect(await Promise.all(calls("eu-central-1"))).to.deep.equal(inService);
  });
});
