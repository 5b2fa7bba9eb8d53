import { placeOfArn } from "../core/arn";
import { rotationsKey } from "../core/keys";
import { inScope, isDrillCopy } from "../core/scope";
import { derivedUuid } from "../core/uuid";
import type { Member } from "../model";
import type {
  AccountRotations,
  MemberRotation,
  RotateOrder,
  RotationItem,
  RotationNote,
} from "../rotation-model";
import { asFunctionError } from "../work/retry";
import { mapBounded } from "../../stacks/at-once";
import { NAMES, partitionOf } from "../../stacks/naming";

import { enrolmentOf, enrolmentStep, markOf, type EnrolmentStep } from "./enrolment";
import { notesOf } from "./notes";
import type { Enroller, RotatePorts, SeenSecret } from "./ports";
import { isOpen, nextRotation } from "./schedule";

/** Secrets of one Region that something is done about at the same time: below what Secrets Manager allows an account. */
const AT_ONCE = 5;
/** Wait after a failure, doubled with each further one, and the longest: milliseconds. */
const FIRST_WAIT_MS = 30 * 60_000;
const LONGEST_WAIT_MS = 86_400_000;
const DAY_MS = 86_400_000;

export interface AccountLook {
  readonly rotations: AccountRotations;
  /** Something failed that may pass. */
  readonly retry: boolean;
}

/**
 * Looks at all secrets of one account: sets the rotation up where one is to be rotated, cancels it where one is not any
 * more, starts what is due, and writes down how each stands. A Region that cannot be looked at does not keep the others
 * from it; its items are then those of the last look.
 *
 * @param begin false: nothing is started, only looked at and enrolled.
 */
export async function lookAtAccount(
  ports: RotatePorts,
  member: Member,
  begin: boolean,
): Promise<AccountLook> {
  const { rotation } = member;
  const notes = await notesOf(ports.bucket, member.accountId);
  const before = await lastLook(ports, member.accountId);
  const items: RotationItem[] = [];
  const errors: { readonly region: string; readonly code: string; readonly message: string }[] = [];
  let retry = false;
  const due: RotateOrder[] = [];
  for (const region of member.regions) {
    try {
      for (const one of await lookAtRegion(ports, member, region, notes)) {
        items.push(one.item);
        if (one.due !== undefined) due.push(one.due);
      }
    } catch (thrown) {
      const error = asFunctionError(thrown);
      retry ||= error.retry;
      errors.push({ region, code: error.code, message: error.message });
      items.push(...(before?.items ?? []).filter((item) => item.region === region));
    }
  }
  const [failed] = errors;
  const rotations: AccountRotations = {
    schema: 1,
    accountId: member.accountId,
    environment: member.environment,
    lookedAt: ports.clock.now().toISOString(),
    items,
    ...(failed === undefined
      ? {}
      : {
          error: {
            code: failed.code,
            message: `${errors.map(({ region }) => region).join(", ")} could not be looked at: ${failed.message}`,
          },
        }),
  };
  await ports.bucket.write(rotationsKey(member.accountId), Buffer.from(JSON.stringify(rotations)));
  if (begin && rotation !== undefined) await ports.rotations.send(due);
  ports.metrics.overdue(member, items.filter(({ state }) => state === "overdue").length);
  ports.log.info("Looked at rotations", {
    account: member.accountId,
    enrolled: items.length,
    due: due.length,
  });
  return { rotations, retry };
}

/** How the rotations of an account stood at the last look; undefined where there was none. */
export async function lastLook(
  { bucket }: Pick<RotatePorts, "bucket">,
  accountId: string,
): Promise<AccountRotations | undefined> {
  const body = await bucket.read(rotationsKey(accountId));
  return body === undefined
    ? undefined
    : (JSON.parse(Buffer.from(body).toString("utf8")) as AccountRotations);
}

interface Looked {
  readonly item: RotationItem;
  readonly due?: RotateOrder;
}

async function lookAtRegion(
  ports: RotatePorts,
  member: Member,
  region: string,
  notes: ReadonlyMap<string, RotationNote>,
): Promise<Looked[]> {
  const enroller = ports.enroller(member.accountId, region);
  const secrets: SeenSecret[] = [];
  for await (const secret of enroller.list()) {
    if (isOurs(ports, member, region, secret)) secrets.push(secret);
  }
  const looked = await mapBounded(secrets, AT_ONCE, (secret) =>
    lookAtSecret(ports, member, { enroller, region, secret }, notes.get(secret.arn)),
  );
  return looked.filter((one) => one !== undefined);
}

/** Secrets in scope that live here and that no other AWS service looks after. */
function isOurs(
  { vaultAccountId }: RotatePorts,
  member: Member,
  region: string,
  secret: SeenSecret,
): boolean {
  const { deleted, primaryRegion, owningService, name } = secret;
  const isPrimary = primaryRegion === undefined || primaryRegion === region;
  const isCopy = isDrillCopy(vaultAccountId, { accountId: member.accountId, name });
  return !deleted && isPrimary && owningService === undefined && !isCopy;
}

