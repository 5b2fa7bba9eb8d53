// What `pulumi up` runs: one stack of Strongroom, from the stack's own configuration. The service runs the same program
// inline (`programOf`), so both make the same resources.
import * as pulumi from "@pulumi/pulumi";

import { AppError } from "../stacks/errors";

import { readInput } from "./input";
import type { Outputs } from "./outputs";
import { programOf } from "./program";

export = async (): Promise<Outputs> => {
  try {
    const config = new pulumi.Config("strongroom");
    const { spec, connection } = readInput(
      pulumi.getStack(),
      config.requireObject("spec"),
      config.requireObject("connection"),
    );
    return await programOf(spec, connection)();
  } catch (error) {
    throw error instanceof AppError ? new pulumi.RunError(explain(error)) : error;
  }
};

/** The whole of an error as text: the engine prints it as it is, without a stack trace. */
function explain(error: AppError): string {
  return [
    `${error.code}: ${error.message}`,
    ...error.problems.map(({ pointer, message }) => `  ${pointer ?? ""} ${message}`),
    ...(error.action === undefined ? [] : [error.action]),
  ].join("\n");
}
