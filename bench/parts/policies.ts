import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../../engine/parts";
import { evaluate } from "../../policies/evaluate";
import { explainDocument } from "../../policies/explain";
import { readResources } from "../../policies/resource-file";
import { table } from "../../server/cli/table";

/** How long the rules take; CPU seconds stand beside the time, as they hold on a machine that does other work too. */
export interface PolicyTimes {
  readonly work: string;
  readonly times: number;
  /** The median of all times but the first, which also loads the code. */
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
}

const ACCOUNT = "111122223333";
const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** A stack of roles with policies, keys, buckets and their parts: five resources a group. */
function resources(count: number): unknown[] {
  return Array.from({ length: Math.ceil(count / 5) }, (_, at) => {
    const bucket = `company-logs-${at}`;
    return [
      {
        type: "aws:iam/role:Role",
        name: `role-${at}`,
        account: ACCOUNT,
        props: {
          name: `role-${at}`,
          path: "/app/",
          assumeRolePolicy: document({
            Effect: "Allow",
            Principal: { Service: "lambda.amazonaws.com" },
            Action: "sts:AssumeRole",
          }),
        },
      },
      {
        type: "aws:iam/rolePolicy:RolePolicy",
        name: `policy-${at}`,
        account: ACCOUNT,
        props: {
          role: `role-${at}`,
          policy: document(
            {
              Effect: "Allow",
              Action: ["s3:Get*", "s3:PutObject"],
              Resource: `arn:aws:s3:::${bucket}/*`,
            },
            {
              Effect: "Allow",
              Action: "sts:AssumeRole",
              Resource: `arn:aws:iam::${ACCOUNT}:role/app/role-${at + 1}`,
            },
          ),
        },
      },
      {
        type: "aws:kms/key:Key",
        name: `key-${at}`,
        account: ACCOUNT,
        props: {
          enableKeyRotation: true,
          policy: document({
            Effect: "Allow",
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/app/role-${at}` },
            Action: "kms:Decrypt",
            Resource: "*",
          }),
        },
      },
      { type: "aws:s3/bucket:Bucket", name: `bucket-${at}`, account: ACCOUNT, props: { bucket } },
      {
        type: "aws:s3/bucketVersioning:BucketVersioning",
        name: `versions-${at}`,
        account: ACCOUNT,
        props: { bucket, versioningConfiguration: { status: "Enabled" } },
      },
    ];
  })
    .flat()
    .slice(0, count);
}

/** A policy of so many bytes: statements with wildcards, conditions and many resources. */
function largePolicy(bytes: number): string {
  const statements: object[] = [];
  while (document(...statements).length < bytes) {
    const at = statements.length;
    statements.push({
      Sid: `S${at}`,
      Effect: at % 5 === 4 ? "Deny" : "Allow",
      Action: ["s3:Get*", "kms:De*", "secretsmanager:*Value", "ec2:*Instance*"],
      Resource: [`arn:aws:s3:::bucket-${at}/*`, `arn:aws:kms:*:${ACCOUNT}:key/a${at}*`],
      Condition: { StringEquals: { "aws:PrincipalOrgID": "o-abcdef1234" } },
    });
  }
  return document(...statements);
}

function measured(work: string, times: number, run: () => unknown): PolicyTimes {
  run();
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let at = 0; at < times; at++) {
    const cpu = process.cpuUsage();
    const started = performance.now();
    run();
    walls.push(performance.now() - started);
    const { user, system } = process.cpuUsage(cpu);
    cpus.push((user + system) / 1000);
  }
  const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
  return { work, times, milliseconds: median(walls), cpuMilliseconds: median(cpus) };
}

/** Measures the rules without engine and emulator: many resources, a large policy, and the command line's own start. */
export function runPolicies(folder: string): readonly PolicyTimes[] {
  const many = readResources(resources(10_000)).resources;
  const large = readResources([
    { type: "aws:iam/policy:Policy", name: "large", props: { policy: largePolicy(30_000) } },
  ]).resources;
  const text = largePolicy(30_000);
  const file = path.join(folder, "resources.json");
  writeFileSync(file, JSON.stringify(resources(5)));
  const cli = path.join(projectRoot(), "bin/strongroom.cjs");
  // Findings end the command with 1.
  const start = (): void => {
    try {
      execFileSync(process.execPath, [cli, "policy", "evaluate", file, "--json"], {
        stdio: "pipe",
      });
    } catch (error) {
      if ((error as { status?: number }).status !== 1) throw error;
    }
  };
  return [
    measured("10 000 resources by all rules", 3, () => evaluate(many)),
    measured("one policy of 30 KB by all rules", 30, () => evaluate(large)),
    measured("one policy of 30 KB explained", 10, () => explainDocument(text)),
    measured("`policy evaluate` of five resources, with its start", 5, start),
  ];
}

export function renderPolicies(times: readonly PolicyTimes[]): string {
  return table(
    ["work", "times", "ms", "CPU ms"],
    times.map(({ work, times: count, milliseconds, cpuMilliseconds }) => [
      work,
      String(count),
      milliseconds.toFixed(0),
      // A child's CPU is not this process's.
      work.startsWith("`") ? "" : cpuMilliseconds.toFixed(0),
    ]),
  );
}
