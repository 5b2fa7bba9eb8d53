import type { Output } from "@pulumi/pulumi";

/** Something of each Region, by its name. */
export type ByRegion<T> = Readonly<Record<string, T>>;

interface Common {
  /** Shape of the outputs; raised when a reader must know of a change. */
  readonly schemaVersion: 1;
  readonly accountId: string;
  readonly organizationId: string;
}

/** What `access-<account>` gives out. */
export interface AccessOutputs extends Common {
  readonly kind: "access";
  /** The role that later runs assume. */
  readonly stamperRoleArn: Output<string>;
  /** The boundary of every role of Strongroom in the account. */
  readonly boundaryArn: Output<string>;
}

export interface BucketOutput {
  readonly name: Output<string>;
  readonly arn: Output<string>;
  readonly region: string;
}

/** What `vault-<account>` gives out. No output is secret: names and ARNs only. */
export interface VaultOutputs extends Common {
  readonly kind: "vault";
  readonly primaryRegion: string;
  readonly recoveryRegion: string;
  /** The key of the backups; the same key material in both Regions. */
  readonly backupKeyArns: ByRegion<Output<string>>;
  /** The key of digests and signatures. */
  readonly digestKeyArns: ByRegion<Output<string>>;
  /** The key of queues, topics and logs. */
  readonly serviceKeyArns: ByRegion<Output<string>>;
  readonly backupBuckets: { readonly primary: BucketOutput; readonly recovery: BucketOutput };
  readonly logBucketNames: ByRegion<Output<string>>;
  /** Roles of the functions, by function: `backup`, `sweep`, `restore`, `drill`. */
  readonly functionRoleArns: Readonly<Record<string, Output<string>>>;
  /** The functions by Region and name; `restore` is in both Regions. */
  readonly functionArns: ByRegion<Readonly<Record<string, Output<string>>>>;
  /** The role that the service calls the functions and reads the reports with. */
  readonly operatorRoleArn: Output<string>;
  readonly replicationRoleArn: Output<string>;
  /** The bus that members send to. */
  readonly eventBusArn: Output<string>;
  readonly workQueueUrl: Output<string>;
  readonly workQueueArn: Output<string>;
  /** Accounts that wait for the sweep function. */
  readonly sweepQueueUrl: Output<string>;
  readonly sweepQueueArn: Output<string>;
  /** Accounts and secrets that wait for the rotate function; absent where no secret is rotated. */
  readonly rotationQueueUrl?: Output<string>;
  readonly failureQueueUrl: Output<string>;
  readonly failureQueueArn: Output<string>;
  /** Topics to subscribe people to. */
  readonly alarmTopicArns: ByRegion<Output<string>>;
  /** Default lock of a backup, days. */
  readonly retentionDays: number;
  readonly lockMode: "GOVERNANCE" | "COMPLIANCE";
}

/** What `member-<account>` gives out. No output is secret: names and ARNs only. */
export interface MemberOutputs extends Common {
  readonly kind: "member";
  readonly environment: string;
  /** The first one holds the primary key. */
  readonly regions: readonly string[];
  /** The key for secrets of the account; the same key material in each Region. */
  readonly keyArns: ByRegion<Output<string>>;
  readonly readerRoleArn: Output<string>;
  readonly restorerRoleArn: Output<string>;
  readonly forwarderRoleArn: Output<string>;
  /** Rules that forward changes of secrets. */
  readonly changeRuleArns: ByRegion<Output<string>>;
  /** Queues of events that the vault's bus did not take. */
  readonly undeliveredQueueUrls: ByRegion<Output<string>>;
  readonly alarmTopicArns: ByRegion<Output<string>>;
  readonly analyzerArns: ByRegion<Output<string>>;
  /** The role that the vault's rotate function takes; absent where no secret is rotated. */
  readonly enrollerRoleArn?: Output<string>;
  /** The functions that rotate; absent where no secret is rotated. */
  readonly rotationFunctionArns?: ByRegion<Output<string>>;
  /** How long a backup of this account is locked, days, and how: the backup function sets it on each object. */
  readonly retentionDays: number;
  readonly lockMode: "GOVERNANCE" | "COMPLIANCE";
}

/** Stack outputs of any kind; a stable set that other programs may read with a StackReference. */
export type Outputs = AccessOutputs | VaultOutputs | MemberOutputs;
