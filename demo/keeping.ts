import type { Emulator } from "../emulator/start";
import { connect } from "../server/cli/connect";
import { EXIT } from "../server/cli/failure";
import type { CliIo } from "../server/cli/io";
import { realParts } from "../server/cli/parts";
import { runCli } from "../server/cli/program";
import type { RunRecord } from "../server/runs-ports";
import { AccountOwner, type Values } from "./account-owner";
import { problemsOf, type BroughtBack, type Keeping } from "./report";

/** shop-prod, whose main database password is destroyed. */
const SHOP = { accountId: "600000000001", secret: "shop-prod/database/primary" } as const;
/** search-prod, which loses all its secrets; stamped in both Regions. */
const LOST = "600000000003";
const STEPS = 5;
/** Secrets Manager tells times to the second in some answers. */
const NEXT_MOMENT_MS = 1100;

/** Where the demo's service is. */
export interface Stage {
  readonly io: CliIo;
  readonly url: string;
  readonly stateDir: string;
  readonly emulator: Emulator;
}

class Interrupted extends Error {}

/**
 * The life of the secrets after the stamping, by the command line over the service's API: everything is backed up, one
 * secret is destroyed and comes back as it was at a time, an account loses all its secrets and gets them back in the
 * recovery Region, and a drill measures how long that takes. Only the misfortunes are made past the service. Undefined when
 * somebody interrupted it.
 */
export async function showKeeping(stage: Stage, stamped: RunRecord): Promise<Keeping | undefined> {
  try {
    return await keep(stage, stamped);
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  }
}

async function keep(stage: Stage, stamped: RunRecord): Promise<Keeping> {
  const { io } = stage;
  const step = (number: number, what: string) =>
    io.err(`\n${io.paint.bold(`${number} of ${STEPS}  ${what}`)}\n`);

  step(1, "Every secret of every account is backed up");
  await strongroom(stage, "backup");

  step(2, `One secret of shop-prod gets a wrong value, then is destroyed, and comes back`);
  const one = await loseOneSecret(stage);

  step(3, "search-prod loses all its secrets, and gets them back in the recovery Region");
  const all = await loseAnAccount(stage);

  step(4, "What came back is backed up again");
  await strongroom(stage, "backup");

  step(5, "A drill restores samples and a whole account apart, compares, measures and cleans up");
  await strongroom(stage, "drill", "--whole-account", SHOP.accountId, "--reason", "the demo");

  const asViewer = { ...io, environment: environmentOf(stage) };
  const { url } = stage;
  const { client } = await connect(asViewer, { url }, "viewer", realParts.startEmbedded);
  const coverage = await client.coverage();
  const [drill] = (await client.drills(1)).items;
  const shown = { coverage, broughtBack: [one, all], ...(drill === undefined ? {} : { drill }) };
  return { ...shown, problems: problemsOf(shown, stamped) };
}

/** A wrong value is written and kept, then the secret is destroyed: only a time says which value is meant. */
async function loseOneSecret(stage: Stage): Promise<BroughtBack> {
  const { accountId, secret } = SHOP;
  const { region } = stage.emulator.organization;
  const owner = new AccountOwner(stage.emulator.endpoint, accountId);
  const before = new Map([[secret, await owner.value(region, secret)]]);
  const time = new Date().toISOString();
  await stage.io.sleep(NEXT_MOMENT_MS);
  await owner.change(region, secret);
  await strongroom(stage, "backup", "--account", accountId);
  await owner.destroy(region, secret);
  const seconds = await restore(
    stage,
    ...["--account", accountId, "--name", secret, "--at", time],
    ...["--reason", "the demo: a secret was destroyed"],
  );
  const after = await owner.values(region);
  return { what: `${secret} as of ${time}`, seconds, ...compare(before, after) };
}

/** All secrets of an account go, wherever they are; they come back from the copy, into the other Region. */
async function loseAnAccount(stage: Stage): Promise<BroughtBack> {
  const { region, recoveryRegion } = stage.emulator.organization;
  const owner = new AccountOwner(stage.emulator.endpoint, LOST);
  // Where an earlier demo ended they are in the recovery Region already, and that is lost now.
  const here = await owner.values(region);
  const there = await owner.values(recoveryRegion);
  for (const name of here.keys()) await owner.destroy(region, name);
  for (const name of there.keys()) await owner.destroy(recoveryRegion, name);
  const seconds = await restore(
    stage,
    ...["--account", LOST, "--region", region, "--from-recovery", "--to-region", recoveryRegion],
    ...["--reason", "the demo: an account was lost"],
  );
  const after = await owner.values(recoveryRegion);
  const what = `all secrets of search-prod, in ${recoveryRegion}`;
  return { what, seconds, ...compare(new Map([...there, ...here]), after) };
}

function compare(before: Values, after: Values): Pick<BroughtBack, "equal" | "secrets"> {
  const equal = [...before].filter(([name, value]) => after.get(name) === value).length;
  return { equal, secrets: before.size };
}

async function restore(stage: Stage, ...argv: readonly string[]): Promise<number> {
  const began = stage.io.now();
  await strongroom(stage, "restore", ...argv, "--write", "--yes");
  return (stage.io.now() - began) / 1000;
}

/** A command as a person would type it; what it could not do is seen in the results. */
async function strongroom(stage: Stage, ...argv: readonly string[]): Promise<void> {
  const { io } = stage;
  const quoted = argv.map((word) => (/^[\w./:@-]+$/.test(word) ? word : `'${word}'`));
  io.err(`${io.paint.dim(`$ npx strongroom ${quoted.join(" ")}`)}\n`);
  const code = await runCli(argv, { ...io, environment: environmentOf(stage) }, realParts);
  if (code === EXIT.interrupted) throw new Interrupted();
}

function environmentOf({ io, url, stateDir }: Stage): CliIo["environment"] {
  // The demo's own service and its own tokens, whatever the terminal is set up for.
  return {
    ...io.environment,
    STRONGROOM_URL: url,
    STRONGROOM_STATE: stateDir,
    STRONGROOM_TOKEN: undefined,
  };
}
