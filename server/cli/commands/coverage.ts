import { Command } from "commander";

import type { SecretCoverage } from "../../../lambdas/model";
import type { ServiceClient } from "../client";
import {
  type CliContext,
  describe,
  printJson,
  type ServiceOptions,
  withClient,
  withService,
} from "../context";
import { EXIT } from "../failure";
import { table } from "../table";
import { checkAccountId } from "../target";
import { counted, duration } from "../text";

interface CoverageOptions extends ServiceOptions {
  readonly account?: string;
  readonly secrets?: boolean;
}

/** All pages: whoever asks for coverage wants to know that nothing is left out. */
async function allSecrets(client: ServiceClient, account?: string): Promise<SecretCoverage[]> {
  const found: SecretCoverage[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.secrets({
      limit: "200",
      ...(account === undefined ? {} : { account }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

/** `coverage`: which secrets are kept, and why the others are not. */
export function coverageCommand(context: CliContext): Command {
  const command = withService(
    new Command("coverage").description("Show how the secrets are kept, and why some are not"),
  )
    .option("--account <id>", "only this account")
    .option("--secrets", "list every secret as well, by name; never a value");
  describe(command, [
    "strongroom coverage",
    "strongroom coverage --account 111122223333 --secrets",
    "strongroom coverage --json | jq .percent",
  ]);
  return command.action(
    context.ends(async (options: CoverageOptions) => {
      const { account } = options;
      if (account !== undefined) checkAccountId("--account", account);
      return withClient(context, options, "viewer", async ({ client }) => {
        const { io } = context;
        const found = await client.coverage(account);
        const secrets = options.secrets === true ? await allSecrets(client, account) : undefined;
        if (options.json === true) {
          printJson(io, secrets === undefined ? found : { ...found, items: secrets });
          return EXIT.ok;
        }
        const rows = found.accounts.map((one) => [
          one.accountId,
          one.name,
          one.state,
          `${one.covered}/${one.secrets}`,
          one.oldestMissingSeconds === 0 ? "" : duration(one.oldestMissingSeconds),
          one.reasons.join(" "),
        ]);
        io.out(`${table(["account", "name", "state", "kept", "oldest missing", "why"], rows)}\n\n`);
        if (secrets !== undefined) {
          const lines = secrets.map((one) => [
            one.accountId,
            one.region,
            one.name,
            one.state,
            one.newestBackupAt ?? "",
            one.reason ?? "",
          ]);
          io.out(
            `${table(["account", "Region", "secret", "state", "newest backup", "why"], lines)}\n\n`,
          );
        }
        io.out(
          `${found.percent} %: ${found.covered} of ${counted(found.secrets, "secret")} kept, in ${found.reachable} of ${counted(found.members, "account")}.\n`,
        );
        return EXIT.ok;
      });
    }),
  );
}
