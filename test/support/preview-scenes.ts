import type { AccessChange } from "../../policies/access-changes";
import { buildReport } from "../../server/report/build";
import type { PreviewReport, ReportAccount } from "../../server/report/model";
import type { PolicyViolation, ResourceChange } from "../../server/ports";
import type { RunRecord, StampResult } from "../../server/runs-ports";
import { stampName } from "../../stacks/naming";

/* Previews as the service keeps them, from none to many; the same each time. */

export const idOf = (index: number): string => String(100_000_000_000 + index);
const urnOf = (stamp: string, type: string, name: string): string =>
  `urn:pulumi:${stamp}::strongroom::${type}::${name}`;
const ROLE = "aws:iam/role:Role";
const KEY = "aws:kms/key:Key";
const BUCKET = "aws:s3/bucket:Bucket";

const change = (
  operation: ResourceChange["operation"],
  type: string,
  name: string,
  properties: readonly string[] = [],
): ResourceChange => ({ urn: urnOf("x", type, name), type, name, operation, properties });

interface Part {
  /** A member by default. */
  readonly kind?: StampResult["kind"];
  readonly changes?: readonly ResourceChange[];
  readonly violations?: readonly PolicyViolation[];
  readonly access?: readonly AccessChange[];
  readonly billed?: StampResult["billed"];
  readonly error?: StampResult["error"];
}

function stampOf(accountId: string, part: Part): StampResult {
  const { kind = "member", changes = [], violations = [], error } = part;
  const mandatory = violations.some(({ level }) => level === "mandatory");
  const policy = { code: "POLICY_VIOLATION", message: "violations of policy" } as const;
  const why = error ?? (mandatory ? policy : undefined);
  const count = (operation: ResourceChange["operation"]): number =>
    changes.filter((one) => one.operation === operation).length;
  return {
    stamp: stampName(kind, accountId),
    accountId,
    kind,
    status: why === undefined ? "succeeded" : "failed",
    counts: {
      create: count("create"),
      update: count("update"),
      replace: count("replace"),
      delete: count("delete"),
      same: 20,
    },
    changes,
    violations,
    ...(part.access === undefined ? {} : { access: part.access }),
    ...(part.billed === undefined ? {} : { billed: part.billed }),
    ...(why === undefined ? {} : { error: why }),
  };
}

