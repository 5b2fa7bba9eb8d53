import path from "node:path";

import type { StackLock } from "../ports";

/** A lock from its file's name and text. One that cannot be read is somebody's all the same: it has an id and no owner. */
export function parseLock(name: string, text: string): StackLock {
  const id = path.posix.basename(name, ".json");
  try {
    const { pid, username, hostname, timestamp } = JSON.parse(text) as Partial<StackLock>;
    return {
      id,
      ...(typeof pid === "number" ? { pid } : {}),
      ...(typeof username === "string" ? { username } : {}),
      ...(typeof hostname === "string" ? { hostname } : {}),
      ...(typeof timestamp === "string" ? { timestamp } : {}),
    };
  } catch {
    return { id };
  }
}
