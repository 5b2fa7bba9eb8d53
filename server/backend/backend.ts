import type { StackBackend } from "../ports";
import { fileLocks } from "./file-locks";
import { fileStates } from "./file-states";

/** Backends that we do not know how to read: no lock is ever removed there. */
const UNKNOWN: StackBackend = {
  locks: { list: () => Promise.resolve([]), remove: () => Promise.resolve() },
};

/** A `file://` backend; of any other sort nothing is known without waiting. */
export function fileBackend(backendUrl: string): StackBackend {
  if (!backendUrl.startsWith("file://")) return UNKNOWN;
  return { locks: fileLocks(backendUrl), states: fileStates(backendUrl) };
}

/** The locks and states of a backend, in files or in S3, whose client is loaded where it is needed only. */
export async function stackBackend(
  backendUrl: string,
  s3PathStyle: boolean,
): Promise<StackBackend> {
  if (!backendUrl.startsWith("s3://")) return fileBackend(backendUrl);
  const [{ parseS3Backend, s3Client }, { s3Locks }, { s3States }] = await Promise.all([
    import("./s3-client.js"),
    import("./s3-locks.js"),
    import("./s3-states.js"),
  ]);
  const backend = parseS3Backend(backendUrl);
  const client = s3Client(backend, s3PathStyle);
  return { locks: s3Locks(client, backend), states: s3States(client, backend) };
}
