import { startEmulator, type Emulator } from "../emulator/start";

/** Starts a fresh organization for some work, with the same secrets' values each time, and ends it afterwards. */
export async function withEmulator<T>(
  memberCount: number,
  work: (emulator: Emulator) => Promise<T>,
): Promise<T> {
  const emulator = await startEmulator({ valueSeed: "bench", memberCount });
  Object.assign(process.env, emulator.env);
  try {
    return await work(emulator);
  } finally {
    await emulator.stop();
  }
}
