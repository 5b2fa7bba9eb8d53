import { Command } from "commander";

import { wholeNumber } from "../server/cli/whole-number";

/** What a newcomer may choose about the demo. */
export interface DemoOptions {
  /** End after the results instead of staying up. */
  readonly exit: boolean;
  /** One JSON document as the last line; progress goes to standard error. */
  readonly json: boolean;
  /** Everything the demo keeps; run again on the same folder, nothing changes. */
  readonly state: string;
  readonly port: number;
  readonly concurrency?: number;
  /** Number of member accounts; the seed file's own when it is left out or smaller. */
  readonly members?: number;
}

/** Reads the demo's command line; prints help and ends the process where that is asked for. */
export function demoOptions(argv: readonly string[]): DemoOptions {
  return new Command("npm run demo --")
    .description(
      "Start an emulated AWS organization with IAM enforced and a Strongroom service beside it, stamp every account,\n" +
        "back every secret up, lose a secret and an account and bring them back, hold a drill, and stay up, with a page\n" +
        "to look at, until Ctrl-C.",
    )
    .option("--exit", "end after the results", false)
    .option("--json", "print one JSON document as the last line of standard output", false)
    .option(
      "--state <folder>",
      "where the demo keeps everything; delete it to begin anew",
      ".strongroom/demo",
    )
    .option("--port <port>", "port of the service; 0 takes a free one", wholeNumber(0, 65535), 8700)
    .option("--concurrency <n>", "most stack operations at the same time", wholeNumber(1, 64))
    .option("--members <n>", "number of member accounts to seed", wholeNumber(1, 10_000))
    .addHelpText(
      "after",
      `
Examples:
  $ npm run demo
  $ npm run demo -- --exit --json
  $ npm run demo -- --members 60 --concurrency 4`,
    )
    .parse([...argv], { from: "user" })
    .opts<DemoOptions>();
}
