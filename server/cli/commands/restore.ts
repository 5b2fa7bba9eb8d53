import { Command } from "commander";

import type { RestoreItem } from "../../../lambdas/model";
import type { RunRecord, RunRequest } from "../../runs-ports";
import { isMoment } from "../../../stacks/moment";
import { isWritten, type RestoreOptions } from "../../vault-ports";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  usage,
  withClient,
  withService,
} from "../context";
import type { Connected } from "../connect";
import { EXIT, type ExitCode } from "../failure";
import { exitOfRun, type Followed, followRun } from "../follow-run";
import { renderRun } from "../render-run";
import { checkAccountId, type TargetOptions, targetOf, withTarget } from "../target";

interface Options extends ServiceOptions, TargetOptions {
  readonly name?: string;
  readonly region?: string;
  readonly at?: string;
  readonly version?: string;
  readonly stage?: string;
  readonly toAccount?: string;
  readonly toRegion?: string;
  readonly fromRecovery?: boolean;
  readonly overwriteNewer?: boolean;
  readonly write?: boolean;
  readonly reason?: string;
  readonly yes?: boolean;
}

/** The version that the options mean; undefined: the newest. */
function pointOf({ at, version, stage }: Options): RestoreOptions["point"] {
  const given = [at, version, stage].filter((text) => text !== undefined);
  if (given.length > 1) throw usage("Give one of --at, --version and --stage, not several.");
  if (at !== undefined) {
    if (!isMoment(at)) {
      throw usage(
        `--at ${JSON.stringify(at)} is not a time with its zone.`,
        "Write it like 2026-01-31T09:00:00Z or 2026-01-31T10:00:00+01:00.",
      );
    }
    return { at: "time", time: new Date(at).toISOString() };
  }
  if (version !== undefined) return { at: "version", versionId: version };
  return stage === undefined ? undefined : { at: "stage", stage };
}

/** What the options ask of a restore, without order and plan. */
function restoreOf(options: Options): RestoreOptions {
  const { name, region, toAccount, toRegion } = options;
  if (toAccount !== undefined) checkAccountId("--to-account", toAccount);
  const point = pointOf(options);
  const destination = {
    ...(toAccount === undefined ? {} : { accountId: toAccount }),
    ...(toRegion === undefined ? {} : { region: toRegion }),
  };
  return {
    ...(name === undefined ? {} : { name }),
    ...(region === undefined ? {} : { region }),
    ...(point === undefined ? {} : { point }),
    ...(Object.keys(destination).length === 0 ? {} : { destination }),
    ...(options.fromRecovery === true ? { fromRecoveryRegion: true } : {}),
    ...(options.overwriteNewer === true ? { overwriteNewer: true } : {}),
  };
}

const itemsOf = (run: RunRecord): readonly RestoreItem[] =>
  run.stamps.flatMap(({ restore }) => restore?.items ?? []);

/** Starts one of the two runs, follows and shows it. */
async function play(
  { io }: CliContext,
  { client, embedded }: Connected,
  request: RunRequest,
  json: boolean,
): Promise<Followed> {
  const followed = await followRun(io, client, await client.start(request), {
    quiet: json,
    embedded,
  });
  if (!json && followed.interrupted !== "left") io.out(renderRun(followed.run, io));
  return followed;
}

/** `restore`: shows what would be written; with --write, and a yes, writes exactly that. */
export function restoreCommand(context: CliContext): Command {
  const command = withService(
    withTarget(
      new Command("restore").description(
        "Bring secrets back: shows a plan, and with --write does what it says",
      ),
    ),
  )
    .option("--name <pattern>", "secrets of this name; * and ? stand for any characters")
    .option("--region <region>", "only secrets that were in this Region")
    .option("--at <time>", "as they were at that moment (ISO 8601 with its zone)")
    .option("--version <id>", "this version")
    .option("--stage <label>", "the version with this label, for example AWSPREVIOUS")
    .option("--to-account <id>", "into this account instead of where they were")
    .option("--to-region <region>", "into this Region instead of where they were")
    .option("--from-recovery", "from the copy in the recovery Region, with the function there")
    .option("--overwrite-newer", "write even where the secret is newer than the backup")
    .option("--write", "write what the plan says (role approver)")
    .option("--reason <text>", "why; needed with --write, kept in the audit log")
    .option(
      "--yes",
      "with --write: do not ask (needed with --json, and where nobody can be asked)",
    );
  describe(command, [
    "strongroom restore --account 111122223333 --name 'shop/*' --at 2026-01-31T09:00:00Z",
    "strongroom restore --account 111122223333 --name shop/db --write --reason OPS-812",
    "strongroom restore --account 111122223333 --from-recovery --to-region eu-west-1 --write --yes --reason 'Region lost'",
  ]);
  return command.action(
    context.ends(async (stamps: string[], options: Options): Promise<ExitCode> => {
      const { io } = context;
      const write = options.write === true;
      const json = options.json === true;
      const target = targetOf(stamps, options);
      const restore = restoreOf(options);
      const reason = options.reason ?? "";
      if (write && reason.trim() === "") {
        throw usage("--write needs --reason.", "Say why, for example the ticket.");
      }
      if (write && options.yes !== true && (json || !io.interactive)) {
        throw usage(
          json
            ? "--write needs --yes with --json: the plan is not shown before the question."
            : "--write needs --yes where nobody can be asked.",
        );
      }
      return withClient(context, options, write ? "approver" : "operator", async (connected) => {
        const planned = await play(
          context,
          connected,
          { operation: "restore", target, restore },
          json,
        );
        const toDo = itemsOf(planned.run).filter(isWritten).length;
        const exit = exitOfRun(planned, false);
        if (!write || exit !== EXIT.ok || toDo === 0) {
          if (json) printJson(io, planned.run);
          else if (write && exit === EXIT.ok) io.out("There is nothing to write.\n");
          return exit;
        }
        if (options.yes !== true) {
          const answer = await io.ask(
            `\nWrite ${toDo} of these? [y/N] `,
            new AbortController().signal,
          );
          if (!/^y(es)?$/i.test(answer.trim())) {
            io.err("Nothing was written.\n");
            return EXIT.failed;
          }
        }
        const written = await play(
          context,
          connected,
          {
            operation: "restore",
            target,
            reason,
            restore: { ...restore, order: "write", planRun: planned.run.id },
          },
          json,
        );
        if (json) printJson(io, written.run);
        return exitOfRun(written, false);
      });
    }),
  );
}
