import { createRotationPorts, readRotationConfig } from "../aws/rotation-ports";
import { rotationFunction } from "../rotation/rotation-function";

const ports = createRotationPorts("strongroom-rotation", readRotationConfig(process.env));

/** What Secrets Manager calls, once for each step of a rotation. */
export const handler = rotationFunction(ports);
