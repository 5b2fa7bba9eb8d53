import { paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";

import { AccountOwner } from "../../../demo/account-owner";
import { parseKey } from "../../../lambdas/core/keys";
import type { FleetCoverage } from "../../../server/vault-ports";
import { bucketName } from "../../../stacks/naming";
import { failuresOf, Product, type CliAnswer } from "../../support/product";
import { rootOf } from "../emulator/support";

import { until } from "../../support/until-answer";

export { until };

/** The product with a stamped vault and stamped members, and what a test looks at from outside. */
export class KeptWorld {
  static async start(): Promise<KeptWorld> {
    return new KeptWorld(await Product.start());
  }

  private constructor(readonly product: Product) {}

  get organization() {
    return this.product.emulator.organization;
  }

  async stamp(members: readonly string[]): Promise<void> {
    const accounts = [this.organization.vaultAccountId, ...members];
    expect(failuresOf(await this.product.run({ operation: "up", target: { accounts } }))).to.be
      .empty;
  }

  owner(accountId: string): AccountOwner {
    return new AccountOwner(this.product.emulator.endpoint, accountId);
  }

  /** Calls of an account's root to Secrets Manager. */
  secrets(accountId: string, region = this.organization.region) {
    const root = rootOf(this.product.emulator, accountId, region);
    return (operation: string, parameters: Readonly<Record<string, unknown>>) =>
      root.must("secretsmanager", operation, parameters).then(({ json }) => json);
  }

  /** The command line, which must succeed; its answer as JSON. */
  async json<T>(...argv: string[]): Promise<T> {
    const answer = await this.product.cli(...argv, "--json");
    expect(answer.code, answer.err + answer.out).to.equal(0);
    return JSON.parse(answer.out) as T;
  }

  coverage(): Promise<FleetCoverage> {
    return this.json<FleetCoverage>("coverage");
  }

  /** A restore that is planned and written by one command. */
  restore(...argv: string[]): Promise<CliAnswer> {
    return this.product.cli("restore", ...argv, "--write", "--yes", "--reason", "proof");
  }

  /** Version ids and the number of manifests that the vault's bucket holds of a secret. */
  async kept(accountId: string, name: string) {
    const { emulator } = this.product;
    const { vaultAccountId, region, id } = this.organization;
    const client = new S3Client({
      endpoint: emulator.endpoint,
      region,
      credentials: emulator.credentialsOf(vaultAccountId),
      forcePathStyle: true,
    });
    const found = { versionIds: new Set<string>(), manifests: 0 };
    const Bucket = bucketName("backup", vaultAccountId, region, id);
    const Prefix = `${accountId}/${region}/${encodeURIComponent(name)}/`;
    for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
      for (const { Key = "" } of page.Contents ?? []) {
        const object = parseKey(Key);
        if (object?.kind === "value") found.versionIds.add(object.versionId);
        if (object?.kind === "manifest") found.manifests += 1;
      }
    }
    return found;
  }

  /** Waits until a version is kept, by its event alone. */
  async keptByEvent(accountId: string, name: string, versionId: string): Promise<void> {
    await until(`the backup of ${name}`, async () =>
      (await this.kept(accountId, name)).versionIds.has(versionId) ? true : undefined,
    );
  }

  /** Makes a secret and waits until its event has it kept. The version's id. */
  async make(accountId: string, name: string, SecretString: string): Promise<string> {
    const made = await this.secrets(accountId)("CreateSecret", { Name: name, SecretString });
    await this.keptByEvent(accountId, name, String(made["VersionId"]));
    return String(made["VersionId"]);
  }
}
