import { readFile } from "node:fs/promises";
import path from "node:path";

import { Ajv } from "ajv";
import { Type, type Static } from "typebox";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";

import { AppError, type Problem } from "../stacks/errors";
import { AccountId, ExternalId, OrganizationId, Region, Tags } from "../stacks/spec";
import { emulatorFolder } from "./files";

const strict = { additionalProperties: false } as const;
const Name = Type.String({ pattern: "^[\\w+=,.@-]{1,64}$" });
const UnitPath = Type.String({ pattern: "^[a-z0-9-]+(/[a-z0-9-]+)*$" });

/** What is drawn as a secret's value. Lengths are characters, or bytes for `binary`. */
const SecretValue = Type.Union([
  Type.Object(
    { kind: Type.Literal("json"), fields: Type.Array(Type.String(), { uniqueItems: true }) },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Union([Type.Literal("text"), Type.Literal("binary")]),
      length: Type.Integer({ minimum: 1, maximum: 65536 }),
    },
    strict,
  ),
  Type.Object({ kind: Type.Literal("blank") }, strict),
]);

const SecretTemplate = Type.Object(
  {
    /** `{account}` stands for the account's name. */
    name: Type.String({ minLength: 1, maxLength: 512, pattern: "^[\\w/+=.@{}-]+$" }),
    description: Type.Optional(Type.String({ maxLength: 2048 })),
    value: SecretValue,
    /** `customer`: encrypted with a key of the account; otherwise with Secrets Manager's own. */
    key: Type.Optional(Type.Literal("customer")),
    rotationDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365 })),
    tags: Type.Optional(Tags),
  },
  strict,
);

const Unit = Type.Cyclic(
  {
    Unit: Type.Object(
      {
        name: Type.String({ pattern: "^[a-z0-9-]{1,64}$" }),
        tags: Type.Optional(Tags),
        units: Type.Optional(Type.Array(Type.Ref("Unit"))),
      },
      strict,
    ),
  },
  "Unit",
);

const SeedAccount = Type.Object(
  {
    id: AccountId,
    name: Type.String({ minLength: 1, maxLength: 50 }),
    /** Path of its organizational unit; the root when it is left out. */
    unit: Type.Optional(UnitPath),
    status: Type.Optional(Type.Union([Type.Literal("ACTIVE"), Type.Literal("SUSPENDED")])),
    /** `broken`: its administrator's role trusts somebody else, so that it cannot be reached. */
    access: Type.Optional(Type.Literal("broken")),
    tags: Type.Optional(Tags),
    /** Names of secret sets. */
    secrets: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);

/** The seed file: an organization without the values of its secrets. */
export const OrganizationFile = Type.Object(
  {
    id: OrganizationId,
    rootId: Type.String({ pattern: "^r-[0-9a-z]{4,32}$" }),
    managementAccount: AccountId,
    delegatedAdministratorAccount: AccountId,
    vaultAccount: AccountId,
    region: Region,
    recoveryRegion: Region,
    service: Type.Object(
      {
        loginUser: Name,
        role: Name,
        bootstrapRole: Name,
        bootstrapExternalId: ExternalId,
      },
      strict,
    ),
    units: Type.Array(Unit),
    secretSets: Type.Record(Type.String(), Type.Array(SecretTemplate)),
    accounts: Type.Array(SeedAccount, { minItems: 3 }),
    generated: Type.Object(
      {
        idPrefix: Type.String({ pattern: "^\\d{1,3}$" }),
        names: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
        units: Type.Array(
          Type.Object(
            { unit: UnitPath, environment: Type.String(), secrets: Type.Array(Type.String()) },
            strict,
          ),
          { minItems: 1 },
        ),
      },
      strict,
    ),
  },
  strict,
);
export type OrganizationFile = Static<typeof OrganizationFile>;
export type SecretTemplate = Static<typeof SecretTemplate>;
export type SeedAccount = Static<typeof SeedAccount>;
export interface SeedUnit {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly units?: readonly SeedUnit[];
}

/** Reads a seed file, `emulator/organization.yaml` unless another one is named. */
export async function readOrganizationFile(file?: string): Promise<OrganizationFile> {
  const place = file ?? path.join(emulatorFolder(), "organization.yaml");
  return parseOrganizationFile(await readFile(place, "utf8"), path.basename(place));
}

/** Checks a seed file's text; throws one `SPEC_INVALID` with every mistake and its line and column. */
export function parseOrganizationFile(text: string, fileName: string): OrganizationFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map((error) => ({
    message: error.message,
    ...placeOf(lines, error.pos[0]),
  }));
  const content: unknown = document.toJS();
  if (problems.length === 0) {
    const found = [...schemaProblems(content)];
    if (found.length === 0) found.push(...crossProblems(content as OrganizationFile));
    for (const { pointer, message } of found) {
      problems.push({
        message,
        pointer,
        ...placeOf(lines, nodeAt(document, pointer)?.range?.[0]),
      });
    }
  }
  if (problems.length === 0) return content as OrganizationFile;
  throw new AppError("SPEC_INVALID", `${fileName} has ${problems.length} mistake(s)`, {
    action: "Correct the places named.",
    problems,
  });
}

