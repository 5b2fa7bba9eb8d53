import { stringify } from "yaml";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { Connection, StackSpec } from "../../stacks/spec";

/** How a stack's secrets are encrypted, as its settings file and its state say it. */
export interface SecretsSettings {
  readonly secretsprovider?: string;
  readonly encryptedkey?: string;
  readonly encryptionsalt?: string;
}

/** The project file of a work folder. Runs in the service are inline, so it names no program. */
export function projectFile(backendUrl: string): string {
  return stringify({ name: PROJECT, runtime: "nodejs", backend: { url: backendUrl } });
}

/**
 * The settings file of a stack, written as a whole: one `pulumi config set` process for each value would cost more than
 * the preview. Default providers are off, so that nothing is ever made with the service's own credentials.
 */
export function stackFile(
  spec: StackSpec,
  connection: Connection,
  secrets: SecretsSettings,
): string {
  return stringify({
    ...secrets,
    config: {
      "pulumi:disable-default-providers": ["*"],
      [`${PROJECT}:spec`]: spec,
      [`${PROJECT}:connection`]: connection,
    },
  });
}

/** The name of the settings file of a stack. */
export const stackFileName = (stamp: StampName): string => `Pulumi.${stamp}.yaml`;
