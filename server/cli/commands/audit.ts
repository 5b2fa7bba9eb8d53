import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

import { Command } from "commander";

import { parseAnchor } from "../../audit/anchor";
import type { AuditAnchor, AuditVerdict } from "../../runs-ports";
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
import { table } from "../table";
import { clean } from "../text";
import { wholeNumber } from "../whole-number";

interface AuditOptions extends ServiceOptions {
  readonly limit: number;
  readonly run?: string;
}

/** `audit`: who did what and why; `audit verify` checks that nobody changed it. */
export function auditCommand(context: CliContext): Command {
  const group = withService(
    new Command("audit").description("Show who did what, when and why, newest first"),
  )
    .option("--limit <n>", "most entries", wholeNumber(1, 1000), 50)
    .option("--run <id>", "only about this run");
  describe(group, ["strongroom audit", "strongroom audit --run RUN", "strongroom audit verify"]);
  group.action(
    context.ends(async (options: AuditOptions) =>
      withClient(context, options, "approver", async ({ client }) => {
        const { io } = context;
        const found = await client.audit(options.limit, options.run);
        if (options.json === true) printJson(io, found);
        else {
          const rows = found.items.map((one) => [
            String(one.seq),
            one.at,
            one.subject,
            one.action,
            one.runId ?? "",
            one.reason ?? "",
          ]);
          io.out(`${table(["entry", "at", "who", "what", "run", "why"], rows)}\n`);
        }
        return EXIT.ok;
      }),
    ),
  );
  return group.addCommand(verifyCommand(context));
}

interface VerifyOptions extends ServiceOptions {
  readonly anchor?: string;
}

function verifyCommand(context: CliContext): Command {
  const command = withService(
    new Command("verify").description(
      "Check the chain of hashes of the audit log; ends with 1 when it is broken or its end is missing",
    ),
  ).option(
    "--anchor <file>",
    "hold the log against the end that this file keeps, and keep the new end there; made the first time",
  );
  describe(command, [
    "strongroom audit verify",
    "strongroom audit verify --anchor /mnt/elsewhere/strongroom-audit.json",
    "strongroom audit verify --json | jq -r .head",
  ]);
  return command.action(
    context.ends(async (_options: VerifyOptions, self: Command) => {
      // Options that the group knows too are kept there.
      const options: VerifyOptions = self.optsWithGlobals();
      const { io } = context;
      const file =
        options.anchor === undefined
          ? undefined
          : path.resolve(io.workingDirectory, options.anchor);
      // Before the service is asked: a file that is none must not look like a first time.
      const seen = file === undefined ? undefined : await readAnchor(file);
      return withClient(context, options, "approver", async ({ client }) => {
        const verdict = await client.verifyAudit(seen);
        const { intact, entries, head } = verdict;
        if (intact && file !== undefined) await replaceFile(file, { entries, head });
        if (options.json === true) printJson(io, verdict);
        else io.out(`${inWords(verdict)}\n`);
        return intact ? EXIT.ok : EXIT.failed;
      });
    }),
  );
}

function inWords({ intact, entries, head, anchors, problem }: AuditVerdict): string {
  if (!intact) {
    return `Broken at entry ${problem?.seq ?? 0}: ${clean(problem?.message ?? "unknown")}.`;
  }
  const held =
    anchors.length === 0
      ? "nobody kept an earlier end, so what was cut off would not show"
      : `with the first ${anchors.join(" and the first ")} as they were seen before`;
  return `Intact: ${entries} entries, head ${head}; ${held}.`;
}

/** The end that a file keeps; undefined where there is no file yet. */
async function readAnchor(file: string): Promise<AuditAnchor | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw usage(`The anchor ${file} cannot be read.`, "Give a file that can be read and written.");
  }
  const anchor = parseAnchor(text);
  if (anchor !== undefined) return anchor;
  throw usage(
    `${file} does not hold the end of an audit log.`,
    "Give the file of an earlier `audit verify --anchor`, or a name that is not taken.",
  );
}

async function replaceFile(file: string, anchor: AuditAnchor): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  try {
    await writeFile(fresh, `${JSON.stringify(anchor)}\n`);
    await rename(fresh, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(
      `The anchor ${file} cannot be written (${code ?? "unknown"}).`,
      "The log is intact; give a file that can be written to keep its end.",
    );
  }
}
