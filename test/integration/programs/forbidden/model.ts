import type { ApiCall } from "../../../../emulator/calls";
import type { S3Call } from "../../../support/s3";

/** Whoever tries a call, each with the session that it really has. */
export type Who =
  | "the stamper of the member"
  | "the stamper of the vault"
  | "the reader"
  | "the restorer"
  | "the forwarder"
  | "the backup function"
  | "the sweep function"
  | "the restore function"
  | "the drill function"
  | "the rotate function"
  /** A member's, which does the steps. */
  | "the rotation function"
  | "the enroller"
  | "the operator"
  | "the replication"
  | "the service"
  /** A role of the member with AdministratorAccess: the most that somebody who broke in there can have. */
  | "an administrator of the member"
  /** A role with every right in an account outside the organization, of the name and path of a forwarder. */
  | "a stranger";

/** One call: of an API that is spoken to with a body, of S3, or of a function. In the primary Region unless it says so. */
export type Call =
  | {
      readonly api: ApiCall["service"];
      readonly operation: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly region?: string;
    }
  | { readonly s3: S3Call; readonly region?: string }
  | { readonly invoke: string; readonly region?: string };

/** The same, or nearly the same call by somebody who may make it. */
export interface Twin {
  /** `root`: of the account that owns what the call is about. */
  readonly by: Who | "root of the member" | "root of the vault";
  /** Absent: the forbidden call itself. */
  readonly call?: Call;
  /** What it is answered with where that is not success: IAM let it through, and something else ended it. */
  readonly answer?: string;
}

/** A call that must be refused by IAM, and one that must not be: a check that refuses everything proves nothing. */
export interface Forbidden {
  readonly who: Who;
  /** Reads behind "cannot". */
  readonly cannot: string;
  /** What could be done with it. */
  readonly because: string;
  /** What IAM must refuse. Another refusal, or another error, does not count. */
  readonly action: string;
  readonly call: (at: Scene) => Call;
  readonly twin: (at: Scene) => Twin;
}

/** What is there to be attacked, in an organization that was stamped and swept. */
export interface Scene {
  readonly region: string;
  readonly recoveryRegion: string;
  readonly member: string;
  /** A member that is not stamped, with secrets. */
  readonly other: string;
  readonly vault: string;
  readonly organizationId: string;
  /** Name of the bucket of backups, and of its copy in the recovery Region. */
  readonly bucket: string;
  readonly copy: string;
  /** A backup in the bucket: its key and version id. */
  readonly backup: { readonly key: string; readonly versionId: string };
  readonly secretArn: string;
  readonly otherSecretArn: string;
  /** One of the member's that Strongroom rotates. */
  readonly rotatedSecretArn: string;
  readonly memberKeyId: string;
  readonly memberCiphertext: string;
  /** A data key of the backup key's, as it stands in front of an envelope. */
  readonly backupKeyArn: string;
  readonly backupCiphertext: string;
  readonly digestKeyArn: string;
  /** What the members' roles and the operator ask for. */
  readonly membersExternalId: string;
  readonly serviceExternalId: string;
  /** Texts of the policy and the trust that the forwarder has. */
  readonly forwarderPolicy: string;
  readonly forwarderTrust: string;
}
