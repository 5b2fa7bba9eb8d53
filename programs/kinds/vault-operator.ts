import { boundaryArn, NAMES } from "../../stacks/naming";
import { BoundedRole } from "../components/bounded-role";
import { operatorPolicy } from "../iam/functions";
import { trustRoles } from "../iam/trust";

import type { Vault } from "./vault-context";

/** The role that the service calls the functions and reads the reports with: the vault trusts it with nothing else. */
export function createOperator({ spec, place, opts }: Vault): BoundedRole {
  return new BoundedRole(
    "operator",
    {
      roleName: NAMES.operatorRole,
      description: "Lets the service call the functions and read coverage and reports",
      trust: trustRoles([spec.trustedRoleArn], spec.organizationId, spec.operatorExternalId),
      permissions: operatorPolicy(spec, place),
      boundary: boundaryArn(spec.accountId, place.partition),
    },
    opts,
  );
}
