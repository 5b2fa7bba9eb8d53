import { setTimeout as sleep } from "node:timers/promises";

import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SSMClient } from "@aws-sdk/client-ssm";

import { createPostJson } from "../net/post-json";
import { FunctionError } from "../ports";
import type { Enroller, RotatePorts } from "../rotate/ports";
import { NAMES } from "../../stacks/naming";

import { clientSettings } from "./clients";
import { createEnroller } from "./enroller";
import type { FunctionPorts } from "./function-ports";
import { sessionsOf } from "./members";
import { createRotationMetrics } from "./metrics";
import { createQueue } from "./queues";

/** A call of a function takes as long as the function: milliseconds. */
const FUNCTION_MS = 150_000;

/**
 * Puts the ports of the rotate function together.
 *
 * @throws FunctionError `CONFIG_INVALID` without a queue.
 */
export function rotatePorts(ports: FunctionPorts, queueUrl: string | undefined): RotatePorts {
  if (queueUrl === undefined || queueUrl === "") {
    throw new FunctionError(
      "CONFIG_INVALID",
      "STRONGROOM_ROTATION_QUEUE_URL is not set. Stamp the vault account again.",
      false,
    );
  }
  const { config, clients, clock, log } = ports;
  const sts = clients.sts(config.primaryRegion);
  const sessions = sessionsOf(sts, config, NAMES.functionRoles.rotate, clock);
  const enroller = (accountId: string, region: string): Enroller => {
    const credentials = () => sessions(NAMES.enrollerRole, accountId, region);
    const settings = { ...clientSettings(config, {}, region), credentials };
    return createEnroller(
      {
        secrets: clients.secrets(region, credentials),
        lambda: new LambdaClient({
          ...settings,
          requestHandler: { ...settings.requestHandler, requestTimeout: FUNCTION_MS },
        }),
        ssm: new SSMClient(settings),
        events: new EventBridgeClient(settings),
      },
      `${accountId} in ${region}`,
    );
  };
  return {
    vaultAccountId: config.vaultAccountId,
    enroller,
    bucket: ports.bucket,
    work: ports.work,
    rotations: createQueue(clients.sqs(config.primaryRegion), queueUrl),
    post: createPostJson(),
    metrics: createRotationMetrics(clock),
    log,
    clock,
    random: ports.random,
    wait: (milliseconds) => sleep(milliseconds),
  };
}
