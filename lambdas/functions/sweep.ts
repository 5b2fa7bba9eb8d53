import { readConfig } from "../aws/config";
import { createFunctionPorts } from "../aws/function-ports";
import { sweepFunction } from "../work/sweep-function";

const config = readConfig(process.env);
const ports = createFunctionPorts("strongroom-sweep", config);
const { organizationId, vaultAccountId } = config;

/** What Lambda calls: an order of the schedule or the service, or a batch of the function's own queue. */
export const handler = sweepFunction({ ...ports, organizationId, vaultAccountId });
