import { readOrganizationFile } from "../../emulator/organization-file";
import type { Emulator } from "../../emulator/start";
import { organizationOf } from "../../server/cli/commands/plan";
import type { RunRecord } from "../../server/runs-ports";
import type { RestoreOptions } from "../../server/vault-ports";
import { mapBounded } from "../../stacks/at-once";
import { parseFleetFile } from "../../stacks/fleet-file";
import { stampName } from "../../stacks/naming";
import { specFor } from "../../stacks/specs";
import { watchFunctions, type Stretch } from "../function-work";
import { reachableMembers } from "../members";
import type { BenchOptions } from "../options";
import { addSecrets, destroySecrets, secretsOf, secretsToAdd, type SecretToAdd } from "../secrets";
import { withEmulator } from "../with-emulator";
import { withService, type BenchService } from "../with-service";

/** One thing that the vault's functions did, asked for through the service. */
export interface BackupStep extends Omit<Stretch<unknown>, "outcome"> {
  readonly step: "backup" | "sweep" | "plan-one" | "restore-one" | "plan-all" | "restore-all";
  /** Secrets that it was about. */
  readonly secrets: number;
}

/** An account whose secrets were kept. */
export interface BackupAccount {
  readonly id: string;
  readonly secrets: number;
  /** In each of which its secrets are listed. */
  readonly regions: number;
}

/** What the part `backups` measured. */
export interface BackupsReport {
  readonly accounts: readonly BackupAccount[];
  readonly steps: readonly BackupStep[];
}

/** Accounts whose secrets are listed at the same time. */
const AT_ONCE = 8;

/**
 * Stamps the vault and some accounts, then has the service back all secrets up, look again, and bring back one and then
 * all after they were destroyed: the deployed functions do it, with the stamped roles.
 */
export async function runBackups(
  folder: string,
  { secrets, backupAccounts, concurrency }: BenchOptions,
  say: (line: string) => void,
): Promise<BackupsReport> {
  const { ids, memberCount } = reachableMembers(await readOrganizationFile(), backupAccounts);
  return withEmulator(memberCount, async (emulator) => {
    const all = await fill(emulator, ids, secrets);
    return withService({ emulator, folder, say }, concurrency, async (service) => {
      say(`backups: stamping the vault and ${ids.length} accounts`);
      const accounts = [emulator.organization.vaultAccountId, ...ids];
      await service.run({ operation: "up", target: { accounts } });
      const steps = await measure({ emulator, service, ids, all, say });
      return { accounts: await accountsOf(service, ids, all), steps };
    });
  });
}

/** Sees to it that the accounts hold so many secrets, and says which they hold. */
async function fill(
  emulator: Emulator,
  ids: readonly string[],
  total: number,
): Promise<readonly SecretToAdd[]> {
  const look = async () =>
    (await mapBounded(ids, AT_ONCE, (id) => secretsOf(emulator, id))).map(
      (found, index) => [ids[index] ?? "", found] as const,
    );
  const present = new Map((await look()).map(([id, found]) => [id, found.length]));
  await addSecrets(emulator, secretsToAdd(present, total));
  return (await look()).flatMap(([, found]) => found);
}

async function accountsOf(
  { client, fleetText }: BenchService,
  ids: readonly string[],
  all: readonly SecretToAdd[],
): Promise<readonly BackupAccount[]> {
  const fleet = parseFleetFile(fleetText, "fleet.yaml");
  const organization = organizationOf(await client.accounts(false));
  return ids.map((id) => {
    const spec = specFor(fleet, organization, stampName("member", id));
    return {
      id,
      secrets: all.filter(({ accountId }) => accountId === id).length,
      regions: spec.kind === "member" ? spec.regions.length : 0,
    };
  });
}

interface Scene {
  readonly emulator: Emulator;
  readonly service: BenchService;
  readonly ids: readonly string[];
  readonly all: readonly SecretToAdd[];
  readonly say: (line: string) => void;
}

async function measure(scene: Scene): Promise<readonly BackupStep[]> {
  const { emulator, service, ids, all, say } = scene;
  const steps: BackupStep[] = [];
  const step = async (
    name: BackupStep["step"],
    about: number,
    work: () => Promise<RunRecord>,
  ): Promise<RunRecord> => {
    say(`backups: ${name} of ${about} secrets`);
    const { outcome, ...watched } = await watchFunctions(emulator, work);
    steps.push({ step: name, secrets: about, ...watched });
    return outcome;
  };
  const backup = () => service.run({ operation: "backup", target: { accounts: ids } });
  await step("backup", all.length, backup);
  await step("sweep", all.length, backup);

  const restore = async (which: "one" | "all", gone: readonly SecretToAdd[]): Promise<void> => {
    await destroySecrets(emulator, gone);
    const accounts = [...new Set(gone.map(({ accountId }) => accountId))];
    const [first] = gone;
    const options: RestoreOptions =
      which === "one" && first !== undefined ? { name: first.name } : {};
    const ask = (more: RestoreOptions = {}) =>
      service.run({
        operation: "restore",
        target: { accounts },
        reason: "benchmark",
        restore: { ...options, ...more },
      });
    const plan = await step(`plan-${which}`, gone.length, () => ask());
    const done = await step(`restore-${which}`, gone.length, () =>
      ask({ order: "write", planRun: plan.id }),
    );
    const items = done.stamps.flatMap(({ restore: result }) => result?.items ?? []);
    const proven = items.filter(({ verified }) => verified === true).length;
    if (proven !== gone.length) {
      throw new Error(`${proven} of ${gone.length} secrets were proven to be back`);
    }
  };
  await restore("one", all.slice(0, 1));
  await restore("all", all);
  return steps;
}
