import { readFileSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../../engine/parts";
import type { CliParts } from "./context";

/** The real parts behind the command line. What is large is loaded by the command that needs it. */
export const realParts: CliParts = {
  async startEmbedded(environment, report, { schedules = false } = {}) {
    const [{ startService }, { realEngine }, { readConfig }] = await Promise.all([
      import("../main.js"),
      import("../real-engine.js"),
      import("../config.js"),
    ]);
    const config = readConfig(environment);
    const service = await startService(config, {
      report,
      schedules,
      engine: realEngine(environment),
      // Standard output belongs to the command's own result.
      logStream: process.stderr,
    });
    return { url: service.url, stateDir: config.stateDir, close: () => service.close() };
  },

  async startWorker(environment, report) {
    const [{ startWorker }, { realEngine }, { readConfig }] = await Promise.all([
      import("../work.js"),
      import("../real-engine.js"),
      import("../config.js"),
    ]);
    return startWorker(readConfig(environment), { report, engine: realEngine(environment) });
  },

  async doctor(io, { fix }) {
    const [{ engineSettings }, { diagnose }, { prepareToolchain }] = await Promise.all([
      import("../../engine/config.js"),
      import("../../engine/doctor.js"),
      import("../../engine/toolchain.js"),
    ]);
    const settings = engineSettings(io.environment);
    if (fix) {
      // Whatever could not be made is told below, part by part.
      await prepareToolchain((line) => io.err(`${line}\n`), settings).catch(() => undefined);
    }
    return [...(await diagnose(settings))];
  },

  async laptop(environment) {
    const [{ readConfig }, { engineSettings }, { resolveToolchain }] = await Promise.all([
      import("../config.js"),
      import("../../engine/config.js"),
      import("../../engine/toolchain.js"),
    ]);
    const { stateDir, backendUrl, passphraseFile, secretsProvider } = readConfig(environment);
    const { env } = await resolveToolchain(engineSettings(environment));
    const { realEngine } = await import("../real-engine.js");
    // Makes the passphrase and the folder of the states where the service has never run, the same way as the service.
    await realEngine(environment)({
      stateDir,
      report: () => undefined,
      ...(backendUrl === undefined ? {} : { backendUrl }),
      ...(passphraseFile === undefined ? {} : { passphraseFile }),
      ...(secretsProvider === undefined ? {} : { secretsProvider }),
    });
    return {
      ...env,
      PULUMI_BACKEND_URL: backendUrl ?? `file://${path.join(stateDir, "pulumi")}`,
      ...(secretsProvider === undefined
        ? { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile ?? path.join(stateDir, "passphrase") }
        : {}),
    };
  },

  get version() {
    const manifest = readFileSync(path.join(projectRoot(), "package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
  },
};
