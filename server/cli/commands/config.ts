import { Command } from "commander";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseDocument } from "yaml";

import { PROJECT } from "../../../stacks/naming";
import type { Connection, StackSpec } from "../../../stacks/spec";
import { connectionFor, specFor } from "../../../stacks/specs";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  usage,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { stampOf } from "../target";
import { organizationOf, placed, readFleet } from "./plan";

interface ConfigOptions extends ServiceOptions {
  readonly folder?: string;
}

/**
 * `config`: writes `Pulumi.<stack>.yaml`, so that plain `pulumi preview` and `pulumi up` make of a stamp what the service
 * makes of it. Needs the fleet file itself: the service does not hand out external ids.
 */
export function configCommand(context: CliContext): Command {
  const command = withService(
    new Command("config")
      .description(
        "Write Pulumi.<stack>.yaml of stamps, for plain `pulumi preview` and `pulumi up`",
      )
      .argument("<stamp...>", "stamps, like member-111122223333"),
  ).option("--folder <folder>", "folder of Pulumi.yaml (default: the current one)");
  describe(command, [
    "strongroom config member-111122223333 --fleet fleet.yaml",
    "strongroom config vault-100000000003 access-100000000003",
    "strongroom config member-111122223333 --json",
  ]);
  return command.action(
    context.ends(async (stamps: string[], options: ConfigOptions) => {
      const { io } = context;
      const names = stamps.map(stampOf);
      const fleetFile = options.fleet ?? (io.environment["STRONGROOM_FLEET"] || "fleet.yaml");
      const { fleet, text } = await readFleet(io, fleetFile);
      return withClient(
        context,
        { ...options, fleet: path.resolve(io.workingDirectory, fleetFile) },
        "viewer",
        async ({ client }) => {
          const organization = organizationOf(await client.accounts(false));
          // As the service decides it: endpoints of one's own have no name for each bucket.
          const ownEndpoint = (io.environment["AWS_ENDPOINT_URL"] ?? "") !== "";
          const setting = io.environment["STRONGROOM_S3_PATH_STYLE"];
          const s3UsePathStyle =
            setting === undefined || setting === "" ? ownEndpoint : setting === "true";
          const written: {
            stamp: string;
            file: string;
            spec: StackSpec;
            connection: Connection;
          }[] = [];
          for (const stamp of names) {
            const spec = placed(text, () => specFor(fleet, organization, stamp));
            const connection = connectionFor(fleet, spec.kind, spec.accountId, { s3UsePathStyle });
            const file = path.resolve(
              io.workingDirectory,
              options.folder ?? ".",
              `Pulumi.${stamp}.yaml`,
            );
            written.push({ stamp, file, spec, connection });
          }
          for (const { file, spec, connection } of written)
            await writeStackFile(file, spec, connection);
          if (options.json === true) printJson(io, written);
          else
            for (const { file } of written)
              io.out(`Wrote ${path.relative(io.workingDirectory, file)}\n`);
          return EXIT.ok;
        },
      );
    }),
  );
}

/** Sets our configuration and leaves the rest: how the stack's secrets are encrypted stands in the same file. */
export async function writeStackFile(
  file: string,
  spec: StackSpec,
  connection: Connection,
): Promise<void> {
  const before = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  const document = parseDocument(before);
  if (document.errors.length > 0) {
    throw usage(
      `${file} is not YAML: ${document.errors[0]?.message ?? ""}`,
      "Repair it, or remove it if nothing in it is needed.",
    );
  }
  document.setIn(["config", "pulumi:disable-default-providers"], ["*"]);
  document.setIn(["config", `${PROJECT}:spec`], spec);
  document.setIn(["config", `${PROJECT}:connection`], connection);
  const fresh = `${file}.${process.pid}`;
  // The external ids in it are for who runs this, not for everybody on the machine.
  await writeFile(fresh, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  await rename(fresh, file);
}
