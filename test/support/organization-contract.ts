import { expect } from "chai";

import type { OrganizationPort } from "../../server/ports";

/** What every organization port keeps to; run against the fake, the adapter over a mock, and the emulator. */
export function organizationContract(
  name: string,
  make: () => Promise<{ port: OrganizationPort; accountIds: readonly string[] }>,
): void {
  describe(`the organization port: ${name}`, () => {
    it("finds every account, sorted, each once", async () => {
      const { port, accountIds } = await make();
      const { accounts } = await port.discover();
      expect(accounts.map(({ id }) => id)).to.deep.equal(accountIds.toSorted());
    });

    it("says which organization it is and which account manages it", async () => {
      const { port } = await make();
      const organization = await port.discover();
      expect(organization.id).to.match(/^o-[a-z0-9]{10,32}$/);
      const management = organization.accounts.filter((account) => account.isManagementAccount);
      expect(management.map(({ id }) => id)).to.deep.equal([organization.managementAccountId]);
    });

    it("gives each unit of an account's path its id", async () => {
      const { port } = await make();
      for (const account of (await port.discover()).accounts) {
        expect(account.organizationalUnitIds).to.have.length(account.organizationalUnitPath.length);
        for (const id of account.organizationalUnitIds) {
          expect(id).to.match(/^ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}$/);
        }
      }
    });

    it("says when it looked, in UTC", async () => {
      const { port } = await make();
      const { discoveredAt } = await port.discover();
      expect(new Date(discoveredAt).toISOString()).to.equal(discoveredAt);
    });

    it("stops when it is told to", async () => {
      const { port } = await make();
      const stopped = await port.discover(AbortSignal.abort()).then(
        () => "answered",
        () => "stopped",
      );
      expect(stopped).to.equal("stopped");
    });
  });
}
