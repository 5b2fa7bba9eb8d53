import { readConfig } from "../aws/config";
import { drillPorts } from "../aws/drill-ports";
import { createFunctionPorts } from "../aws/function-ports";
import { drill } from "../drill/drill";

const config = readConfig(process.env);
const ports = drillPorts(createFunctionPorts("strongroom-drill", config));

/** What Lambda calls: an order of the service or of the schedule to hold a drill. */
export const handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) =>
  drill(event, ports, () => context.getRemainingTimeInMillis());
