import { randomBytes } from "node:crypto";

import { mustCallAsRoot } from "../emulator/calls";

/** How a secret is looked at from outside: its name, and its value as text to compare. Never to be printed. */
export type Values = ReadonlyMap<string, string>;

/**
 * What the people of an account do with their secrets, for better or worse, and what they see. As the account's root: none
 * of Strongroom's roles may do any of it.
 */
export class AccountOwner {
  constructor(
    private readonly endpoint: string,
    readonly accountId: string,
  ) {}

  /** The current values of the account's secrets in a Region. */
  async values(region: string): Promise<Values> {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = (await this.call(region, "ListSecrets", { NextToken })) as {
        SecretList: { Name: string }[];
        NextToken?: string;
      };
      names.push(...page.SecretList.map(({ Name }) => Name));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    const values = new Map<string, string>();
    for (const name of names.toSorted()) values.set(name, await this.value(region, name));
    return values;
  }

  async value(region: string, name: string): Promise<string> {
    const { SecretString, SecretBinary } = await this.call(region, "GetSecretValue", {
      SecretId: name,
    });
    return JSON.stringify({ SecretString, SecretBinary });
  }

  /** Writes a new value over the current one. */
  async change(region: string, name: string): Promise<void> {
    const SecretString = randomBytes(24).toString("base64");
    await this.call(region, "PutSecretValue", { SecretId: name, SecretString });
  }

  /** At once and for good: no recovery window. */
  async destroy(region: string, name: string): Promise<void> {
    await this.call(region, "DeleteSecret", { SecretId: name, ForceDeleteWithoutRecovery: true });
  }

  private async call(
    region: string,
    operation: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { accountId } = this;
    const call = { accountId, service: "secretsmanager", region, operation, parameters } as const;
    return (await mustCallAsRoot(this.endpoint, call)).json;
  }
}
