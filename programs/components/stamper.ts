import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { NAMES } from "../../stacks/naming";
import { documentText, type PolicyDocument } from "../iam/document";

export interface StamperArgs {
  readonly boundary: PolicyDocument;
  /** The stamper's permissions by part; each becomes a managed policy. */
  readonly permissions: Readonly<Record<string, PolicyDocument>>;
  readonly trust: PolicyDocument;
  /** Longest session, seconds. */
  readonly sessionSeconds: number;
}

/** The role that all later runs use, below the boundary that it can neither change nor leave. */
export class Stamper extends pulumi.ComponentResource {
  /** Known only when the role has all its permissions. */
  readonly roleArn: pulumi.Output<string>;
  readonly boundaryArn: pulumi.Output<string>;

  constructor(name: string, args: StamperArgs, opts?: pulumi.ComponentResourceOptions) {
    super("strongroom:access:Stamper", name, {}, opts);
    const boundary = this.createPolicy(
      `${name}-boundary`,
      NAMES.boundaryPolicy,
      "The most that any role of Strongroom can do",
      args.boundary,
    );
    const role = this.createRole(name, args, boundary.arn);
    const attachments = Object.entries(args.permissions).map(([part, document]) => {
      const permissions = this.createPolicy(
        `${name}-${part}`,
        `${NAMES.stamperPolicyPrefix}${part}`,
        `What Strongroom's stamper may do: ${part}`,
        document,
      );
      return new aws.iam.RolePolicyAttachment(
        `${name}-${part}-attachment`,
        { role: role.name, policyArn: permissions.arn },
        { parent: this },
      );
    });
    this.boundaryArn = boundary.arn;
    this.roleArn = pulumi
      .all([role.arn, pulumi.all(attachments.map((attachment) => attachment.id))])
      .apply(([arn]) => arn);
    this.registerOutputs({ roleArn: this.roleArn, boundaryArn: this.boundaryArn });
  }

  private createPolicy(
    name: string,
    policyName: string,
    description: string,
    document: PolicyDocument,
  ): aws.iam.Policy {
    return new aws.iam.Policy(
      name,
      {
        name: policyName,
        path: NAMES.iamPath,
        description,
        policy: documentText("managed", document),
      },
      { parent: this },
    );
  }

  private createRole(
    name: string,
    args: StamperArgs,
    boundaryArn: pulumi.Input<string>,
  ): aws.iam.Role {
    return new aws.iam.Role(
      `${name}-role`,
      {
        name: NAMES.stamperRole,
        path: NAMES.iamPath,
        description: "Stamps this account for Strongroom; used by the service alone",
        assumeRolePolicy: documentText("trust", args.trust),
        permissionsBoundary: boundaryArn,
        maxSessionDuration: args.sessionSeconds,
      },
      { parent: this },
    );
  }
}
