import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { startLocalPostgres } from "../../server/store/local-postgres";
import { Client } from "./client";
import { FakeCloud } from "./cloud";
import { checkInvariants } from "./invariants";
import { Nemesis } from "./nemesis";
import { Processes } from "./processes";
import { Random } from "./random";

const USAGE = `npm run chaos -- [--seed N] [--minutes M] [--accounts N]

Kills services, workers and engines at named points and at random while accounts are stamped by three workers on a real
Postgres server, with an engine that fakes Pulumi and the cloud in a folder. Ends with 0 if every stamp is right, no lock is
left and nothing was made twice; prints the seed, by which the nemesis does the same again.
`;

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly accounts: number;
}

function optionsOf(args: readonly string[]): Options | undefined {
  const values = { seed: Math.floor(Math.random() * 1e9), minutes: 3, accounts: 20 };
  for (let i = 0; i < args.length; i += 2) {
    const name = (args[i] ?? "").replace(/^--/, "");
    const value = Number(args[i + 1]);
    if (!Object.hasOwn(values, name) || !(value > 0)) return undefined;
    Object.assign(values, { [name]: value });
  }
  return values;
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    say(USAGE);
    return 2;
  }
  const { seed, minutes } = options;
  const root = mkdtempSync(path.join(tmpdir(), "strongroom-chaos-"));
  const folder = path.join(root, "cloud");
  mkdirSync(folder);
  await cp(
    path.resolve(__dirname, "../../../stacks/fleet.example.yaml"),
    path.join(root, "fleet.yaml"),
  );
  const accounts = Array.from({ length: options.accounts }, (_, i) => String(200_000_000_001 + i));
  say(`seed ${seed}, ${minutes} minutes, ${accounts.length} accounts, three workers, one service`);
  const postgres = await startLocalPostgres(path.join(root, "database"), say);
  const cloud = new FakeCloud(folder);
  const random = new Random(seed);
  const processes = new Processes({
    root,
    folder,
    accounts,
    databaseUrl: postgres.connectionString,
    random,
  });
  const client = new Client(processes, accounts, new Random(seed + 1));
  try {
    await processes.start();
    const nemesis = new Nemesis(processes, cloud, random);
    const until = Date.now() + minutes * 60_000;
    const asking = client.askUntil(until);
    await nemesis.rageUntil(until);
    await asking;
    say(`the nemesis rests: ${nemesis.told}`);
    await processes.calm();
    const problems = await checkInvariants(client, cloud, accounts);
    say(`${client.accepted.size} runs were accepted: ${client.told}`);
    for (const problem of problems) say(`WRONG: ${problem}`);
    say(
      problems.length === 0 ? "every invariant holds" : `${problems.length} problems; seed ${seed}`,
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    await processes.killAll();
    await postgres.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

void main().then((code) => process.exit(code));
