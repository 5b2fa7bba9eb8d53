import type { StackLocks } from "../ports";
import { fileLocks } from "./file-locks";

/** Backends whose locks we do not know how to read: none is ever removed there. */
const UNKNOWN: StackLocks = {
  list: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
};

/** The locks of a state backend. S3's client is loaded where it is needed only. */
export async function stackLocks(backendUrl: string, s3PathStyle: boolean): Promise<StackLocks> {
  if (backendUrl.startsWith("file://")) return fileLocks(backendUrl);
  if (!backendUrl.startsWith("s3://")) return UNKNOWN;
  const { s3Locks } = await import("./s3-locks.js");
  return s3Locks(backendUrl, s3PathStyle);
}
