import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { NAMES } from "../../stacks/naming";
import { documentText, type PolicyDocument } from "../iam/document";

export interface BoundedRoleArgs {
  /** The role's name below the path of Strongroom's roles. */
  readonly roleName: string;
  readonly description: string;
  readonly trust: PolicyDocument;
  /** The whole of what the role may do; inline, so that it lives and dies with the role and nobody shares it. */
  readonly permissions: PolicyDocument;
  /** ARN of the permissions boundary. */
  readonly boundary: string;
}

/** A role below the permissions boundary, with one policy of its own. */
export class BoundedRole extends pulumi.ComponentResource {
  /** Known only when the role is there with its permissions: who waits for it may use it. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: BoundedRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:access:BoundedRole", name, {}, opts);
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        name: args.roleName,
        path: NAMES.iamPath,
        description: args.description,
        assumeRolePolicy: documentText("trust", args.trust),
        permissionsBoundary: args.boundary,
        // Lambda, S3 and EventBridge renew their sessions; nobody needs a longer one.
        maxSessionDuration: 3600,
      },
      { parent: this },
    );
    const permissions = new aws.iam.RolePolicy(
      `${name}-permissions`,
      {
        name: "permissions",
        role: role.name,
        policy: documentText("inline", args.permissions),
      },
      { parent: this },
    );
    this.arn = pulumi.all([role.arn, permissions.id]).apply(([arn]) => arn);
    this.registerOutputs({ arn: this.arn });
  }
}
