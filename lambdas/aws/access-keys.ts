import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  type IAMClientConfig,
  paginateListAccessKeys,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from "@aws-sdk/client-sts";

import { FunctionError } from "../ports";
import type { AccessKey, AccessKeys } from "../rotation/rotators/ports";

import { awsErrorName, fromAws } from "./errors";

/** Answers of STS about a key that it does not know, or not yet. */
const UNKNOWN_KEY = new Set(["InvalidClientTokenId", "SignatureDoesNotMatch"]);

type ClientSettings = IAMClientConfig & STSClientConfig;

/** Access keys of the account's users over IAM. `settings` are those of the clients, without credentials. */
export function createAccessKeys(settings: ClientSettings): AccessKeys {
  const iam = new IAMClient(settings);
  return {
    list: async (userName) => {
      const keys: AccessKey[] = [];
      try {
        for await (const page of paginateListAccessKeys({ client: iam }, { UserName: userName })) {
          for (const { AccessKeyId, CreateDate } of page.AccessKeyMetadata ?? []) {
            if (AccessKeyId !== undefined) {
              keys.push({ id: AccessKeyId, createdAt: CreateDate ?? new Date(0) });
            }
          }
        }
      } catch (error) {
        throw fromAws("iam:ListAccessKeys", userName, error);
      }
      return keys;
    },
    create: async (userName) => {
      try {
        const { AccessKey: key } = await iam.send(
          new CreateAccessKeyCommand({ UserName: userName }),
        );
        return { id: key?.AccessKeyId ?? "", secret: key?.SecretAccessKey ?? "" };
      } catch (error) {
        if (awsErrorName(error) === "LimitExceededException") {
          throw new FunctionError(
            "ROTATION_NO_ROOM",
            `${userName} has two access keys already. Take away the one that is not used`,
            false,
            { cause: error },
          );
        }
        throw fromAws("iam:CreateAccessKey", userName, error);
      }
    },
    remove: async (userName, id) => {
      try {
        await iam.send(new DeleteAccessKeyCommand({ UserName: userName, AccessKeyId: id }));
      } catch (error) {
        if (awsErrorName(error) === "NoSuchEntityException") return;
        throw fromAws("iam:DeleteAccessKey", userName, error);
      }
    },
    ownerOf: async ({ id, secret }) => {
      const sts = new STSClient({
        ...settings,
        credentials: { accessKeyId: id, secretAccessKey: secret },
      });
      try {
        return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
      } catch (error) {
        if (UNKNOWN_KEY.has(awsErrorName(error) ?? "")) return undefined;
        throw fromAws("sts:GetCallerIdentity", id, error);
      } finally {
        sts.destroy();
      }
    },
  };
}
