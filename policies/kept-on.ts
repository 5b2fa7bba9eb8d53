import { EnforcementLevel, type ConfigureAnalyzerRequest } from "@pulumi/pulumi/proto/analyzer_pb";

import { JUDGE } from "./config-keys";

/** How the engine's call that hands a pack its configuration is read. */
export interface ConfigureCall {
  requestDeserialize: (bytes: Buffer) => ConfigureAnalyzerRequest;
}

/** What the configuration of a pack wanted of it. */
export interface Wish {
  turnedOff: boolean;
}

/**
 * Keeps the judge of a pack on, whatever `--policy-pack-config` says: `{"all": "disabled"}` would have @pulumi/policy pass
 * over it without a word. The level is put back where the engine hands it over, before the server reads it, and the judge
 * learns of it from the wish. Must be called before the pack's server starts.
 */
export function keepOn(call: ConfigureCall): Wish {
  const wish: Wish = { turnedOff: false };
  const read = call.requestDeserialize;
  call.requestDeserialize = (bytes) => {
    const request = read(bytes);
    const own = request.getPolicyconfigMap().get(JUDGE);
    wish.turnedOff = own?.getEnforcementlevel() === EnforcementLevel.DISABLED;
    if (wish.turnedOff) own?.setEnforcementlevel(EnforcementLevel.MANDATORY);
    return request;
  };
  return wish;
}
