import { placeOfArn } from "../../../lambdas/core/arn";
import type { RestoreAnswer, RestoreItem, RestoreRequest } from "../../../lambdas/model";
import { restore, type RestorePorts } from "../../../lambdas/restore/restore";
import { backupSecret } from "../../../lambdas/work/backup-secret";

import { FakeBucket } from "./fake-bucket";
import { ACCOUNT, FakeVault, member } from "./fake-vault";

/** A vault in memory with the copy of its bucket in the recovery Region, and what the restore function asks of it. */
export class RestoringVault extends FakeVault {
  readonly recoveryBucket = new FakeBucket(this.clock);
  readonly recoveryEnvelope = this.envelope.replica();
  /** What is left of each invocation's time. */
  remainingMs = () => 900_000;

  ports(): RestorePorts {
    return {
      organizationId: this.organizationId,
      source: (fromRecoveryRegion) =>
        fromRecoveryRegion
          ? { bucket: this.recoveryBucket, envelope: this.recoveryEnvelope }
          : { bucket: this.bucket, envelope: this.envelope },
      members: () => this.members,
      clock: this.clock,
      log: this.log,
    };
  }

  /** Backs up one secret as it is now; a second passes before and after. */
  async keep(arn: string): Promise<void> {
    const { accountId, region, name } = placeOfArn(arn)!;
    this.clock.pass(1);
    await backupSecret(this, member({ accountId }), { accountId, region, name, secretId: arn });
    this.clock.pass(1);
  }

  /** Copies the bucket, as S3 does. */
  replicate(): void {
    for (const [key, object] of this.bucket.objects) this.recoveryBucket.objects.set(key, object);
  }

  plan(changes: Partial<RestoreRequest> = {}): Promise<RestoreAnswer> {
    return restore(request(changes), this.ports(), this.remainingMs);
  }

  write(planDigest: string, changes: Partial<RestoreRequest> = {}): Promise<RestoreAnswer> {
    const order = { ...request(changes), order: "write" as const, planDigest };
    return restore(order, this.ports(), this.remainingMs);
  }

  /** Plans, then writes what was planned, in as many calls as it takes. */
  async restore(changes: Partial<RestoreRequest> = {}): Promise<RestoreItem[]> {
    const { planDigest } = await this.plan(changes);
    const items: RestoreItem[] = [];
    let after: string | undefined;
    do {
      const answer = await this.write(planDigest, {
        ...changes,
        ...(after === undefined ? {} : { after }),
      });
      items.push(...answer.items);
      after = answer.next;
    } while (after !== undefined);
    return items;
  }
}

/** An order to plan a restore of everything of the account in its place, with the differences given. */
export function request(changes: Partial<RestoreRequest> = {}): RestoreRequest {
  return {
    order: "plan",
    selection: { accountIds: [ACCOUNT] },
    point: { at: "newest" },
    destination: {},
    fromRecoveryRegion: false,
    overwriteNewer: false,
    ...changes,
  };
}