interface Found {
  readonly pointer: string;
  readonly message: string;
}

const validate = new Ajv({ allErrors: true, strict: false }).compile(OrganizationFile);

function* schemaProblems(content: unknown): Generator<Found> {
  if (validate(content)) return;
  for (const error of validate.errors ?? []) {
    const extra = (error.params as { additionalProperty?: string }).additionalProperty;
    yield {
      pointer: error.instancePath,
      message: `${error.message ?? "is not valid"}${extra === undefined ? "" : `: ${extra}`}`,
    };
  }
}

function* crossProblems(file: OrganizationFile): Generator<Found> {
  const units = new Set(unitPaths(file.units));
  const ids = new Set<string>();
  const sets = new Set(Object.keys(file.secretSets));
  for (const [index, account] of file.accounts.entries()) {
    const pointer = `/accounts/${index}`;
    if (ids.has(account.id)) {
      yield { pointer: `${pointer}/id`, message: `account ${account.id} is there twice` };
    }
    ids.add(account.id);
    if (account.id.startsWith(file.generated.idPrefix)) {
      yield {
        pointer: `${pointer}/id`,
        message: `starts with ${file.generated.idPrefix}, kept for generated accounts`,
      };
    }
    if (account.unit !== undefined && !units.has(account.unit)) {
      yield {
        pointer: `${pointer}/unit`,
        message: `there is no organizational unit ${account.unit}`,
      };
    }
    for (const [at, set] of (account.secrets ?? []).entries()) {
      if (!sets.has(set)) {
        yield { pointer: `${pointer}/secrets/${at}`, message: `there is no secret set ${set}` };
      }
    }
  }
  for (const [index, { unit, secrets }] of file.generated.units.entries()) {
    const pointer = `/generated/units/${index}`;
    if (!units.has(unit)) {
      yield { pointer: `${pointer}/unit`, message: `there is no organizational unit ${unit}` };
    }
    for (const [at, set] of secrets.entries()) {
      if (!sets.has(set)) {
        yield { pointer: `${pointer}/secrets/${at}`, message: `there is no secret set ${set}` };
      }
    }
  }
  for (const role of [
    "managementAccount",
    "delegatedAdministratorAccount",
    "vaultAccount",
  ] as const) {
    if (!ids.has(file[role])) {
      yield { pointer: `/${role}`, message: `account ${file[role]} is not among the accounts` };
    }
  }
}

/** Paths of all units, parents before their children: `workloads`, `workloads/prod`. */
export function unitPaths(units: readonly SeedUnit[], above = ""): string[] {
  return units.flatMap((unit) => {
    const own = above === "" ? unit.name : `${above}/${unit.name}`;
    return [own, ...unitPaths(unit.units ?? [], own)];
  });
}

function nodeAt(document: Document, pointer: string): Node | undefined {
  let node: unknown = document.contents;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const next = isMap(node)
      ? node.get(key, true)
      : isSeq(node)
        ? node.get(Number(key), true)
        : undefined;
    if (next === undefined) break;
    node = next;
  }
  return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
}

function placeOf(
  lines: LineCounter,
  offset: number | undefined,
): { line: number; column: number } | Record<string, never> {
  if (offset === undefined) return {};
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
