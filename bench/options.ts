import { Command, InvalidArgumentError } from "commander";

import { wholeNumber } from "../server/cli/whole-number";

/** Who can be measured beside the service, whose stamps are the others' work. */
export const OTHERS = ["pulumi", "terraform"] as const;
export type Other = (typeof OTHERS)[number];

export const PARTS = ["stamps", "backups", "readers", "policies", "killed-worker"] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  /** `stamps`: member accounts beside the vault account. */
  readonly accounts: number;
  /** Stamps at a time in the service. */
  readonly concurrency: number;
  readonly against: readonly Other[];
  /** `backups`: secrets in all accounts together. */
  readonly secrets: number;
  readonly backupAccounts: number;
  /** `readers`: readers of a run's event stream. */
  readonly readers: number;
  readonly json: boolean;
  /** Leave the working folders with the logs. */
  readonly keep: boolean;
}

function some<T extends string>(known: readonly T[], none: string, all: string) {
  return (text: string): readonly T[] => {
    if (text === all) return known;
    if (text === none) return [];
    const names = text.split(",").map((name) => name.trim());
    const isKnown = (name: string): name is T => (known as readonly string[]).includes(name);
    const chosen = names.filter(isKnown);
    if (chosen.length === names.length) return known.filter((name) => chosen.includes(name));
    const wrong = names.filter((name) => !isKnown(name)).join(", ");
    throw new InvalidArgumentError(
      `There is no ${wrong || "empty name"}. Known: ${[...known, all, none].filter(Boolean).join(", ")}.`,
    );
  };
}

const EXAMPLES = `
Examples:
  npm run bench                                        everything, at full size: about an hour on two cores
  npm run bench -- --part stamps --accounts 1          three stamps by the service, pulumi and terraform
  npm run bench -- --part stamps --against terraform   without pulumi's CLI
  npm run bench -- --part backups --secrets 100 --backup-accounts 3
  npm run bench -- --part readers --readers 200        the API beside readers of a run's events: two minutes
  npm run bench -- --part policies                     the rules over 10 000 resources and a large policy: a minute
  npm run bench -- --part killed-worker                what a killed worker costs a run: five minutes
  npm run bench -- --part backups --json | jq .backups

Exit codes: 0 measured, 1 a contestant or a function failed, 2 wrong options.
`;

/** The command line of `npm run bench`; `run` gets what it says. */
export function benchCommand(run: (options: BenchOptions) => Promise<void>): Command {
  return new Command("npm run bench --")
    .description(
      "Measures the product on emulators of its own, with IAM enforced. `stamps`: time, CPU and memory of the service,\n" +
        "the stock pulumi CLI and terraform for the same stamps. `backups`: the deployed functions at work.\n" +
        "`readers`: the API's answers beside many readers of a run's events. `policies`: the rules alone.\n" +
        "`killed-worker`: the same run with and without the death of a worker.\n" +
        "Ratios first: the figures of an emulator say nothing about AWS's own times.",
    )
    .option(
      "--part <names>",
      "stamps, backups, readers, policies, killed-worker, or all",
      some(PARTS, "", "all"),
      PARTS,
    )
    .option("--accounts <n>", "stamps: member accounts beside the vault", wholeNumber(1, 200), 3)
    .option("--concurrency <n>", "stamps at a time in the service", wholeNumber(1, 12), 4)
    .option(
      "--against <names>",
      "stamps: whom to measure beside the service: pulumi, terraform, all or none",
      some(OTHERS, "none", "all"),
      OTHERS,
    )
    .option("--secrets <n>", "backups: secrets in all accounts", wholeNumber(1, 100_000), 1000)
    .option("--backup-accounts <n>", "backups: accounts that hold them", wholeNumber(1, 200), 20)
    .option("--readers <n>", "readers: of a run's event stream", wholeNumber(1, 300), 200)
    .option("--json", "print the JSON document instead of tables", false)
    .option("--keep", "keep the working folders with the logs", false)
    .addHelpText("after", EXAMPLES)
    .action(async ({ part, ...rest }: Omit<BenchOptions, "parts"> & { part: readonly Part[] }) =>
      run({ ...rest, parts: part }),
    );
}
