import type { DrillRequest, Member, RestoreItem, RestoreRequest } from "../../lambdas/model";
import { drillIdOf, drillKey, DRILL_PREFIX, ROTATIONS_PREFIX } from "../../lambdas/core/keys";
import type { RotationNote } from "../../lambdas/rotation-model";
import { mapBounded } from "../../stacks/at-once";
import { digest } from "../../stacks/digest";
import { AppError } from "../../stacks/errors";
import type { VaultPort } from "../vault-ports";
import { readCoverage, readReport, readRestore, readRotateAnswer, readRotations } from "./answers";
import { listBelow, readJson } from "./bucket";
import { type VaultClients, vaultClients, type VaultSettings } from "./clients";
import { type AskedFunction, invoke } from "./invoke";

export interface VaultAdapterOptions {
  /** Read for each call, so that an edit of the fleet file counts without a restart. */
  readonly settings: () => Promise<VaultSettings>;
  /** For endpoints without wildcard DNS. */
  readonly s3UsePathStyle: boolean;
  /** For tests; by default made from the environment (credentials, AWS_ENDPOINT_URL). */
  readonly clients?: (settings: VaultSettings) => VaultClients;
}

const COVERAGE = /^coverage\/\d{12}\.json$/;
const ROTATIONS = /^coverage\/rotations\/\d{12}\.json$/;
/** Objects that are read at the same time. */
const PARALLEL_READS = 16;

/**
 * The door to the vault's functions, through the role `strongroom-operator` of the vault account. It calls functions and
 * reads what they say; the backups themselves are out of that role's reach.
 */
export function createVaultAdapter(options: VaultAdapterOptions): VaultPort {
  const make =
    options.clients ??
    ((settings: VaultSettings) => vaultClients(settings, options.s3UsePathStyle));
  let last: { readonly of: string; readonly clients: VaultClients } | undefined;

  async function clients(): Promise<VaultClients> {
    const settings = await options.settings();
    const of = digest(settings);
    if (last?.of !== of) last = { of, clients: make(settings) };
    return last.clients;
  }

  async function ask(
    which: AskedFunction,
    request: object,
    signal?: AbortSignal,
    place: "primary" | "recovery" = "primary",
  ): Promise<unknown> {
    return invoke(await clients(), which, place, request, signal);
  }

  const restore = async (request: RestoreRequest, signal?: AbortSignal) => {
    const place = request.fromRecoveryRegion ? "recovery" : "primary";
    return readRestore(await ask("restore", request, signal, place));
  };

  /** Asks again behind `next` until there is nothing left. */
  async function restoreAll(
    request: RestoreRequest,
    onPart: (items: readonly RestoreItem[]) => void,
    signal?: AbortSignal,
  ) {
    const items: RestoreItem[] = [];
    let after: string | undefined;
    for (;;) {
      const answer = await restore(
        { ...request, ...(after === undefined ? {} : { after }) },
        signal,
      );
      items.push(...answer.items);
      onPart(answer.items);
      if (answer.next === undefined) return { planDigest: answer.planDigest, items };
      if (answer.next === after) {
        throw new AppError("VAULT_ANSWER", "the restore does not get any further", {
          action: `It stands at ${answer.next}; look at the function's log in the vault account.`,
        });
      }
      after = answer.next;
    }
  }

  return {
    async sweepAccount({ member, backup }, signal) {
      return readCoverage(await ask("sweep", { order: "sweep-account", member, backup }, signal));
    },
    async sweepAll(members: readonly Member[], signal) {
      await ask("sweep", { order: "sweep-all", members }, signal);
    },
    restorePlan: (request, signal) =>
      restoreAll({ ...request, order: "plan" }, () => undefined, signal),
    restoreWrite: (request, onPart, signal) =>
      restoreAll({ ...request, order: "write" }, onPart, signal),
    async drill(request: DrillRequest, signal) {
      return readReport(await ask("drill", request, signal));
    },
    async coverage() {
      const using = await clients();
      const keys = (await listBelow(using, "coverage/")).filter(({ key }) => COVERAGE.test(key));
      const found = await mapBounded(keys, PARALLEL_READS, ({ key }) => readJson(using, key));
      // One that was taken away between the two calls is one that is not there.
      return found.filter((document) => document !== undefined).map(readCoverage);
    },
    async drillIds() {
      const found = await listBelow(await clients(), DRILL_PREFIX);
      return found
        .toSorted((a, b) => b.at - a.at || (a.key < b.key ? 1 : -1))
        .flatMap(({ key }) => {
          const id = drillIdOf(key);
          return id === undefined ? [] : [id];
        });
    },
    async rotate(request, onPart, signal) {
      const items: RotationNote[] = [];
      let after = request.after;
      for (;;) {
        const part = { ...request, ...(after === undefined ? {} : { after }) };
        const answer = readRotateAnswer(await ask("rotate", part, signal));
        items.push(...answer.items);
        onPart(answer.items);
        if (answer.next === undefined || answer.next === after) return { items };
        after = answer.next;
      }
    },
    async rotations() {
      const using = await clients();
      const keys = await listBelow(using, ROTATIONS_PREFIX);
      const found = await mapBounded(
        keys.filter(({ key }) => ROTATIONS.test(key)),
        PARALLEL_READS,
        ({ key }) => readJson(using, key),
      );
      return found.filter((document) => document !== undefined).map(readRotations);
    },
    async drillReport(id) {
      const document = await readJson(await clients(), drillKey(id));
      return document === undefined ? undefined : readReport(document);
    },
  };
}
