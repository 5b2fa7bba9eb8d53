import { appendFileSync } from "node:fs";

import Mocha from "mocha";

/** Mocha's spec reporter that also adds its counts to the file named by `TEST_COUNTS_FILE`, one JSON line a run. */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env["TEST_COUNTS_FILE"];
    let passed = 0;
    let failed = 0;
    runner.on("pass", () => (passed += 1));
    runner.on("fail", () => (failed += 1));
    runner.once("end", () => {
      if (file !== undefined) appendFileSync(file, `${JSON.stringify({ passed, failed })}\n`);
    });
  }
}

module.exports = CountingReporter;
