import { readFileSync } from "node:fs";
import path from "node:path";

import { AppError } from "../../stacks/errors";
import type { ServiceConfig } from "../config";
import type { Clock } from "../ports";
import { secretFile } from "../secret-file";
import type { Store } from "../store/types";
import type { WebhookService } from "../webhook-ports";
import { secretBox } from "./secrets";
import { WebhookSender } from "./sender";
import { createWebhookService } from "./service";

/** Shorter than this is not a key. Characters. */
const SHORTEST_KEY = 32;

/** What webhooks are made of in a service. */
export interface Webhooks {
  readonly service: WebhookService;
  readonly sender: WebhookSender;
}

/** Puts the webhooks of a service together; the sender still has to be started. Throws `SPEC_SETTINGS` for a bad key file. */
export function openWebhooks(
  config: Pick<ServiceConfig, "stateDir" | "webhooks">,
  parts: {
    readonly store: Pick<Store, "transaction" | "webhooks">;
    readonly organizationId: string;
    readonly version: string;
    readonly clock: Clock;
    readonly report: (line: string) => void;
  },
): Webhooks {
  const { stateDir, webhooks } = config;
  const { store, organizationId, version, clock, report } = parts;
  const box = secretBox(
    keyText(webhooks.keyFile ?? secretFile(path.join(stateDir, "webhook-key"))),
  );
  const { rules } = webhooks;
  return {
    service: createWebhookService({ store, box, rules, clock }),
    sender: new WebhookSender({
      store,
      box,
      rules,
      source: `urn:strongroom:${organizationId}`,
      userAgent: `strongroom/${version}`,
      clock,
      report,
    }),
  };
}

function keyText(file: string): string {
  let text = "";
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw badKey(`cannot be read (${code})`, cause);
  }
  if (text.length < SHORTEST_KEY) throw badKey(`is shorter than ${SHORTEST_KEY} characters`);
  return text;
}

const badKey = (what: string, cause?: unknown): AppError =>
  new AppError("SPEC_SETTINGS", `The key file of webhooks ${what}.`, {
    action:
      "Make one with `openssl rand -base64 32`, readable by the service only, and set STRONGROOM_WEBHOOK_KEY_FILE to it.",
    cause,
  });
