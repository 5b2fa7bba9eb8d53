import type { Account, Organization } from "../../stacks/accounts";
import type { OrganizationPort } from "../../server/ports";

/** An account for a fake organization; everything but the id has a harmless default. */
export function fakeAccount(id: string, over: Partial<Account> = {}): Account {
  return {
    id,
    name: `account ${id}`,
    status: "ACTIVE",
    organizationalUnitPath: [],
    organizationalUnitIds: [],
    tags: {},
    isManagementAccount: false,
    ...over,
  };
}

/** An organization in memory behind the port: what a whole and honest discovery answers. */
export class FakeOrganization implements OrganizationPort {
  accounts: Account[];
  id = "o-exampleorg1";
  /** Thrown instead of an answer. */
  failure: Error | undefined;
  discoveries = 0;

  constructor(
    accounts: Account[] = [fakeAccount("100000000001", { isManagementAccount: true })],
    private readonly now: () => Date = () => new Date(),
  ) {
    this.accounts = accounts;
  }

  async discover(signal?: AbortSignal): Promise<Organization> {
    signal?.throwIfAborted();
    this.discoveries += 1;
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    const management = this.accounts.find((account) => account.isManagementAccount);
    return {
      id: this.id,
      managementAccountId: management?.id ?? "100000000001",
      accounts: this.accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      discoveredAt: this.now().toISOString(),
    };
  }
}
