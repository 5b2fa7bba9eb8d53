import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../../engine/parts";
import { stampTags } from "../../stacks/stamp-tags";
import { terraformChanges } from "../changes";
import { runCommand, type Bench, type Result, type Workload } from "../contestant";
import { CostMeter } from "../process-tree";
import {
  terraformConfiguration,
  type StateResource,
  type TerraformSchemas,
} from "../terraform-json";
import { zipOf } from "../zip";

export interface TerraformTools {
  /** The command, `terraform` or `tofu`. */
  readonly command: string;
  /** The provider's executable, in the layout of a filesystem mirror. */
  readonly provider: string;
}

interface Prepared {
  readonly folder: string;
  readonly resources: number;
}

/** Terraform with the same resources, made from the state that the service left: `terraform apply`, one after the other. */
export async function runTerraform(
  { emulator, folder, say }: Bench,
  workload: readonly Workload[],
  laptop: Readonly<Record<string, string>>,
  tools: TerraformTools,
): Promise<Result[]> {
  const env = { ...process.env, ...emulator.env };
  // HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/executable
  const mirror = path.resolve(tools.provider, "../../../../../..");
  const version = path.basename(path.resolve(tools.provider, "../.."));
  const terraform = (cwd: string, ...args: string[]): Promise<string> =>
    runCommand(tools.command, args, { cwd, env, folder });

  const schemaFolder = path.join(folder, "schema");
  writeConfiguration(schemaFolder, { terraform: required(version) });
  await terraform(schemaFolder, "init", "-no-color", `-plugin-dir=${mirror}`);
  const dump = JSON.parse(await terraform(schemaFolder, "providers", "schema", "-json")) as {
    provider_schemas: Record<string, { resource_schemas: TerraformSchemas }>;
  };
  const schemas = Object.values(dump.provider_schemas)[0]?.resource_schemas ?? {};

  const left: string[] = [];
  const prepared: Prepared[] = [];
  for (const item of workload) {
    const state = await runCommand("pulumi", ["stack", "export", "--stack", item.stamp], {
      cwd: projectRoot(),
      env: { ...process.env, ...laptop },
      folder,
    });
    const { deployment } = JSON.parse(state) as { deployment: { resources: StateResource[] } };
    const own = path.join(folder, item.stamp);
    const region = regionOf(item);
    const configuration = terraformConfiguration(deployment.resources, schemas, region);
    left.push(...configuration.left.map((urn) => urn.split("::").slice(2).join(" ")));
    writeConfiguration(own, {
      terraform: required(version),
      provider: {
        aws: [region, ...configuration.regions].map((name) => provider(item, name, region)),
      },
      resource: configuration.resource,
    });
    for (const { file, folder: source } of configuration.archives) {
      writeFileSync(path.join(own, file), zipOf(source));
    }
    await terraform(own, "init", "-no-color", `-plugin-dir=${mirror}`);
    const resources = Object.values(configuration.resource).reduce(
      (sum, all) => sum + Object.keys(all).length,
      0,
    );
    prepared.push({ folder: own, resources });
  }
  const results: Result[] = [];
  for (const phase of ["first", "re-run"] as const) {
    say(`terraform apply, ${phase}: ${workload.length} configurations, one after the other`);
    const meter = new CostMeter([emulator.pid]);
    let changes = 0;
    for (const one of prepared) {
      const output = await terraform(
        one.folder,
        "apply",
        "-auto-approve",
        "-no-color",
        "-input=false",
      );
      changes += terraformChanges(output) ?? NaN;
    }
    results.push({
      contestant: "terraform",
      phase,
      stamps: workload.length,
      resources: prepared.reduce((sum, one) => sum + one.resources, 0),
      changes,
      cost: meter.stop(),
      notes: [
        "without policy checks",
        ...(left.length > 0 ? [`left out: ${left.join(", ")}`] : []),
      ],
    });
  }
  return results;
}

function regionOf({ spec }: Workload): string {
  if (spec.kind === "access") return spec.region;
  return spec.kind === "vault" ? spec.primaryRegion : (spec.regions[0] ?? "");
}

const required = (version: string): unknown => ({
  required_providers: { aws: { source: "hashicorp/aws", version } },
});

function provider({ spec, connection }: Workload, region: string, main: string): unknown {
  return {
    ...(region === main ? {} : { alias: region }),
    region,
    s3_use_path_style: connection.s3UsePathStyle,
    allowed_account_ids: [spec.accountId],
    skip_metadata_api_check: true,
    assume_role: connection.assumeRoles.map(
      ({ roleArn, externalId, sessionName, durationSeconds }) => ({
        role_arn: roleArn,
        session_name: sessionName,
        duration: `${durationSeconds}s`,
        ...(externalId === undefined ? {} : { external_id: externalId }),
      }),
    ),
    default_tags: [{ tags: stampTags(spec) }],
  };
}

function writeConfiguration(folder: string, configuration: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "main.tf.json"), JSON.stringify(configuration, null, 2));
}
