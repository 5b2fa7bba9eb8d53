import { spawn } from "node:child_process";
import { AppError } from "../../stacks/errors";

const PROGRESS_MS = 10_000;
const MESSAGE_LINES = 12;

/** Runs `go` and returns its output. Throws `ENGINE_MISSING` with the end of its messages. */
export async function go(
  folder: string,
  arguments_: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<string> {
  const child = spawn("go", arguments_, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  const messages: string[] = [];
  let rest = "";
  child.stdout.on("data", (data: Buffer) => output.push(data));
  child.stderr.on("data", (data: Buffer) => {
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      onLine(line);
      messages.push(line);
      if (messages.length > MESSAGE_LINES) messages.shift();
    }
  });
  const stop = (): void => void child.kill();
  process.once("exit", stop);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  })
    .catch((error: unknown) => {
      throw noGo(error);
    })
    .finally(() => process.off("exit", stop));
  if (code !== 0) {
    const told = [...messages, rest].filter((line) => line !== "").join("\n");
    throw new AppError(
      "ENGINE_MISSING",
      `go ${arguments_[0] ?? ""} failed (${String(code)}):\n${told}`,
      {
        action:
          "Check that the Go module proxy (`go env GOPROXY`) can be reached and that the disk has 3 GB free.",
      },
    );
  }
  return Buffer.concat(output).toString();
}

function noGo(cause: unknown): AppError {
  return new AppError("ENGINE_MISSING", "Go is needed to build the engine and is not on PATH.", {
    action: "Install Go 1.25 or later, or let this machine reach get.pulumi.com.",
    cause,
  });
}

export interface GoTarget {
  /** Folder of the Go module. */
  readonly folder: string;
  readonly package: string;
  /** The executable to write. */
  readonly file: string;
  /** Added to the linker's flags, with a space before it. */
  readonly linkerFlags: string;
}

/** Builds one package and reports every ten seconds how far it is. */
export async function goBuild(target: GoTarget, report: (line: string) => void): Promise<void> {
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  let downloaded = 0;
  let compiled = 0;
  const count = (line: string): void => {
    if (line.startsWith("go: downloading")) downloaded += 1;
    else compiled += 1;
  };
  const progress = setInterval(
    () =>
      report(`  ${compiled} packages compiled, ${downloaded} modules downloaded, ${seconds()} s`),
    PROGRESS_MS,
  );
  try {
    // -trimpath: the result does not depend on where the checkout is. -s -w: no debug tables, a third smaller.
    const flags = [
      "-v",
      "-trimpath",
      "-buildvcs=false",
      "-mod=readonly",
      `-ldflags=-s -w${target.linkerFlags}`,
    ];
    await go(target.folder, ["build", ...flags, "-o", target.file, target.package], count);
  } finally {
    clearInterval(progress);
  }
  report(`  done in ${seconds()} s`);
}
