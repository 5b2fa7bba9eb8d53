import { readConfig } from "../aws/config";
import { createFunctionPorts } from "../aws/function-ports";
import { restorePorts } from "../aws/restore-ports";
import { restore } from "../restore/restore";

const config = readConfig(process.env);
const ports = restorePorts(createFunctionPorts("strongroom-restore", config));

/** What Lambda calls: an order to plan a restore or to write it. */
export const handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) =>
  restore(event, ports, () => context.getRemainingTimeInMillis());
