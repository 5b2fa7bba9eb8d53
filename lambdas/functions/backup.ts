import { readConfig } from "../aws/config";
import { createFunctionPorts } from "../aws/function-ports";
import { backupFunction } from "../work/backup-function";

const config = readConfig(process.env);
const ports = createFunctionPorts("strongroom-backup", config);
const { organizationId, vaultAccountId } = config;

/** What Lambda calls: a batch of the work queue, or one order. */
export const handler = backupFunction({ ...ports, organizationId, vaultAccountId });