interface SceneAccount extends Part {
  readonly id: string;
  readonly name: string;
  readonly environment?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A run over accounts, and the report about it. */
function scene(accounts: readonly SceneAccount[], leftOut: readonly string[] = []): PreviewReport {
  const stamps = accounts.map((account) => stampOf(account.id, account));
  const run: RunRecord = {
    id: "run-000000000001-00000000000000aa",
    operation: "preview",
    target: {},
    status: stamps.every(({ status }) => status === "succeeded") ? "succeeded" : "failed",
    requestedBy: "token:operator",
    createdAt: "2026-01-02T03:04:05.000Z",
    cancelRequested: false,
    stamps,
    accounts: [
      ...accounts.map(({ id, name }) => ({ accountId: id, name, status: "succeeded" as const })),
      ...leftOut.map((reason, index) => ({
        accountId: idOf(900_000 + index),
        name: `left ${index}`,
        status: "skipped" as const,
        reason,
      })),
    ],
  };
  const known = accounts.map(({ id, name, environment, tags = {} }): ReportAccount => ({
    accountId: id,
    name,
    ...(environment === undefined ? {} : { environment }),
    tags: { ...tags },
  }));
  return buildReport(run, {
    accounts: known,
    placeOf: ({ accountId }) => ({
      file: "fleet.yaml",
      line:
        known.find((account) => account.accountId === accountId)?.environment === "dev" ? 31 : 24,
    }),
  });
}

const rotation = (accountId: string): PolicyViolation => ({
  pack: "strongroom",
  rule: "kms-key-rotation-enabled",
  level: "mandatory",
  urn: urnOf(`member-${accountId}`, KEY, "secrets"),
  message: 'Key "secrets" does not rotate. Set enableKeyRotation to true.',
});

const excusedRotation = (accountId: string): PolicyViolation => ({
  ...rotation(accountId),
  level: "advisory",
  verdict: "exempt",
  message:
    'Key "secrets" does not rotate. Set enableKeyRotation to true. (Exempt until 2027-01-31, platform answers for it.)',
});

const unknownTrust = (accountId: string): PolicyViolation => ({
  pack: "strongroom",
  rule: "iam-trust-not-open",
  level: "advisory",
  verdict: "undetermined",
  urn: urnOf(`member-${accountId}`, ROLE, "app"),
  message: 'Role "app" could not be judged: assumeRolePolicy is not known yet.',
});

const decrypts = (accountId: string): AccessChange => ({
  change: "gains",
  who: 'Role "reader"',
  actions: ["kms:Decrypt", "kms:DescribeKey"],
  resources: [`arn:aws:kms:eu-central-1:${accountId}:key/1a2b3c4d`],
  except: [],
  conditions: ["aws:principalorgid"],
});

const units = (keys: number, keyReplicas: number) => ({
  keys,
  keyReplicas,
  secrets: 0,
  secretReplicas: 0,
});

export const SCENES = {
  "no-change": () =>
    scene(
      [0, 1, 2].map((index) => ({ id: idOf(index), name: `app-${index}`, environment: "prod" })),
    ),

  "three-accounts": () =>
    scene(
      [
        ...[0, 1].map((index) => ({
          id: idOf(index),
          name: `app-${index}`,
          environment: "prod",
          tags: { team: "payments" },
          access: [decrypts(idOf(index))],
          changes: [
            change("create", ROLE, "reader"),
            change("create", ROLE, "restorer"),
            change("update", KEY, "secrets", ["policy"]),
          ],
        })),
        {
          id: idOf(2),
          name: "lab",
          environment: "dev",
          violations: [excusedRotation(idOf(2))],
          changes: [change("delete", "aws:cloudwatch/eventRule:EventRule", "reads")],
          access: [
            {
              change: "loses" as const,
              who: `arn:aws:iam::${idOf(0)}:role/strongroom/strongroom-sweep`,
              actions: ["kms:Decrypt"],
              resources: [],
              except: [],
              conditions: [],
              through: 'Key "secrets"',
            },
          ],
        },
      ],
      ["The account is suspended."],
    ),

  "five-hundred-accounts": () =>
    scene(
      Array.from({ length: 500 }, (_, index) => {
        const id = idOf(index);
        const common = {
          id,
          name: `workload-${String(index).padStart(3, "0")}`,
          environment: index % 10 === 0 ? "dev" : "prod",
          tags: { "cost-center": `cc-${index % 7}` },
        };
        if (index < 3) {
          const error = {
            code: "ACCESS_ROLE",
            message: `the role of ${id} cannot be assumed`,
          } as const;
          return { ...common, error };
        }
        if (index < 43) return { ...common, violations: [rotation(id), unknownTrust(id)] };
        const changes = [
          change("create", ROLE, `reader-${id}`),
          change("update", KEY, "secrets", ["policy"]),
        ];
        if (index === 499)
          return { ...common, changes: [...changes, change("delete", BUCKET, "old")] };
        return { ...common, changes, billed: { before: units(2, 1), after: units(2, 2) } };
      }),
      Array.from({ length: 12 }, () => "No environment of the fleet file matches it."),
    ),

  "replaced-key": () =>
    scene([
      {
        id: idOf(0),
        name: "vault",
        environment: "prod",
        changes: [
          change("replace", KEY, "secrets", ["customerMasterKeySpec"]),
          change("create", "aws:kms/replicaKey:ReplicaKey", "secrets-eu-west-1"),
        ],
        kind: "vault",
        billed: {
          before: { ...units(2, 0), sweeps: 730 },
          after: { ...units(2, 1), sweeps: 2920 },
        },
        access: [
          {
            ...decrypts(idOf(0)),
            change: "unclear",
            actions: [],
            resources: [],
            why: "policy is not known yet",
          },
        ],
      },
      {
        id: idOf(1),
        name: "app",
        environment: "dev",
        billed: {
          before: { ...units(1, 0), sweptRegions: 1 },
          after: { ...units(1, 0), sweptRegions: 2 },
        },
      },
    ]),

  "hostile-names": () =>
    scene([
      {
        id: idOf(0),
        name: HOSTILE[0],
        environment: "prod",
        tags: {
          "[x](javascript:alert(1))": "`code` | pipe",
          owner: "@octocat #1 https://evil.example www.evil.example",
        },
        violations: [
          { ...rotation(idOf(0)), message: `Key "<b>x</b>|${HOSTILE[1]}" does not rotate.` },
        ],
        changes: [change("replace", BUCKET, HOSTILE[2], ["tags.</summary><script>"])],
      },
      { id: idOf(1), name: HOSTILE[1], changes: [change("create", ROLE, HOSTILE[3])] },
      { id: idOf(2), name: HOSTILE[2], changes: [change("create", ROLE, HOSTILE[3])] },
      { id: idOf(3), name: HOSTILE[3], error: { code: "ACCESS_ROLE", message: HOSTILE[1] } },
    ]),
} as const satisfies Record<string, () => PreviewReport>;

/** Names that try to be more than a name. */
export const HOSTILE = [
  "**bold** <img src=x onerror=alert(1)> [link](https://evil.example) | cell",
  "```\n# heading\n- @octocat/team fixes #12 --> <!-- strongroom:preview:other -->",
  "\u202Eevil\u202C \u001b[31mred\u001b[0m \u0000nul\u200b </details></table>",
  "~~gone~~ &lt;i&gt; &#x3c;u&#x3e; \\| \\` ![i](x) :tada: someone@evil.example",
] as const;
