import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { readConfig, settingsTable, VARIABLES_OF_OTHER_PARTS } from "../../../server/config";
import { AppError } from "../../../stacks/errors";

const root = path.resolve(__dirname, "../../../..");

function mistakes(environment: Record<string, string>): string[] {
  try {
    readConfig(environment, "/work");
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).to.equal("SPEC_SETTINGS");
    return error.problems.map(({ message }) => message);
  }
  return [];
}

describe("the settings", () => {
  it("have defaults for a laptop", () => {
    expect(readConfig({}, "/work")).to.deep.equal({
      stateDir: "/work/.strongroom",
      fleetFile: "/work/fleet.yaml",
      host: "127.0.0.1",
      port: 8700,
      concurrency: 4,
      works: true,
      awsRates: { sts: 50, iam: 20 },
      discovery: {
        callsPerSecond: 5,
        maxAgeSeconds: 300,
        tagsMaxAgeSeconds: 600,
        maxShrinkPercent: 10,
      },
      checkMinutes: 0,
      webhooks: { rules: { hosts: [], networks: [], http: false } },
      requestsPerMinute: 1200,
      s3UsePathStyle: false,
      logLevel: "info",
    });
  });

  it("come from the variables, with their types", () => {
    const config = readConfig(
      {
        STRONGROOM_STATE: "/var/lib/strongroom",
        STRONGROOM_FLEET: "my.yaml",
        STRONGROOM_EXEMPTIONS: "exemptions.yaml",
        STRONGROOM_HOST: "::1",
        STRONGROOM_PORT: "0",
        DATABASE_URL: "postgres://u:p@db/strongroom",
        PULUMI_BACKEND_URL: "s3://states",
        STRONGROOM_CONCURRENCY: "12",
        STRONGROOM_DISCOVERY_RATE: "2.5",
        STRONGROOM_TRUST_PROXY: "10.0.0.1,fd00::/8",
        STRONGROOM_LOG_LEVEL: "debug",
        AWS_ENDPOINT_URL: "http://localhost:4566",
      },
      "/work",
    );
    expect(config).to.deep.include({
      stateDir: "/var/lib/strongroom",
      fleetFile: "/work/my.yaml",
      exemptionsFile: "/work/exemptions.yaml",
      host: "::1",
      port: 0,
      databaseUrl: "postgres://u:p@db/strongroom",
      backendUrl: "s3://states",
      concurrency: 12,
      trustProxy: ["10.0.0.1", "fd00::/8"],
      logLevel: "debug",
      s3UsePathStyle: true,
    });
    expect(config.discovery.callsPerSecond).to.equal(2.5);
  });

  it("report every mistake at once and name the variables", () => {
    expect(
      mistakes({
        STRONGROOM_PORT: "80000",
        STRONGROOM_CONCURENCY: "3",
        STRONGROOM_LOG_LEVEL: "loud",
        STRONGROOM_DISCOVERY_RATE: "fast",
        DATABASE_URL: "mysql://root:hunter2@db/x",
      }),
    ).to.have.members([
      "STRONGROOM_CONCURENCY is not a setting; did you mean STRONGROOM_CONCURRENCY?",
      "STRONGROOM_PORT must be <= 65535, not 80000",
      'STRONGROOM_LOG_LEVEL must be one of trace, debug, info, warn, error, silent, not "loud"',
      'STRONGROOM_DISCOVERY_RATE must be number, not "fast"',
      "DATABASE_URL must be postgres://…",
    ]);
  });

  it("take an empty variable as not set", () => {
    expect(readConfig({ STRONGROOM_PORT: "", STRONGROOM_NOT_ONE: "" }).port).to.equal(8700);
  });

  it("know the variables of the other parts", () => {
    expect(mistakes({ STRONGROOM_HOME: "/x", STRONGROOM_TOKEN: "t" })).to.be.empty;
  });

  it("cannot be changed afterwards", () => {
    expect(Object.isFrozen(readConfig({}))).to.equal(true);
  });

  it("are all in the documentation, as they are", () => {
    const plain = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/ ?-{3,} ?/g, "---");
    const page = readFileSync(path.join(root, "docs/http-api.md"), "utf8");
    expect(plain(page)).to.contain(plain(settingsTable()));
  });

  it("know every variable that the files that read the environment name", () => {
    const known = [settingsTable(), ...Object.keys(VARIABLES_OF_OTHER_PARTS)].join(" ");
    const unknown = new Set<string>();
    for (const text of entrances()) {
      for (const [name] of text.matchAll(/\bSTRONGROOM_[A-Z0-9_]*[A-Z0-9]\b/g)) {
        if (!known.includes(name)) unknown.add(name);
      }
    }
    expect([...unknown]).to.deep.equal([]);
  });
});

/** The files that may read the environment. */
function* entrances(): Generator<string> {
  for (const folder of ["server", "engine", "emulator", "setup", "demo", "bin"]) {
    const files = existsSync(path.join(root, folder))
      ? readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      : [];
    for (const file of files) {
      const entrance = ["setup", "demo", "bin"].includes(folder)
        ? /\.(ts|mjs|cjs|js)$/.test(file)
        : path.basename(file) === "config.ts";
      if (entrance) yield readFileSync(path.join(root, folder, file), "utf8");
    }
  }
}
