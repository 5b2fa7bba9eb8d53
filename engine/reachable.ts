import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { EngineSettings } from "./config";

const TIMEOUT_MS = 3000;
/** How long an answer is believed: a laptop moves between networks, a build machine does not. */
const REMEMBERED_MS = 15 * 60_000;

interface Answer {
  readonly site: string;
  readonly reachable: boolean;
  readonly at: number;
}

/** Whether Pulumi's download site answers. Asked once with a short timeout, then remembered for a quarter of an hour. */
export async function isReachable(settings: EngineSettings): Promise<boolean> {
  const site = settings.downloadSite;
  if (site === "off") return false;
  const file = path.join(settings.home, "reachable.json");
  const known = readAnswer(file);
  if (known?.site === site && Date.now() - known.at < REMEMBERED_MS) return known.reachable;
  const reachable = await answers(site);
  mkdirSync(settings.home, { recursive: true });
  writeFileSync(file, JSON.stringify({ site, reachable, at: Date.now() } satisfies Answer));
  return reachable;
}

async function answers(site: string): Promise<boolean> {
  try {
    const response = await fetch(site, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT_MS) });
    // A proxy that refuses answers too, but not with the site's own statuses.
    return response.status < 400 || response.status === 404;
  } catch {
    return false;
  }
}

function readAnswer(file: string): Answer | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Answer;
  } catch {
    return undefined;
  }
}
