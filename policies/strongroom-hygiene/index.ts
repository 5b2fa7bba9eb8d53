import { startPack } from "../start-pack";

startPack("strongroom-hygiene");
