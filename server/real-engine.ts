import path from "node:path";

import { engineSettings } from "../engine/config";
import { projectRoot } from "../engine/parts";
import { resolveToolchain } from "../engine/toolchain";
import { stackBackend } from "./backend/backend";
import { createPulumiEngine } from "./engine/engine";
import type { Engine, EngineContext } from "./parts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Pulumi's real engine for `startService`, with the policy pack that every preview and update runs. Looks for the parts
 * and makes none: throws `ENGINE_MISSING` with each missing part and the remedy.
 */
export function realEngine(
  environment: Environment,
  /** Another program of the child process, for tests that need worse stacks than the product's own. */
  childScript?: string,
): (context: EngineContext) => Promise<Engine> {
  return async ({ stateDir, backendUrl, passphraseFile, secretsProvider, ...context }) => {
    const { report, s3UsePathStyle = false, exemptions } = context;
    const settings = engineSettings(environment);
    const port = createPulumiEngine({
      toolchain: await resolveToolchain(settings),
      stateDir,
      ...(backendUrl === undefined
        ? {}
        : { backendUrl, backend: await stackBackend(backendUrl, s3UsePathStyle), s3UsePathStyle }),
      ...(passphraseFile === undefined ? {} : { passphraseFile }),
      ...(secretsProvider === undefined ? {} : { secretsProvider }),
      policyPacks: [path.join(projectRoot(), "policies", "strongroom")],
      ...(exemptions === undefined ? {} : { exemptions }),
      environment,
      report,
      ...(childScript === undefined ? {} : { childScript }),
    });
    return {
      port,
      async check() {
        const found = await resolveToolchain(settings).then(
          () => true,
          () => false,
        );
        const detail = found ? "all parts are there" : "a part is missing; see strongroom doctor";
        return [{ name: "engine", ok: found, detail }];
      },
      recover: () => port.recover(),
      // Each operation's child process is ended by its run; nothing else is kept open.
      close: () => Promise.resolve(),
    };
  };
}
