import type { ProviderResource } from "@pulumi/pulumi";

import type { Connection, StackSpec } from "../stacks/spec";
import { stampTags } from "../stacks/stamp-tags";

import { access } from "./kinds/access";
import { member } from "./kinds/member";
import { vault } from "./kinds/vault";
import type { Outputs } from "./outputs";
import { accountProvider, cloudControlProvider } from "./provider";

/**
 * The program of a stack: the same resources for the same spec, whether the service or a laptop runs it. The connection
 * decides how the account is reached and never what is in it.
 *
 * @returns a Pulumi program; it resolves to the stack's outputs.
 */
export function programOf(spec: StackSpec, connection: Connection): () => Promise<Outputs> {
  // eslint-disable-next-line @typescript-eslint/require-await -- Pulumi asks for a promise; a throw becomes its rejection
  return async () => {
    switch (spec.kind) {
      case "access":
        return access(spec, accountProvider(spec, connection, spec.region));
      case "vault":
        return vault(spec, accountProvider(spec, connection, spec.primaryRegion));
      case "member":
        return member(spec, {
          aws: accountProvider(spec, connection, spec.regions[0] ?? ""),
          cloudControl: once((region) => cloudControlProvider(spec, connection, region)),
          tags: stampTags(spec),
        });
    }
  };
}

/** One provider for each Region, made when it is first asked for. */
function once(make: (region: string) => ProviderResource): (region: string) => ProviderResource {
  const made = new Map<string, ProviderResource>();
  return (region) => {
    const provider = made.get(region) ?? make(region);
    made.set(region, provider);
    return provider;
  };
}
