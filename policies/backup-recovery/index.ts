import { startPack } from "../start-pack";

startPack("backup-recovery");
