import { createHash, createHmac } from "node:crypto";

import type { Tags } from "../stacks/spec";
import type { Static } from "typebox";
import {
  unitPaths,
  type OrganizationFile,
  type SecretTemplate,
  type SeedAccount,
  type SeedUnit,
} from "./organization-file";

export interface WorldUnit {
  readonly id: string;
  readonly name: string;
  /** `/workloads/prod/`, as Organizations writes it. */
  readonly path: string;
  readonly parentId: string;
  readonly tags: Static<typeof Tags>;
}

export interface WorldAccount {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly status: "ACTIVE" | "SUSPENDED";
  readonly parentId: string;
  readonly accessBroken: boolean;
  readonly tags: Static<typeof Tags>;
  readonly secrets: readonly SecretTemplate[];
}

/** An organization with all its ids, ready to be seeded. The same file and count give the same world, to the letter. */
export interface World {
  readonly units: readonly WorldUnit[];
  readonly accounts: readonly WorldAccount[];
}

/**
 * Works out the organization of a seed file with `memberCount` members; without one, exactly those of the file. Members
 * are all accounts but the management account, the delegated administrator and the vault; what the file has too few of
 * is generated, what it has too many of is kept.
 */
export function buildWorld(file: OrganizationFile, memberCount?: number): World {
  const tree = file.units as readonly SeedUnit[];
  const unitTags = new Map(unitEntries(tree));
  const idOf = (path: string): string => unitId(file.rootId, path);
  const units = unitPaths(tree).map((path): WorldUnit => {
    const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : undefined;
    return {
      id: idOf(path),
      name: path.split("/").at(-1) ?? path,
      path: `/${path}/`,
      parentId: above === undefined ? file.rootId : idOf(above),
      tags: unitTags.get(path) ?? {},
    };
  });
  const special = 3;
  const missing = Math.max(0, (memberCount ?? 0) - (file.accounts.length - special));
  const accounts = [...file.accounts, ...generatedAccounts(file, missing)].map(
    (account): WorldAccount => ({
      id: account.id,
      name: account.name,
      email: `aws+${account.id}@example.com`,
      status: account.status ?? "ACTIVE",
      parentId: account.unit === undefined ? file.rootId : idOf(account.unit),
      accessBroken: account.access === "broken",
      tags: account.tags ?? {},
      secrets: (account.secrets ?? []).flatMap((set) =>
        (file.secretSets[set] ?? []).map((secret) => ({
          ...secret,
          name: secret.name.replaceAll("{account}", account.name),
        })),
      ),
    }),
  );
  return { units, accounts };
}

function* unitEntries(
  units: readonly SeedUnit[],
  above = "",
): Generator<[string, Static<typeof Tags>]> {
  for (const unit of units) {
    const path = above === "" ? unit.name : `${above}/${unit.name}`;
    yield [path, unit.tags ?? {}];
    yield* unitEntries(unit.units ?? [], path);
  }
}

/** An organizational unit's id, the same for the same path: `ou-demo-1a2b3c4d`. */
export function unitId(rootId: string, path: string): string {
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return `ou-${rootId.slice("r-".length)}-${digest}`;
}

function generatedAccounts(file: OrganizationFile, count: number): SeedAccount[] {
  const { idPrefix, names, units } = file.generated;
  return Array.from({ length: count }, (_, index): SeedAccount => {
    const place = units[index % units.length] as (typeof units)[number];
    const product = names[Math.floor(index / units.length) % names.length] ?? "account";
    const number = Math.floor(index / (units.length * names.length)) + 1;
    return {
      id: `${idPrefix}${String(index + 1).padStart(12 - idPrefix.length, "0")}`,
      name: `${product}-${String(number).padStart(3, "0")}-${place.environment}`,
      unit: place.unit,
      tags: { environment: place.environment, product },
      secrets: place.secrets,
    };
  });
}

/** A secret's drawn content, as `CreateSecret` takes it. */
export type DrawnValue = { readonly SecretString: string } | { readonly SecretBinary: string };

/**
 * Draws the value of a secret. The same seed, account and name give the same value, so that a test can know what a
 * restore must bring back; without the seed it cannot be guessed.
 */
export function drawValue(seed: string, accountId: string, secret: SecretTemplate): DrawnValue {
  const bytes = (label: string, length: number): Buffer => {
    const blocks: Buffer[] = [];
    for (let block = 0; block * 32 < length; block += 1) {
      const input = `${accountId}\0${secret.name}\0${label}\0${block}`;
      blocks.push(createHmac("sha256", seed).update(input).digest());
    }
    return Buffer.concat(blocks).subarray(0, length);
  };
  const text = (label: string, length: number): string =>
    bytes(label, length).toString("base64url").slice(0, length);
  const { value } = secret;
  switch (value.kind) {
    case "json":
      return {
        SecretString: JSON.stringify(
          Object.fromEntries(value.fields.map((field) => [field, fieldValue(field, text)])),
        ),
      };
    case "text":
      return { SecretString: text("text", value.length) };
    case "binary":
      return { SecretBinary: bytes("binary", value.length).toString("base64") };
    case "blank":
      return { SecretString: " " };
  }
}

function fieldValue(field: string, text: (label: string, length: number) => string): unknown {
  if (field === "engine") return "postgres";
  if (field === "port") return 5432;
  if (field === "host") return `db-${text(field, 6).toLowerCase()}.internal`;
  return text(field, 32);
}
