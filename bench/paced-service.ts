// The service with a paced engine, as a process of its own: whoever measures it must not share its processor time slice by
// slice. Started with fork(); says where it is, and ends with the one that started it.
import { readConfig } from "../server/config";
import { startService } from "../server/main";
import { pacedEngine, type Pace } from "./paced-engine";

export interface PacedServiceReady {
  readonly url: string;
  readonly tokenFiles: Readonly<Record<string, string>>;
}

async function main(): Promise<void> {
  const pace = JSON.parse(process.argv[2] ?? "") as Pace;
  const service = await startService(readConfig(process.env), {
    engine: () =>
      Promise.resolve({
        port: pacedEngine(pace),
        check: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      }),
    logStream: process.stderr,
  });
  process.once("disconnect", () => void service.close().finally(() => process.exit(0)));
  const ready: PacedServiceReady = { url: service.url, tokenFiles: service.tokenFiles };
  process.send?.(ready);
}

void main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
