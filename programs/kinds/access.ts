import type { ProviderResource } from "@pulumi/pulumi";

import { partitionOf } from "../../stacks/naming";
import type { AccessSpec } from "../../stacks/spec";
import { Stamper } from "../components/stamper";
import { boundaryPolicy } from "../iam/boundary";
import { stamperPolicies } from "../iam/stamper";
import { trustRoles } from "../iam/trust";
import type { AccessOutputs } from "../outputs";

/** The `access` stack: the stamper role with its boundary. IAM is global, so no resource has a Region. */
export function access(spec: AccessSpec, provider: ProviderResource): AccessOutputs {
  const place = { accountId: spec.accountId, partition: partitionOf(spec.region) };
  const stamper = new Stamper(
    "stamper",
    {
      boundary: boundaryPolicy(spec, place),
      permissions: stamperPolicies(spec, place),
      trust: trustRoles([spec.trustedRoleArn], spec.organizationId, spec.externalId),
      sessionSeconds: spec.sessionSeconds,
    },
    { provider },
  );
  return {
    schemaVersion: 1,
    kind: "access",
    accountId: spec.accountId,
    organizationId: spec.organizationId,
    stamperRoleArn: stamper.roleArn,
    boundaryArn: stamper.boundaryArn,
  };
}
