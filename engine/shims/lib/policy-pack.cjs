"use strict";
const path = require("node:path");
const { dieWithParent, requireFrom } = require("./resolve.cjs");

// Pulumi's code for "the user was told what is wrong"; the engine then adds nothing.
const EXIT_AFTER_MESSAGE = 32;

/**
 * Becomes a policy pack: `arguments_` are the engine's address and the pack's folder. Does what Pulumi's
 * `cmd/run-policy-pack` does, without the TypeScript compiler that it loads first (half a second and 80 MB for each
 * pack of each run): our packs are compiled beforehand.
 */
exports.main = (arguments_) => {
  dieWithParent();
  const [, folder = "."] = arguments_.filter((each) => !each.startsWith("-"));
  const pack = path.resolve(folder);
  const shown = new Set();
  let failed = false;
  process.on("exit", (code) => {
    if (code === 0 && failed) process.exitCode = EXIT_AFTER_MESSAGE;
  });
  const onError = (error) => {
    failed = true;
    // Before the pack is connected to the engine, its error output is the only way to be heard.
    if (!shown.has(error)) console.error(error?.stack ?? String(error));
    shown.add(error);
  };
  process.on("uncaughtException", onError);
  process.on("unhandledRejection", onError);
  const { run } = requireFrom(pack)("@pulumi/pulumi/cmd/run-policy-pack/run");
  run({
    argv: { _: [pack] },
    typeScript: false,
    programStarted: () => undefined,
    reportLoggedError: (error) => shown.add(error),
  }).catch(onError);
};

if (require.main === module) exports.main(process.argv.slice(2));
