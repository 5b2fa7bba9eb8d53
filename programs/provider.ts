import * as aws from "@pulumi/aws";
import * as awsNative from "@pulumi/aws-native";

import { AppError } from "../stacks/errors";
import { NAMES, stampName } from "../stacks/naming";
import type { Connection, StackSpec } from "../stacks/spec";
import { stampTags } from "../stacks/stamp-tags";

/**
 * The one provider of a stamp. It refuses to work in any account but the stamp's: a wrong credential changes nothing.
 * Resources say their Region themselves; `region` here is where the provider's own calls go.
 */
export function accountProvider(
  spec: StackSpec,
  connection: Connection,
  region: string,
): aws.Provider {
  return new aws.Provider("aws", {
    region: region as aws.Region,
    allowedAccountIds: [spec.accountId],
    assumeRoles: connection.assumeRoles.map((role) => ({
      roleArn: role.roleArn,
      sessionName: role.sessionName,
      duration: `${role.durationSeconds}s`,
      ...(role.externalId === undefined ? {} : { externalId: role.externalId }),
    })),
    defaultTags: { tags: stampTags(spec) },
    s3UsePathStyle: connection.s3UsePathStyle,
  });
}

/**
 * A Cloud Control provider for one Region of a stamp: its resources have no `region` of their own. It assumes one role, not
 * a chain; the stamper is reached with one, so more than one is a mistake in the connection.
 */
export function cloudControlProvider(
  spec: StackSpec,
  connection: Connection,
  region: string,
): awsNative.Provider {
  const [role, ...more] = connection.assumeRoles;
  if (more.length > 0) {
    throw new AppError(
      "SPEC_INVALID",
      `The connection of ${stampName(spec.kind, spec.accountId)} assumes ${connection.assumeRoles.length} roles; Cloud Control can assume one`,
      {
        action: `Reach the account through ${NAMES.stamperRole} alone.`,
        problems: [{ pointer: "/assumeRoles", message: "only one role can be assumed here" }],
      },
    );
  }
  return new awsNative.Provider(`aws-native-${region}`, {
    region: region as awsNative.Region,
    allowedAccountIds: [spec.accountId],
    ...(role === undefined
      ? {}
      : {
          assumeRole: {
            roleArn: role.roleArn,
            sessionName: role.sessionName,
            durationSeconds: role.durationSeconds,
            ...(role.externalId === undefined ? {} : { externalId: role.externalId }),
          },
        }),
  });
}
