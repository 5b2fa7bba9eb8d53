import { policy, type Conditions, type PolicyDocument } from "./document";

/** An AWS service may assume the role, for this account's own resources only (confused deputy). */
export function trustService(
  service: "events" | "lambda" | "s3",
  condition: Conditions | undefined,
): PolicyDocument {
  return policy({
    Sid: "Service",
    Effect: "Allow",
    Principal: { Service: `${service}.amazonaws.com` },
    Action: "sts:AssumeRole",
    ...(condition === undefined ? {} : { Condition: condition }),
  });
}

/**
 * Exactly these roles may assume the role, from inside the organization and with the external id. The principals are
 * role ARNs: a role that is deleted and made again under the same name is a stranger until the stack is stamped again.
 */
export function trustRoles(
  roleArns: readonly string[],
  organizationId: string,
  externalId: string,
): PolicyDocument {
  return policy({
    Sid: "ExactRoles",
    Effect: "Allow",
    Principal: { AWS: roleArns },
    Action: "sts:AssumeRole",
    Condition: {
      StringEquals: { "aws:PrincipalOrgID": organizationId, "sts:ExternalId": externalId },
    },
  });
}
