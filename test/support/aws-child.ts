import * as aws from "@pulumi/aws";

import { serveChild } from "../../server/engine/child";
import { NAMES, stampName } from "../../stacks/naming";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
  ],
});

/**
 * A child process for tests of the engine against the emulator. The spec's tags say what the program makes: `bucket`, `role`,
 * and `topic` (in another Region) name one each, and each word of `keys` is the purpose of a protected key.
 */
serveChild(({ kind, accountId, tags }) => () => {
  const provider = new aws.Provider("aws", {
    region: "eu-central-1",
    allowedAccountIds: [accountId],
    defaultTags: { tags: { [NAMES.stampTag]: stampName(kind, accountId) } },
    s3UsePathStyle: true,
  });
  const { bucket, role, topic, keys = "" } = tags;
  for (const purpose of keys.split(" ").filter((word) => word !== "")) {
    new aws.kms.Key(
      `key-${purpose}`,
      {
        description: "of a test",
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        tags: { [NAMES.purposeTag]: purpose },
      },
      { provider, protect: true, retainOnDelete: true },
    );
  }
  if (bucket !== undefined) {
    const made = new aws.s3.Bucket("bucket", { bucket }, { provider });
    new aws.s3.BucketVersioning(
      "versioning",
      { bucket: made.bucket, versioningConfiguration: { status: "Enabled" } },
      { provider },
    );
  }
  if (role !== undefined) {
    new aws.iam.Role("role", { name: role, assumeRolePolicy: TRUST }, { provider });
  }
  if (topic !== undefined) {
    new aws.sns.Topic("topic", { name: topic, region: "eu-west-1" }, { provider });
  }
  return Promise.resolve({});
});
