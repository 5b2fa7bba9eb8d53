/** What a caller may do, each role including the ones before it. */
export const ROLES = ["viewer", "operator", "approver", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Who is asking. `subject` names the caller in the audit lines and scopes idempotency keys and rate limits. */
export interface Principal {
  readonly subject: string;
  readonly role: Role;
  /** Only accounts below these organizational units, by path; all accounts where it is missing. */
  readonly organizationalUnits?: readonly string[];
  /** The token of ours that the caller came with: sign-ins end with it. */
  readonly tokenId?: string;
}

/** Turns a bearer token into its owner; undefined for a token nobody has. */
export interface Authenticator {
  authenticate(bearer: string): Promise<Principal | undefined>;
}

/** Tells whether a role includes another one. */
export function allows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** What is wrong with a role that is bounded to organizational units: an admin decides about all of them. */
export const ADMIN_HAS_NO_UNITS = "an admin cannot be bounded to organizational units";