interface Here {
  readonly enroller: Enroller;
  readonly region: string;
  readonly secret: SeenSecret;
}

async function lookAtSecret(
  ports: RotatePorts,
  member: Member,
  { enroller, region, secret }: Here,
  note: RotationNote | undefined,
): Promise<Looked | undefined> {
  const { rotation } = member;
  const place = placeOfArn(secret.arn);
  if (place === undefined) return undefined;
  const enrolment =
    rotation !== undefined && inScope(member.scope, secret)
      ? enrolmentOf(secret, rotation)
      : undefined;
  const everyDays = rotation?.everyDays ?? 1;
  const functionArn = functionIn(member.accountId, region);
  const now = ports.clock.now();
  const step = enrolmentStep(secret, enrolment, functionArn, everyDays, now);
  const wrong = await carriedOut(enroller, secret, step, functionArn, everyDays);
  if (wrong !== undefined) {
    ports.log.warn("A secret could not be enrolled", { secret: secret.arn, reason: wrong });
  }
  if (rotation === undefined || enrolment === undefined) return undefined;
  const about = { ...place, arn: secret.arn, rotator: enrolment.rotator, enrolledBy: enrolment.by };
  const failures = note?.failures ?? 0;
  if (step.kind === "foreign") return { item: { ...about, state: "foreign", failures } };
  if (wrong !== undefined) {
    return { item: { ...about, state: "not-set-up", failures, reason: wrong } };
  }
  return standing({ about, secret, note, rotation, member, now });
}

const functionIn = (accountId: string, region: string): string =>
  `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${NAMES.rotationFunction}`;

/** Does a step; why it failed where it did. One secret that cannot be enrolled keeps no other from it. */
async function carriedOut(
  enroller: Enroller,
  { arn }: SeenSecret,
  step: EnrolmentStep,
  functionArn: string,
  everyDays: number,
): Promise<string | undefined> {
  try {
    if (step.kind === "leave") {
      if (step.cancel) await enroller.cancel(arn);
      if (step.unmark.length > 0) await enroller.unmark(arn, step.unmark);
    } else if (step.kind === "enrol") {
      if (step.unmark.length > 0) await enroller.unmark(arn, step.unmark);
      if (Object.keys(step.mark).length > 0) await enroller.mark(arn, step.mark);
      await enroller.setUp(arn, functionArn, everyDays);
    }
    return undefined;
  } catch (thrown) {
    const error = asFunctionError(thrown);
    return `${error.code}: ${error.message}`;
  }
}

interface Standing {
  readonly about: Omit<RotationItem, "state" | "failures">;
  readonly secret: SeenSecret;
  readonly note: RotationNote | undefined;
  readonly rotation: MemberRotation;
  readonly member: Member;
  readonly now: Date;
}

/** How an enrolled secret stands, and the order to rotate it where that is due. */
function standing({ about, secret, note, rotation, member, now }: Standing): Looked {
  const { lastAt } = secret.rotation;
  const past = {
    since: markOf(secret.tags)?.since ?? now,
    ...(lastAt === undefined ? {} : { lastAt }),
  };
  const next = nextRotation(secret.arn, past, rotation);
  const failures = note?.failures ?? 0;
  const failed = note !== undefined && note.outcome !== "rotated";
  const waits = failed ? Date.parse(note.endedAt) + waitAfter(failures) : 0;
  const limit = (lastAt ?? past.since).getTime() + (rotation.everyDays + 1) * DAY_MS;
  const isRotating = Object.values(secret.stages).some(
    (labels) => labels.includes("AWSPENDING") && !labels.includes("AWSCURRENT"),
  );
  const state =
    now.getTime() > limit ? "overdue" : failed ? "failed" : isRotating ? "rotating" : "scheduled";
  const item: RotationItem = {
    ...about,
    state,
    failures,
    ...(lastAt === undefined ? {} : { lastRotatedAt: lastAt.toISOString() }),
    nextRotationAt: new Date(Math.max(next.getTime(), waits)).toISOString(),
    ...(failed && note.message !== undefined
      ? { reason: `${note.code ?? ""}: ${note.message}` }
      : {}),
  };
  const isDue = now >= next && now.getTime() >= waits && isOpen(now, rotation.window);
  if (!isDue) return { item };
  return {
    item,
    due: {
      order: "rotate",
      member,
      region: about.region,
      arn: secret.arn,
      // The same at the next look, where this one is still waiting; another one after a failure.
      token: derivedUuid([secret.arn, next.toISOString(), failures]),
      cause: "schedule",
    },
  };
}

const waitAfter = (failures: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1));
