import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Client } from "pg";

import { mustCallAsRoot, type ApiCall } from "../../../emulator/calls";
import { parseKey } from "../../../lambdas/core/keys";
import { startLocalPostgres } from "../../../server/store/local-postgres";
import { bucketName, NAMES } from "../../../stacks/naming";
import { drawCanary, drawMark, findCanaries } from "../../support/canary";
import type { Product } from "../../support/product";

/** Where the emulator keeps the secrets themselves: they stand there as they stand in Secrets Manager. */
const STORE_OF_SECRETS = /^emulator\/services\/secretsmanager\.json$/;

/**
 * Canaries in every place of a member's secrets that holds a value, and the search for them afterwards in everything that
 * the product, the functions and the emulator have written.
 */
export class Secrecy {
  readonly canaries: string[] = [];
  private readonly mark = drawMark();
  private readonly collected: string;

  constructor(
    private readonly product: Product,
    private readonly member: string,
  ) {
    this.collected = path.join(product.folder, "collected");
    mkdirSync(this.collected, { recursive: true });
  }

  private draw(): string {
    const canary = drawCanary(this.mark);
    this.canaries.push(canary);
    return canary;
  }

  private async root(
    accountId: string,
    service: ApiCall["service"],
    operation: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { endpoint, organization } = this.product.emulator;
    const call = { accountId, region: organization.region, service, operation, parameters };
    return (await mustCallAsRoot(endpoint, call)).json;
  }

  private asMember(operation: string, parameters: Readonly<Record<string, unknown>>) {
    return this.root(this.member, "secretsmanager", operation, parameters);
  }

  /** A text, the key of a JSON text, bytes, a long text, and versions with each of the labels. */
  async plant(): Promise<void> {
    const create = (Name: string, value: Readonly<Record<string, string>>) =>
      this.asMember("CreateSecret", { Name, KmsKeyId: NAMES.memberKeyAlias, ...value });
    await create("canary/text", { SecretString: this.draw() });
    await create("canary/json", {
      SecretString: JSON.stringify({ user: "app", password: this.draw() }),
    });
    await create("canary/bytes", {
      SecretBinary: Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from(this.draw())]).toString(
        "base64",
      ),
    });
    await create("canary/long", { SecretString: this.draw() + "x".repeat(60_000) + this.draw() });
    await create("canary/versions", { SecretString: this.draw() });
    const put = (VersionStages: readonly string[]) =>
      this.asMember("PutSecretValue", {
        SecretId: "canary/versions",
        SecretString: this.draw(),
        VersionStages,
      });
    await put(["AWSCURRENT"]);
    await put(["AWSPENDING"]);
    await put(["of-our-own"]);
  }

  /** Gives a secret another value, so that a restore of the one before is a restore. */
  async change(SecretId: string): Promise<void> {
    await this.asMember("PutSecretValue", { SecretId, SecretString: this.draw() });
  }

  async destroy(SecretId: string): Promise<void> {
    await this.asMember("DeleteSecret", { SecretId, ForceDeleteWithoutRecovery: true });
  }

  /** Disables the member's key, or enables it again. */
  async useKey(enabled: boolean): Promise<void> {
    const { KeyMetadata } = await this.root(this.member, "kms", "DescribeKey", {
      KeyId: NAMES.memberKeyAlias,
    });
    const { KeyId } = KeyMetadata as { KeyId: string };
    await this.root(this.member, "kms", enabled ? "EnableKey" : "DisableKey", { KeyId });
  }

  private s3(): { readonly client: S3Client; readonly Bucket: string } {
    const { organization, endpoint } = this.product.emulator;
    const { vaultAccountId, region, id } = organization;
    const client = new S3Client({
      region,
      endpoint,
      credentials: this.product.emulator.credentialsOf(vaultAccountId),
      forcePathStyle: true,
    });
    return { client, Bucket: bucketName("backup", vaultAccountId, region, id) };
  }

  /** Changes a bit of every backup of a secret. Answers how many there are. */
  async tamper(name: string): Promise<number> {
    const { client, Bucket } = this.s3();
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: `${this.member}/` }),
    );
    let changed = 0;
    for (const { Key = "" } of Contents) {
      const object = parseKey(Key);
      if (object?.kind !== "value" || object.place.name !== name) continue;
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
      await client.send(new PutObjectCommand({ Bucket, Key, Body: bytes }));
      changed += 1;
    }
    client.destroy();
    return changed;
  }

  /** Keeps a text that somebody was shown, for the search. */
  keep(name: string, text: string): void {
    writeFileSync(path.join(this.collected, name), text);
  }

  /** Everything that the service answers to somebody who may see most, as JSON or as a stream of events. */
  async ask(addresses: readonly string[], accept = "application/json"): Promise<void> {
    const token = this.product.token("approver");
    for (const address of addresses) {
      const response = await fetch(`${this.product.url}${address}`, {
        headers: { authorization: `Bearer ${token}`, accept },
      });
      this.keep(`answer-${`${accept} ${address}`.replace(/\W+/g, "-")}`, await response.text());
    }
  }

  /** Writes every row of every table into a file, when the service has ended. */
  async dumpDatabase(): Promise<number> {
    const server = await startLocalPostgres(this.product.stateDir, () => undefined);
    const client = new Client({ connectionString: server.connectionString });
    let rows = 0;
    try {
      await client.connect();
      const tables = await client.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
         where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
      );
      for (const { name } of tables.rows) {
        const all = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
        rows += all.rows.length;
        this.keep(`table-${name}`, all.rows.map(({ row }) => row).join("\n"));
      }
    } finally {
      await client.end();
      await server.stop();
    }
    return rows;
  }

  /** Looks into all files of the product's folder. The emulator and the service have ended by then. */
  search(): { readonly files: number; readonly hits: readonly string[] } {
    return findCanaries(this.product.folder, this.canaries, (file) => STORE_OF_SECRETS.test(file));
  }

  /** The same for the one place where they must be, so that the search is known to be able to find them. */
  searchStore(): readonly string[] {
    return findCanaries(this.product.folder, this.canaries, (file) => !STORE_OF_SECRETS.test(file))
      .hits;
  }
}
