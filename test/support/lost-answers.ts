/**
 * Shows in a test's output that the emulator gave a lost answer again, or that something went wrong inside it: both
 * explain a failure far away from its cause. For the `onLog` of `startEmulator`.
 */
export function tellLostAnswers(line: string): void {
  if (/was lost and is given again|Error\b|Traceback/.test(line))
    process.stderr.write(`emulator: ${line}\n`);
}
