import { LambdaClient } from "@aws-sdk/client-lambda";
import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";

import { callAsRoot, mustCallAsRoot, type ApiAnswer, type ApiCall } from "../../../emulator/calls";
import type { Credentials } from "../../../emulator/identity";
import { parseKey } from "../../../lambdas/core/keys";
import type { Member, RestoreItem, RestoreRequest } from "../../../lambdas/model";
import { createVaultAdapter } from "../../../server/vault/adapter";
import { memberOf } from "../../../server/runs/jobs";
import type { VaultPort } from "../../../server/vault-ports";
import { bucketName } from "../../../stacks/naming";
import { EXTERNAL_ID, type World } from "./world";

import { until } from "../../support/until-answer";

export { until };

/** A value that is kept: its object, and the secret whose it is. */
export interface Kept {
  readonly key: string;
  readonly versionId: string;
  readonly name: string;
}

/** What is done with a stamped vault: through the service's own door, with the operator's session. */
export class Work {
  readonly vault: VaultPort;

  constructor(
    private readonly world: World,
    operator: Credentials,
  ) {
    const { vaultId, region } = world;
    const { id, recoveryRegion } = world.emulator.organization;
    const settings = {
      organizationId: id,
      accountId: vaultId,
      primaryRegion: region,
      recoveryRegion,
      externalId: EXTERNAL_ID,
    };
    const at = (region: string) => ({
      region,
      endpoint: world.emulator.endpoint,
      credentials: operator,
      maxAttempts: 1,
    });
    const s3 = new S3Client({ ...at(region), forcePathStyle: true });
    this.vault = createVaultAdapter({
      settings: () => Promise.resolve(settings),
      s3UsePathStyle: true,
      clients: () => ({
        settings,
        s3,
        bucket: this.bucket,
        lambda: (place) => new LambdaClient(at(place === "primary" ? region : recoveryRegion)),
      }),
    });
  }

  get bucket(): string {
    const { vaultId, region, emulator } = this.world;
    return bucketName("backup", vaultId, region, emulator.organization.id);
  }

  get member(): Member {
    return memberOf(this.world.member());
  }

  /** Everything that is kept of the member, versions of objects included. */
  async objects(): Promise<{ readonly key: string; readonly versionId: string }[]> {
    const { emulator, region, vaultId, memberId } = this.world;
    const client = new S3Client({
      region,
      endpoint: emulator.endpoint,
      credentials: emulator.credentialsOf(vaultId),
      forcePathStyle: true,
    });
    const input = { Bucket: this.bucket, Prefix: `${memberId}/` };
    const { Versions = [] } = await client.send(new ListObjectVersionsCommand(input));
    client.destroy();
    return Versions.map(({ Key = "", VersionId = "" }) => ({ key: Key, versionId: VersionId }));
  }

  /** The values that are kept, of one secret or of all. */
  async kept(name?: string): Promise<Kept[]> {
    return (await this.objects()).flatMap(({ key, versionId }) => {
      const object = parseKey(key);
      if (object?.kind !== "value") return [];
      const kept = { key, versionId, name: object.place.name };
      return name === undefined || name === kept.name ? [kept] : [];
    });
  }

  /** A call of Secrets Manager by the member's root; it may be answered with an error. */
  asMember(operation: string, parameters: Record<string, unknown>): Promise<ApiAnswer> {
    return callAsRoot(this.world.emulator.endpoint, this.rootCall(operation, parameters));
  }

  /** The same for a call that must succeed. */
  async mustAsMember(
    operation: string,
    parameters: Record<string, unknown>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const call = this.rootCall(operation, parameters);
    return (await mustCallAsRoot(this.world.emulator.endpoint, call)).json;
  }

  /** A call of another service of the member by its root, which must succeed. */
  async mustAsMemberAt(
    service: ApiCall["service"],
    operation: string,
    parameters: Record<string, unknown>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { memberId: accountId, region, emulator } = this.world;
    const call = { accountId, service, region, operation, parameters };
    return (await mustCallAsRoot(emulator.endpoint, call)).json;
  }

  private rootCall(operation: string, parameters: Record<string, unknown>) {
    const { memberId: accountId, region } = this.world;
    return { accountId, service: "secretsmanager", region, operation, parameters } as const;
  }

  /** Has the account swept, and waits until every version that was found missing is kept. */
  async sweep(): Promise<void> {
    await this.vault.sweepAccount({ member: this.member, backup: true });
    await until("the backup of every secret", async () => {
      const { covered, secrets } = await this.vault.sweepAccount({
        member: this.member,
        backup: false,
      });
      return covered === secrets ? true : undefined;
    });
  }

  /** Plans a restore of the member's secrets and writes it as planned. */
  async restore(
    changes: Partial<Omit<RestoreRequest, "order" | "selection">> & { readonly name: string },
  ): Promise<readonly RestoreItem[]> {
    const { name, ...rest } = changes;
    const request: Omit<RestoreRequest, "order"> = {
      selection: { accountIds: [this.world.memberId], name, region: this.world.region },
      point: { at: "newest" },
      destination: {},
      fromRecoveryRegion: false,
      overwriteNewer: false,
      ...rest,
    };
    const { planDigest } = await this.vault.restorePlan({ order: "plan", ...request });
    const { items } = await this.vault.restoreWrite(
      { order: "write", ...request, planDigest },
      () => undefined,
    );
    return items;
  }
}
