import { expect } from "chai";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";

import { lockState } from "../../../../server/state-lock";
import { sampleAccount } from "../../../support/fake-services";
import { exampleText, organization, VAULT, account } from "../../stacks/fixtures";
import { listeningService, strongroom, type Service } from "./harness";

describe("The command line and its service", () => {
  let service: Service;
  beforeEach(async () => {
    service = await listeningService();
  });
  afterEach(() => service.close());

  it("lists accounts with how far they are, and cleans their names", async () => {
    service.fleet.items = [
      sampleAccount({ name: "app \u001b[31mred" }),
      sampleAccount({
        id: "444455556666",
        name: "old",
        selected: false,
        status: "SUSPENDED",
        reason: "Closed.",
        stamps: [],
      }),
      sampleAccount({
        id: "777788889999",
        name: "new",
        stamps: [
          { stamp: "access-777788889999" },
          { stamp: "member-777788889999", lastStatus: "failed" },
        ],
      }),
    ];
    const { exit, stdout } = await strongroom(service, ["accounts", "--refresh"]);
    expect(exit).to.equal(0);
    expect(service.fleet.refreshes).to.equal(1);
    expect(stdout.split("\n").map((line) => line.replace(/ {2,}/g, " | "))).to.deep.equal([
      "ACCOUNT | NAME | UNIT | ENVIRONMENT | STATE | LEFT OUT BECAUSE",
      "111122223333 | app red | workloads/prod | prod | stamped",
      "444455556666 | old | workloads/prod | prod | suspended | Closed.",
      "777788889999 | new | workloads/prod | prod | failed: member",
      "",
      "3 accounts in o-exampleorg1, 2 in the fleet; read 12.5 s ago.",
      "",
    ]);
  });

  it("lists, shows and cancels runs, and prints their events", async () => {
    await strongroom(service, ["up", "--detach"]);
    service.runs.push("run-1", "run.started");
    service.runs.push("run-1", "stamp.resource", { urn: "u", operation: "create", status: "done" });
    service.runs.push("run-1", "run.ended", { status: "succeeded" });
    expect((await strongroom(service, ["runs"])).stdout).to.match(
      /^RUN .*\nrun-1 +up +succeeded +2026-01-02 03:04:05/,
    );
    expect((await strongroom(service, ["runs", "run-1"])).stdout).to.include(
      "Run run-1 (up) succeeded.",
    );
    expect((await strongroom(service, ["runs", "run-1", "--cancel"])).exit).to.equal(0);
    expect(service.runs.cancelled).to.deep.equal(["run-1 by token:operator"]);
    const logs = await strongroom(service, ["logs", "run-1"]);
    expect(logs.stdout).to.equal(
      "2026-01-02T03:04:05Z run started\n2026-01-02T03:04:05Z run succeeded\n",
    );
    expect(
      (await strongroom(service, ["logs", "run-1", "--follow", "--verbose"])).stdout,
    ).to.include("create done u");
    const json = JSON.parse((await strongroom(service, ["logs", "run-1", "--json"])).stdout) as {
      items: unknown[];
    };
    expect(json.items).to.have.length(3);
    expect((await strongroom(service, ["runs", "nothing"])).exit).to.equal(2);
  });

  it("tells wrong usage from refusals", async () => {
    const cases: [string[], number, RegExp][] = [
      [["previw"], 2, /unknown command 'previw'\n\(Did you mean preview\?\)/],
      [["up", "--what"], 2, /unknown option '--what'/],
      [
        ["up", "hub-1"],
        2,
        /"hub-1" is not the name of a stamp \[SPEC_STAMP_NAME\]\n→ Write <kind>-<account id>/,
      ],
      [["up", "--account", "12"], 2, /--account "12" is not an account id/],
      [["up", "--kind", "hub"], 2, /--kind "hub" is not a kind of stack/],
      [["runs", "--limit", "0"], 2, /--limit "0" is not a number/],
      [["runs", "--cancel"], 2, /--cancel needs the id/],
      [["up", "--url", "ftp://x"], 2, /is not the address of a service/],
      [["up", "--token-file", "/nothing/here"], 4, /token file \/nothing\/here cannot be read/],
    ];
    for (const [argv, exit, message] of cases) {
      const result = await strongroom(service, argv);
      expect(result.stderr, argv.join(" ")).to.match(message);
      expect(result.exit, argv.join(" ")).to.equal(exit);
      expect(result.stdout).to.equal("");
    }
    const refused = await strongroom(service, ["accounts"], {
      io: { environment: { STRONGROOM_TOKEN: "wrong" } },
    });
    expect(refused.exit).to.equal(4);
    expect(refused.stderr).to.include("[AUTH_MISSING]");
    const viewer = await strongroom(service, ["up"], {
      io: { environment: { STRONGROOM_TOKEN: "viewer-token" } },
    });
    expect(viewer.exit).to.equal(4);
    expect(viewer.stderr).to.include("This needs the role operator; yours is viewer.");
  });

  it("works on runs until it is stopped, with the settings of the options", async () => {
    const asked: Readonly<Record<string, string | undefined>>[] = [];
    let closed = 0;
    let press: () => void = () => undefined;
    const { exit, stdout } = await strongroom(
      undefined,
      ["worker", "--concurrency", "8", "--state", "s"],
      {
        io: {
          onInterrupt: (handler) => {
            press = handler;
            return () => undefined;
          },
        },
        parts: {
          startWorker: (environment) => {
            asked.push(environment);
            setImmediate(() => press());
            const close = () => {
              closed += 1;
              return Promise.resolve();
            };
            return Promise.resolve({ name: "host:7", database: "postgres on db", close });
          },
        },
      },
    );
    expect(exit).to.equal(0);
    expect(stdout).to.equal("Strongroom works as host:7 on the runs of postgres on db\n");
    expect(asked).to.deep.equal([{ STRONGROOM_CONCURRENCY: "8", STRONGROOM_STATE: "s" }]);
    expect(closed).to.equal(1);
  });

  it("says of a host that it is gone, with a reason, and how many locks that is about", async () => {
    const { exit, stdout } = await strongroom(service, ["host-gone", "worker-7", "--reason", "x"]);
    expect(exit).to.equal(0);
    expect(stdout).to.equal(
      "worker-7 counts as gone: the locks of 2 of its processes may be removed.\n",
    );
    expect((await strongroom(service, ["host-gone", "worker-7"])).exit).to.equal(2);
  });

  it("has examples in the help of every command, and the exit codes in its own", async () => {
    const help = (await strongroom(undefined, ["--help"])).stdout;
    expect(help).to.match(/Exit codes:[^]*130/);
    const commands = [...help.matchAll(/^ {2}(\w+) .*$/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== "help");
    expect(commands).to.include.members([
      "doctor",
      "serve",
      "accounts",
      "plan",
      "preview",
      "up",
      "drift",
      "retire",
      "runs",
      "logs",
      "env",
      "config",
    ]);
    for (const command of commands.slice(0, 12)) {
      const { exit, stdout } = await strongroom(undefined, [command, "--help"]);
      expect(exit).to.equal(0);
      expect(stdout, command).to.match(/Examples:\n {2}\$ .*strongroom/);
    }
    expect((await strongroom(undefined, ["--version"])).stdout).to.equal("1.2.3\n");
  });

  it("starts a service of its own when none is named, and stops it also after a failure", async () => {
    let closed = 0;
    const environments: (string | undefined)[] = [];
    const startEmbedded = (environment: Readonly<Record<string, string | undefined>>) => {
      environments.push(environment["STRONGROOM_FLEET"]);
      return Promise.resolve({
        url: service.url,
        stateDir: service.stateDir,
        close: () => Promise.resolve(void (closed += 1)),
      });
    };
    expect(
      (await strongroom(undefined, ["accounts", "--fleet", "f.yaml"], { parts: { startEmbedded } }))
        .exit,
    ).to.equal(0);
    service.fleet.failure = new Error("broken");
    expect((await strongroom(undefined, ["accounts"], { parts: { startEmbedded } })).exit).to.equal(
      1,
    );
    expect(closed).to.equal(2);
    expect(environments).to.deep.equal(["f.yaml", undefined]);
  });

  it("uses the service that works on the state folder now", async () => {
    const lock = await lockState(service.stateDir);
    try {
      await lock.publish(service.url);
      const environment = { STRONGROOM_STATE: service.stateDir };
      expect((await strongroom(undefined, ["accounts"], { io: { environment } })).exit).to.equal(0);
    } finally {
      await lock.release();
    }
  });

  it("leaves at once on the second signal while it stops", async () => {
    const never = new Promise<void>(() => undefined);
    const startEmbedded = () =>
      Promise.resolve({ url: "http://x", stateDir: "/s", close: () => never });
    const { exit } = await strongroom(undefined, ["serve"], {
      parts: { startEmbedded },
      io: {
        onInterrupt: (handler) => {
          setTimeout(handler, 5);
          setTimeout(handler, 10);
          return () => undefined;
        },
      },
    });
    expect(exit).to.equal(0);
  });

  it("serves until it is interrupted", async () => {
    let closed = false;
    const startEmbedded = () =>
      Promise.resolve({
        url: "http://x",
        stateDir: "/s",
        close: () => Promise.resolve(void (closed = true)),
      });
    const { exit, stdout } = await strongroom(undefined, ["serve"], {
      parts: { startEmbedded },
      io: { onInterrupt: (handler) => (setTimeout(handler, 10), () => undefined) },
    });
    expect({ exit, closed }).to.deep.equal({ exit: 0, closed: true });
    expect(stdout).to.match(/^Strongroom serves at http:\/\/x\nTokens: \/s\/token-operator/);
  });

  it("prints what doctor found, with the remedy, and ends with 1 when something is missing", async () => {
    const lines = [
      { part: "pulumi", ok: true, version: "3.259.0", detail: "PATH" },
      {
        part: "aws",
        ok: false,
        version: "",
        detail: "not found",
        remedy: "Run strongroom doctor --fix.",
      },
    ];
    const { exit, stdout } = await strongroom(undefined, ["doctor"], {
      parts: { doctor: () => Promise.resolve(lines) },
    });
    expect(exit).to.equal(1);
    expect(stdout)
      .to.include("✓  pulumi  3.259.0  PATH")
      .and.include("→ aws: Run strongroom doctor --fix.");
    const json = await strongroom(undefined, ["doctor", "--json"], {
      parts: { doctor: () => Promise.resolve(lines.slice(0, 1)) },
    });
    expect(json.exit).to.equal(0);
    expect(JSON.parse(json.stdout)).to.deep.equal({ ok: true, parts: lines.slice(0, 1) });
  });

  it("prints an environment that a shell can read", async () => {
    const laptop = () => Promise.resolve({ PULUMI_BACKEND_URL: "file:///a b", PATH: "/x:/y" });
    expect((await strongroom(undefined, ["env"], { parts: { laptop } })).stdout).to.equal(
      "export PULUMI_BACKEND_URL='file:///a b'\nexport PATH=/x:/y\n",
    );
  });
});

describe("Plans and stack files on a laptop", () => {
  let service: Service;
  let folder: string;
  beforeEach(async () => {
    service = await listeningService();
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-laptop-"));
    await writeFile(path.join(folder, "fleet.yaml"), exampleText);
    const org = organization([account("200000000001")]);
    service.fleet.items = org.accounts.map((entry) => ({ ...entry, selected: true, stamps: [] }));
    const accounts = service.fleet.accounts.bind(service.fleet);
    service.fleet.accounts = async (options) => ({
      ...(await accounts(options)),
      organizationId: org.id,
    });
  });
  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });
  const run = (argv: string[], environment = {}) =>
    strongroom(service, argv, { io: { workingDirectory: folder, environment } });

  it("plan with a fleet file that is not in use yet", async () => {
    const { exit, stdout } = await run([
      "plan",
      "--fleet",
      "fleet.yaml",
      "--account",
      "200000000001",
    ]);
    expect(exit).to.equal(0);
    expect(stdout).to.include(
      "member-200000000001  account 200000000001  prod         access-200000000001",
    );
    expect(stdout).to.match(/2 stamps of 1 account in 1 wave; 3 left out\.\n$/);
  });

  it("plan with the gates between the waves and what needs an approval", async () => {
    const gated = exampleText
      .replace("    share: 10\n", "    share: 10\n    gate: { pauseMinutes: 30, approval: true }\n")
      .concat("\nrollout: { preciousAccounts: 4 }\napprovals: { twoPerson: [up] }\n");
    await writeFile(path.join(folder, "gated.yaml"), gated);
    const { stdout } = await run(["plan", "--fleet", "gated.yaml"]);
    expect(stdout).to.include("Gate: nobody may fail; then 30 min to watch; then an approval");
    expect(stdout).to.include("in more than 4 accounts waits for an approval");
    expect(stdout).to.include("Who asks for the run cannot approve it.");
    const { stdout: json } = await run(["plan", "--fleet", "gated.yaml", "--json"]);
    const { rules } = JSON.parse(json) as { rules: { waves: { name: string }[] } };
    expect(rules.waves[0]).to.deep.include({ name: "canary" });
    expect(rules).to.include({ preciousAccounts: 4, twoPerson: true });
  });

  it("show every mistake of a fleet file with its place, without any service", async () => {
    await writeFile(
      path.join(folder, "bad.yaml"),
      exampleText.replace("version: 1", "version: 7").replace('"100000000003"', "100000000003"),
    );
    const result = await strongroom(undefined, ["plan", "--fleet", "bad.yaml"], {
      io: { workingDirectory: folder },
    });
    expect(result.exit).to.equal(2);
    expect(result.stderr)
      .to.include("The fleet file bad.yaml has 2 mistakes. [SPEC_INVALID]")
      .and.match(/\n {2}\d+:\d+ \/version {2}7 must be 1\n {2}\d+:\d+ \/vault\/account /);
    await writeFile(
      path.join(folder, "bad.yaml"),
      exampleText.replace('accounts: ["100000000002"]', 'accounts: ["999999999999"]'),
    );
    const unknown = await run(["plan", "--fleet", "bad.yaml"]);
    expect(unknown.stderr).to.match(
      /\n {2}\d+:\d+ \/selection\/include\/accounts\/0 {2}there is no account 999999999999/,
    );
  });

  it("write the stack's configuration and leave what else is in the file", async () => {
    const file = path.join(folder, `Pulumi.vault-${VAULT}.yaml`);
    await writeFile(
      file,
      "# mine\nencryptionsalt: v1:abc\nconfig:\n  other:key: 1\n  strongroom:spec: old\n",
    );
    const { exit, stdout } = await run(["config", `vault-${VAULT}`, "member-200000000001"], {
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    });
    expect(exit).to.equal(0);
    expect(stdout).to.equal(
      `Wrote Pulumi.vault-${VAULT}.yaml\nWrote Pulumi.member-200000000001.yaml\n`,
    );
    const text = await readFile(file, "utf8");
    expect(text).to.include("# mine");
    const written = parse(text) as { encryptionsalt: string; config: Record<string, unknown> };
    expect(written.encryptionsalt).to.equal("v1:abc");
    expect(written.config["other:key"]).to.equal(1);
    expect(written.config["strongroom:spec"]).to.deep.include({
      kind: "vault",
      accountId: VAULT,
      retentionDays: 35,
    });
    expect(written.config["strongroom:connection"]).to.deep.include({ s3UsePathStyle: true });
    expect(written.config["pulumi:disable-default-providers"]).to.deep.equal(["*"]);
    expect(
      (await stat(path.join(folder, "Pulumi.member-200000000001.yaml"))).mode & 0o777,
    ).to.equal(0o600);
  });

  it("write nothing when one of the stamps cannot be", async () => {
    const { exit, stderr } = await run(["config", "member-200000000001", "member-999999999999"]);
    expect(exit).to.equal(2);
    expect(stderr).to.include("There is no account 999999999999");
    expect(
      await readFile(path.join(folder, "Pulumi.member-200000000001.yaml"), "utf8").catch(
        () => "none",
      ),
    ).to.equal("none");
  });
});
