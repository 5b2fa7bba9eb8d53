import { callDoor } from "./calls";
import type { Credentials } from "./identity";

/** What IAM decided about each role and user, by ARN, then by action (`s3:GetObject`). Roots are not among them. */
export interface Decisions {
  /** The Sids of the statements that allowed the action. */
  readonly allowed: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** The resources on which the action was refused. */
  readonly refused: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Has the emulator keep IAM's decisions from now on, what it kept before forgotten; or keep no more. */
export async function keepDecisions(endpoint: string, keep: boolean): Promise<void> {
  await callDoor(endpoint, "PUT", "/_strongroom/decisions", { keep });
}

/** The decisions that were kept. */
export async function keptDecisions(endpoint: string): Promise<Decisions> {
  return callDoor<Decisions>(endpoint, "GET", "/_strongroom/decisions");
}

/**
 * A session of a role as the AWS service that it trusts gets one, for trying what that role may not do. Throws
 * `EMULATOR_FAILED` for a role that is not there or trusts no service.
 */
export async function sessionForService(endpoint: string, roleArn: string): Promise<Credentials> {
  const { AccessKeyId, SecretAccessKey, SessionToken } = await callDoor<{
    AccessKeyId: string;
    SecretAccessKey: string;
    SessionToken: string;
  }>(endpoint, "POST", "/_strongroom/session", { roleArn });
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
}
