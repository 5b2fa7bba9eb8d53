import type { Member } from "../model";
import type { BackupSource } from "../restore/backups";
import type { Clock, Log, Metrics, SecretReader, SecretWriter, VaultBucket } from "../ports";

/**
 * The secrets below the drills' name space, in one Region of the vault account: the only ones that the drill's role can
 * make, read and delete.
 */
export interface DrillSpace {
  readonly writer: SecretWriter;
  readonly reader: Pick<SecretReader, "list" | "describe" | "value">;
  /** At once and for good. One that is not there is no error. */
  remove(secretId: string): Promise<void>;
}

/** A call that must be refused. It is one that does no harm where it is not. */
export interface Probe {
  readonly role: string;
  readonly call: string;
  /** Whether AWS refused it for want of a permission. Throws FunctionError where that cannot be said. */
  refused(): Promise<boolean>;
}

/** What the probes are about: any member, and a secret of it where one is kept. */
export interface ProbeTarget {
  readonly accountId: string;
  readonly region: string;
  readonly secretArn: string;
}

export interface DrillPorts {
  readonly organizationId: string;
  readonly vaultAccountId: string;
  readonly primaryRegion: string;
  readonly recoveryRegion: string;
  readonly source: (fromRecoveryRegion: boolean) => BackupSource;
  readonly space: (region: string) => DrillSpace;
  readonly probes: (target: ProbeTarget) => readonly Probe[];
  /** The members as the last sweep over all of them was told: whom a scheduled drill is about. */
  readonly fleet: () => Promise<readonly Member[]>;
  /** Takes the report. */
  readonly reports: Pick<VaultBucket, "write">;
  readonly metrics: Pick<Metrics, "drill">;
  readonly clock: Clock;
  readonly log: Log;
}
