import { EXIT } from "./failure";
import { realParts } from "./parts";
import { runCli } from "./program";
import { terminal } from "./terminal";

/** The entrance of `strongroom`: the only file that reads the arguments and ends the process. */
async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const io = terminal(process, argv.includes("--no-color"));
  try {
    return await runCli(argv, io, realParts);
  } catch (error) {
    io.err(
      `Something went wrong in Strongroom itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT.failed;
  }
}

void main().then((code) => {
  // Output that waits in a pipe is written before the end; whatever else is still open must not keep the process.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
});
