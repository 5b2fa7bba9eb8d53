import { startPack } from "../start-pack";

startPack("secrets-encryption");
