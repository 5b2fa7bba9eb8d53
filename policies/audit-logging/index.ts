import { startPack } from "../start-pack";

startPack("audit-logging");
