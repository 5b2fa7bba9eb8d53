import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { expect } from "chai";

import { callAsRoot } from "../../../emulator/calls";
import { prepareEmulator } from "../../../emulator/prepare";
import { launch } from "../../../emulator/process";
import { startEmulator, type Emulator, type StartOptions } from "../../../emulator/start";
import { AppError } from "../../../stacks/errors";
import { MEMBER, rootOf } from "./support";

describe("the emulator's state folder", function () {
  this.timeout(120_000);
  let stateDir: string;
  const running: Emulator[] = [];

  const start = async (options: StartOptions = {}): Promise<Emulator> => {
    const emulator = await startEmulator({ stateDir, ...options });
    running.push(emulator);
    return emulator;
  };

  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "strongroom-emulator-"));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((emulator) => emulator.stop()));
    await rm(stateDir, { recursive: true, force: true });
  });

  const secretOf = async (emulator: Emulator) => {
    const SecretId = "shop-prod/api-key";
    const { json } = await rootOf(emulator, MEMBER).must("secretsmanager", "GetSecretValue", {
      SecretId,
    });
    return { value: json["SecretString"], version: json["VersionId"] };
  };

  it("keeps accounts, roles, secrets, keys, the port and the login over a restart, and seeds nothing twice", async () => {
    const first = await start();
    const before = await secretOf(first);
    const { json } = await rootOf(first, MEMBER).must("kms", "CreateKey", { Description: "kept" });
    const { KeyId } = json["KeyMetadata"] as { KeyId: string };
    const { json: sealed } = await rootOf(first, MEMBER).must("kms", "Encrypt", {
      KeyId,
      Plaintext: "eA==",
    });
    const key = await readFile(path.join(stateDir, "login-key.json"), "utf8");
    await first.stop();

    const second = await start();
    expect(second.seeded?.seeded).to.be.false;
    expect(second.port).to.equal(first.port);
    expect(await secretOf(second)).to.deep.equal(before);
    const { CiphertextBlob } = sealed as { CiphertextBlob: string };
    const opened = await rootOf(second, MEMBER).must("kms", "Decrypt", { CiphertextBlob });
    expect(opened.json["Plaintext"]).to.equal("eA==");
    expect(await readFile(path.join(stateDir, "login-key.json"), "utf8")).to.equal(key);
  });

  it("changes nothing of what is there when it is seeded with more members", async () => {
    const first = await start();
    const before = await secretOf(first);
    await first.stop();
    const second = await start({ memberCount: 20 });
    expect(second.seeded).to.include({ seeded: true, accounts: 23 });
    expect(await secretOf(second)).to.deep.equal(before);
  });

  it("is saved while the emulator runs, so that a crash loses seconds at most", async () => {
    const first = await start();
    await rootOf(first, MEMBER).must("secretsmanager", "CreateSecret", {
      Name: "late",
      SecretString: "x",
    });
    const file = path.join(stateDir, "services", "secretsmanager.json");
    for (let tries = 0; tries < 60; tries += 1) {
      if ((await readFile(file, "utf8")).includes('"late"')) return;
      await wait(250);
    }
    expect.fail("the change was not saved within 15 s");
  });

  it("is emptied and seeded again by a reset", async () => {
    const emulator = await start();
    const root = rootOf(emulator, MEMBER);
    await root.must("secretsmanager", "CreateSecret", { Name: "mine", SecretString: "x" });
    const old = { ...emulator.env };
    await emulator.reset();
    const read = await root.try("secretsmanager", "DescribeSecret", { SecretId: "mine" });
    expect(read.errorCode).to.equal("ResourceNotFoundException");
    expect((await secretOf(emulator)).value).to.be.a("string");
    const renewed = await emulator.renew();
    expect(renewed["AWS_ACCESS_KEY_ID"]).to.not.equal(old["AWS_ACCESS_KEY_ID"]);
  });

  it("holds credentials for its owner's eyes only, and no value of a secret in what it prints", async () => {
    const lines: string[] = [];
    const emulator = await start({
      report: (line) => lines.push(line),
      onLog: (line) => lines.push(line),
    });
    const { value } = await secretOf(emulator);
    expect((await stat(path.join(stateDir, "login-key.json"))).mode & 0o077).to.equal(0);
    expect((await stat(stateDir)).mode & 0o077).to.equal(0);
    expect(lines.join("\n")).to.not.contain(String(value));
  });

  it("is not shared by two emulators", async () => {
    await start();
    const error = await startEmulator({ stateDir, port: 0 }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AppError).with.property("code", "EMULATOR_STATE");
  });

  it("is not touched when the port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const error = await startEmulator({ stateDir, port }).catch((thrown: unknown) => thrown);
    server.close();
    expect(error).to.be.instanceOf(AppError).with.property("code", "EMULATOR_PORT_IN_USE");
    expect((error as AppError).message).to.contain(String(port));
    expect(await readdir(stateDir)).to.not.contain("services");
  });
});

describe("an emulator whose parent is killed", function () {
  this.timeout(60_000);

  it("ends by itself", async () => {
    await prepareEmulator(() => undefined);
    const main = path.resolve(__dirname, "../../../emulator/main.js");
    const parent = spawn(process.execPath, [main, "start", "--json"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const { endpoint } = JSON.parse(line.toString()) as { endpoint: string };
    parent.kill("SIGKILL");
    await once(parent, "exit");
    const call = {
      accountId: MEMBER,
      region: "eu-central-1",
      service: "kms",
      operation: "ListKeys",
      parameters: {},
    } as const;
    for (let tries = 0; tries < 50; tries += 1) {
      const gone = await callAsRoot(endpoint, call).then(
        () => false,
        () => true,
      );
      if (gone) return;
      await wait(200);
    }
    expect.fail("the emulator outlived its parent by 10 s");
  });
});

describe("an emulator that cannot start", function () {
  this.timeout(30_000);

  it("is one clear error with what it said last", async () => {
    const install = {
      python: process.execPath,
      version: "0",
      pythonVersion: "0",
      folder: "",
      built: false,
    };
    const error = await launch(install, { port: 0 }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AppError).with.property("code", "EMULATOR_FAILED");
    expect((error as AppError).message).to.contain("SyntaxError");
  });
});

describe("preparing the emulator", function () {
  this.timeout(30_000);

  it("takes well under a second when it is there", async () => {
    await prepareEmulator(() => undefined);
    const lines: string[] = [];
    const started = Date.now();
    const install = await prepareEmulator((line) => lines.push(line));
    expect(install.built).to.be.false;
    expect(lines).to.deep.equal([]);
    expect(Date.now() - started).to.be.below(500);
  });

  it("names the remedy when there is no usable Python", async () => {
    const home = await mkdtemp(path.join(tmpdir(), "strongroom-home-"));
    try {
      const error = await prepareEmulator(() => undefined, {
        home,
        python: "/nowhere/python3",
      }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(AppError).with.property("code", "EMULATOR_MISSING");
      expect((error as AppError).action).to.contain("STRONGROOM_PYTHON");
      expect(await readdir(home)).to.deep.equal([]);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
