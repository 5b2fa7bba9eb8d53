import type { ProgramOf } from "./child";
import { brokenProgram, serveChild } from "./child";

/** The child process of the product: runs the stacks' own programs. Loaded late, so that a broken one is a clear error. */
let programOf: ProgramOf;
try {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- compiled to CommonJS, and synchronous on purpose
  ({ programOf } = require("../../programs/program") as { programOf: ProgramOf });
} catch (error) {
  programOf = brokenProgram(error);
}
serveChild(programOf);
