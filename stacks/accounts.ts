/** An account of the organization as discovery found it. Names and tags are other people's text: escape them on output. */
export interface Account {
  readonly id: string;
  readonly name: string;
  /** Organizations' own state; anything but ACTIVE is never stamped. */
  readonly status: "ACTIVE" | "SUSPENDED" | "PENDING_CLOSURE" | "PENDING_ACTIVATION" | "CLOSED";
  /** Names of the organizational units from the root down, without the root: `["workloads", "prod"]`. */
  readonly organizationalUnitPath: readonly string[];
  /** Ids of the same units, `ou-…`. */
  readonly organizationalUnitIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly isManagementAccount: boolean;
}

/**
 * A whole organization at one moment. There is no partial one: discovery that could not read everything throws
 * `ORG_INCOMPLETE`, because a missing page looks exactly like closed accounts.
 */
export interface Organization {
  readonly id: string;
  readonly managementAccountId: string;
  /** Sorted by account id. */
  readonly accounts: readonly Account[];
  /** When it was read, ISO 8601 in UTC. */
  readonly discoveredAt: string;
}
