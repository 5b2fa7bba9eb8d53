import { Agent } from "node:http";

import { OrganizationsClient, paginateListAccounts } from "@aws-sdk/client-organizations";
import { expect } from "chai";

import { type Emulator, startEmulator } from "../../../emulator/start";
import { createOrganizationAdapter } from "../../../server/org/adapter";
import { organizationContract } from "../../support/organization-contract";

describe("the organization adapter on the emulator", function () {
  this.timeout(300_000);
  let emulator: Emulator;
  const agent = new Agent();
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    agent.destroy();
    await emulator.stop();
  });

  const client = () =>
    new OrganizationsClient({
      region: emulator.organization.region,
      endpoint: emulator.endpoint,
      maxAttempts: 1,
      requestHandler: { httpAgent: agent },
      credentials: {
        accessKeyId: emulator.env["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: emulator.env["AWS_SECRET_ACCESS_KEY"] ?? "",
        sessionToken: emulator.env["AWS_SESSION_TOKEN"] ?? "",
      },
    });
  const adapter = (organizationId?: string) =>
    createOrganizationAdapter({
      client: client(),
      callsPerSecond: 200,
      ...(organizationId === undefined ? {} : { organizationId }),
    });

  organizationContract("the adapter on the emulator", async () => {
    // Asked for without the adapter, so that it is not compared with itself.
    const accountIds: string[] = [];
    for await (const page of paginateListAccounts({ client: client() }, {})) {
      accountIds.push(...(page.Accounts ?? []).map(({ Id = "" }) => Id));
    }
    return { port: adapter(), accountIds };
  });

  it("finds the seeded organization with its units, tags and states", async () => {
    const { organization } = emulator;
    const found = await adapter(organization.id).discover();
    expect(found.id).to.equal(organization.id);
    expect(found.managementAccountId).to.equal(organization.managementAccountId);
    expect(found.accounts).to.have.length(emulator.seeded?.accounts ?? 0);
    expect(found.accounts.some(({ status }) => status === "SUSPENDED")).to.equal(true);
    expect(found.accounts.some(({ tags }) => Object.keys(tags).length > 0)).to.equal(true);
    expect(
      Math.max(...found.accounts.map((account) => account.organizationalUnitPath.length)),
    ).to.be.greaterThan(1);
  });

  it("refuses an organization that is not the one", async () => {
    const refused = await adapter("o-otherorg001")
      .discover()
      .then(
        () => "answered",
        (error: unknown) => (error as { code?: string }).code,
      );
    expect(refused).to.equal("ORG_MISMATCH");
  });
});
