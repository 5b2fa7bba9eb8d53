import type { Log } from "../ports";

/** Takes one line, without its end. */
export type WriteLine = (line: string) => void;

/** CloudWatch Logs takes each line of the output as one event. */
export const toOutput: WriteLine = (line) => void process.stdout.write(`${line}\n`);

/** The log as JSON lines. */
export function createLog(functionName: string, write: WriteLine = toOutput): Log {
  const line =
    (level: string): Log["info"] =>
    (message, fields) =>
      write(JSON.stringify({ level, function: functionName, message, ...fields }));
  return { info: line("info"), warn: line("warn") };
}
