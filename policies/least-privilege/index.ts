import { startPack } from "../start-pack";

startPack("least-privilege");
