import { createRequire } from "node:module";

import { PolicyPack } from "@pulumi/policy";

import { keepOn, type ConfigureCall } from "./kept-on";
import { packArgs } from "./pack";
import type { PackName } from "./rules";

/** Starts the server of a pack, which is what a pack's process is for; tests import the rules, never this. */
export function startPack(name: PackName): void {
  // The very module that @pulumi/policy serves by: an installation can hold several versions of it.
  const ofPolicy = createRequire(require.resolve("@pulumi/policy"));
  const { AnalyzerService } = ofPolicy("@pulumi/pulumi/proto/analyzer_grpc_pb") as {
    readonly AnalyzerService: { readonly configure: ConfigureCall };
  };
  new PolicyPack(name, packArgs(name, keepOn(AnalyzerService.configure)));
}
