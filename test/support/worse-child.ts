import * as pulumi from "@pulumi/pulumi";

import { programOf } from "../../programs/program";
import { serveChild } from "../../server/engine/child";

/** What a careless change to a program would do, by resource type: rotation off, everybody let in, a lock taken away. */
const WORSE: Readonly<Record<string, (props: Record<string, unknown>) => Record<string, unknown>>> =
  {
    "aws:kms/key:Key": (props) => ({ ...props, enableKeyRotation: false }),
    "aws:iam/role:Role": (props) => ({
      ...props,
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
      }),
    }),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": (props) => ({
      ...props,
      rule: undefined,
    }),
  };

/**
 * The child process of a service whose programs somebody made worse. The vault's access stamp is left as it is, so that
 * there is a stamper with which its vault can be previewed.
 */
serveChild((spec, connection) => async () => {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    const worse =
      spec.kind === "access" && spec.accountId === spec.vaultAccountId ? undefined : WORSE[type];
    return worse === undefined ? undefined : { props: worse(props), opts };
  });
  return programOf(spec, connection)();
});
