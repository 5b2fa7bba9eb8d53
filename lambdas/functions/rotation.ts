import { createRotationPorts, readRotationConfig } from "../aws/rotation-ports";
import { rotationFunction } from "../rotation/rotation-function";

const ports = createRotationPorts("strongroom-rotation-steps", readRotationConfig(process.env));

/** What Secrets Manager calls, step by step. */
export const handler = rotationFunction(ports);
