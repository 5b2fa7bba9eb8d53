#!/usr/bin/env node
// The command line. In a checkout it first sees to packages and compiled sources; the engine itself is looked for by
// the commands that need it.
"use strict";
const { existsSync } = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const main = path.join(root, "dist", "server", "cli", "main.js");

// The AWS SDK is pinned to a version that runs on this Node; its notice about later ones is for us, not for users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

(async () => {
  if (existsSync(path.join(root, "setup", "packages.mjs"))) {
    const { installPackages } = await import("../setup/packages.mjs");
    const { buildIfChanged } = await import("../setup/sources.mjs");
    await installPackages(root);
    await buildIfChanged(root);
  }
  require(main);
})().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
