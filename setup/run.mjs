// One command from a fresh clone to a running product: `node setup/run.mjs COMMAND [arguments]`, the commands below.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawn } from "node:child_process";
import path from "node:path";
import { buildIfChanged } from "./sources.mjs";
import { installPackages } from "./packages.mjs";
import { root, runNode, say, step } from "./steps.mjs";

// What each command runs after the set-up, and how much set-up it needs.
const COMMANDS = {
  setup: { needs: "all" },
  demo: { needs: "all", script: "dist/demo/main.js" },
  test: { needs: "all", script: "dist/test/run.js" },
  "test:unit": { needs: "packages", script: "dist/test/run.js", first: ["unit"] },
  chaos: { needs: "packages", script: "dist/test/chaos/main.js" },
  packs: { needs: "packages", script: "setup/packs.mjs" },
  fuzz: { needs: "packages", script: "dist/test/fuzz.js" },
  mutate: { needs: "packages", script: "dist/test/mutate.js" },
  bench: { needs: "all", script: "dist/bench/main.js" },
  simulate: { needs: "packages", script: "dist/bench/simulate-main.js" },
};

// The AWS SDK is pinned to a version that runs on this Node; its notice about later ones is for us, not for users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const [name = "setup", ...rest] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  say(`There is no command "${name}". Known: ${Object.keys(COMMANDS).join(", ")}.`);
  process.exit(2);
}

const started = performance.now();
try {
  await step("npm packages", () => installPackages(root));
  await step("compiled sources", () => buildIfChanged(root));
  if (command.needs === "all") await runNode([path.join(root, "setup", "prepare.mjs")]);
} catch (error) {
  say(error.message);
  process.exit(1);
}
say(`Set-up ready (${((performance.now() - started) / 1000).toFixed(1)} s).`);
if (command.script !== undefined) await dispatch();

async function dispatch() {
  const script = path.join(root, command.script);
  const child = spawn(process.execPath, [script, ...(command.first ?? []), ...rest], {
    cwd: root,
    stdio: "inherit",
  });
  // The terminal sends Ctrl-C to the child as well; this process only waits for it to tidy up.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const [code, signal] = await new Promise((resolve) =>
    child.on("close", (...ended) => resolve(ended)),
  );
  process.exit(code ?? (signal === "SIGINT" ? 130 : 143));
}
