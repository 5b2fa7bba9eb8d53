import { readConfig } from "../aws/config";
import { createFunctionPorts } from "../aws/function-ports";
import { rotatePorts } from "../aws/rotate-ports";
import { rotateFunction } from "../rotate/rotate-function";

const config = readConfig(process.env);
const rotate = rotateFunction(
  rotatePorts(
    createFunctionPorts("strongroom-rotate", config),
    process.env["STRONGROOM_ROTATION_QUEUE_URL"],
  ),
);

/** What Lambda calls: an order of the schedule or the service, or a batch of the function's own queue. */
export const handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) =>
  rotate(event, () => context.getRemainingTimeInMillis());
