import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Client } from "pg";

import { createPostgres } from "../../../lambdas/postgres/postgres";
import { FunctionError, type Log, type SecretValue } from "../../../lambdas/ports";
import type { Rotator } from "../../../lambdas/rotation/rotator";
import {
  postgresAlternating,
  postgresSingleUser,
} from "../../../lambdas/rotation/rotators/postgres";
import { goBack, settleRotation } from "../../../lambdas/rotation/settle";
import { ROTATION_STEPS, rotationStep } from "../../../lambdas/rotation/steps";
import { startLocalPostgres, type LocalPostgres } from "../../../server/store/local-postgres";
import { FakeRotationSecrets } from "../../support/vault/fake-rotation-secrets";
import { text } from "../../support/vault/scene";

const ADMIN_ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf";
const SETTINGS = { length: 40 };
const log: Log = { info: () => undefined, warn: () => undefined };

interface Credentials {
  readonly username: string;
  readonly password: string;
}

const read = (value: SecretValue): Credentials =>
  JSON.parse(value.kind === "string" ? value.text : "null") as Credentials;

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("rotating the users of a real PostgreSQL server", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(path.join(tmpdir(), "strongroom-rotation-"));
  let server: LocalPostgres;
  let address: URL;
  let users = 0;
  const postgres = createPostgres({ tls: "off" });

  before(async () => {
    server = await startLocalPostgres(folder, () => undefined);
    address = new URL(server.connectionString);
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const place = () => ({
    engine: "postgres",
    host: address.hostname,
    port: Number(address.port),
    dbname: address.pathname.slice(1),
  });
  const admin = () =>
    text(
      JSON.stringify({
        ...place(),
        username: decodeURIComponent(address.username),
        password: decodeURIComponent(address.password),
      }),
    );

  const asAdmin = async (...statements: string[]): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: server.connectionString });
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) {
        ({ rows } = await client.query<Record<string, unknown>>(statement));
      }
      return rows;
    } finally {
      await client.end();
    }
  };

  /** What an application does that asks for the secret anew: logs in and reads its table. */
  const reads = async (value: SecretValue, table: string): Promise<void> => {
    const { username, password } = read(value);
    const { host, port, dbname } = place();
    const client = new Client({ host, port, database: dbname, user: username, password });
    await client.connect();
    try {
      await client.query(`SELECT * FROM ${table}`);
    } finally {
      await client.end();
    }
  };

  /** A user of its own with a table that it alone may read, and the secret that holds its password. */
  const scene = async (sort: "single" | "alternating") => {
    users += 1;
    const user = `app ${users}"x`;
    const table = `things_${users}`;
    const quoted = `"${user.replace('"', '""')}"`;
    await asAdmin(
      `CREATE ROLE ${quoted} LOGIN PASSWORD 'first-password-of-the-user'`,
      `CREATE TABLE ${table} ()`,
      `ALTER TABLE ${table} OWNER TO ${quoted}`,
    );
    const secrets = new FakeRotationSecrets(
      text(
        JSON.stringify({
          ...place(),
          username: user,
          password: "first-password-of-the-user",
          masterarn: ADMIN_ARN,
        }),
      ),
    );
    const rotator: Rotator =
      sort === "single"
        ? postgresSingleUser(postgres, SETTINGS)
        : postgresAlternating(
            postgres,
            (arn) => Promise.resolve(arn === ADMIN_ARN ? admin() : undefined),
            SETTINGS,
          );
    let rotations = 0;
    const begin = (): string => {
      rotations += 1;
      const token = `${rotations}`.padStart(8, "0") + "-1111-4111-8111-111111111111";
      secrets.begin(token);
      return token;
    };
    const finish = async (token: string): Promise<void> => {
      for (const step of ROTATION_STEPS) {
        await rotationStep(step, { arn: secrets.arn, token }, { secrets, rotator, log });
      }
    };
    return { user, table, secrets, rotator, begin, finish };
  };

  for (const sort of ["single", "alternating"] as const) {
    it(`gives ${sort} users new passwords, one after the other`, async () => {
      const { table, secrets, begin, finish } = await scene(sort);
      const seen = new Set<string>();
      for (let round = 0; round < 3; round++) {
        await finish(begin());
        await reads(secrets.current, table);
        seen.add(read(secrets.current).password);
      }
      expect(seen.size).to.equal(3);
    });

    it(`finishes for ${sort} users after being cut off before and after each call`, async () => {
      const { table, secrets, begin, finish } = await scene(sort);
      let moments = 0;
      secrets.onCall = () => void (moments += 1);
      await finish(begin());
      for (let cut = 1; cut <= moments; cut++) {
        const token = begin();
        let left = cut;
        secrets.onCall = () => {
          left -= 1;
          if (left === 0) throw new Error("killed");
        };
        expect(await failureOf(finish(token))).to.be.an("error");
        secrets.onCall = undefined;
        await finish(token);
        await reads(secrets.current, table);
        expect(secrets.holder("AWSCURRENT")?.[0]).to.equal(token);
      }
    });

    it(`agrees on one password for ${sort} users when a rotation is done twice at once`, async () => {
      const { table, secrets, rotator, begin } = await scene(sort);
      for (let round = 0; round < 3; round++) {
        const token = begin();
        for (const step of ROTATION_STEPS) {
          const once = () =>
            rotationStep(step, { arn: secrets.arn, token }, { secrets, rotator, log });
          await Promise.all([once(), once(), once()]);
        }
        await reads(secrets.current, table);
      }
    });
  }

  it("lets somebody who asks for the secret all the time log in at every moment, with alternating users", async () => {
    const { table, secrets, begin, finish } = await scene("alternating");
    const over = new AbortController();
    let logins = 0;
    const client = (async () => {
      while (!over.signal.aborted) {
        await reads(secrets.current, table);
        logins += 1;
      }
    })();
    for (let round = 0; round < 4; round++) await finish(begin());
    over.abort();
    await client;
    expect(logins).to.be.greaterThan(4);
  });

  it("lets him log in at every moment also when the new value is taken back again, with alternating users", async () => {
    const { table, secrets, rotator, begin, finish } = await scene("alternating");
    const over = new AbortController();
    const client = (async () => {
      while (!over.signal.aborted) await reads(secrets.current, table);
    })();
    for (let round = 0; round < 3; round++) {
      const before = secrets.current;
      const token = begin();
      await finish(token);
      await goBack({ arn: secrets.arn, token }, { secrets, rotator, log });
      expect(secrets.current).to.deep.equal(before);
    }
    over.abort();
    await client;
  });

  it("gives a single user its password before back, wherever going back was cut off", async () => {
    const { table, secrets, rotator, begin, finish } = await scene("single");
    for (let cut = 1; ; cut++) {
      const before = secrets.current;
      const token = begin();
      await finish(token);
      let left = cut;
      secrets.onCall = () => {
        left -= 1;
        if (left === 0) throw new Error("killed");
      };
      const ended = await failureOf(goBack({ arn: secrets.arn, token }, { secrets, rotator, log }));
      secrets.onCall = undefined;
      await goBack({ arn: secrets.arn, token }, { secrets, rotator, log });
      expect(secrets.current, `cut at ${cut}`).to.deep.equal(before);
      await reads(secrets.current, table);
      if (ended === undefined) break;
    }
  });

  it("ends a rotation that was left when the server knew the new password already", async () => {
    const { table, secrets, rotator, begin } = await scene("single");
    const token = begin();
    for (const step of ["createSecret", "setSecret"] as const) {
      await rotationStep(step, { arn: secrets.arn, token }, { secrets, rotator, log });
    }
    expect(await failureOf(reads(secrets.current, table))).to.include({ code: "28P01" });
    const settled = await settleRotation({ arn: secrets.arn, token }, { secrets, rotator, log });
    expect(settled).to.deep.equal({ outcome: "current" });
    await reads(secrets.current, table);
  });

  it("keeps the password before valid with alternating users, until the rotation after", async () => {
    const { table, secrets, begin, finish } = await scene("alternating");
    const first = secrets.current;
    await finish(begin());
    await reads(first, table);
    await finish(begin());
    expect(await failureOf(reads(first, table))).to.include({ code: "28P01" });
  });

  it("writes no password into the server's log of statements, nor into an error", async () => {
    const { user, secrets, begin, finish } = await scene("single");
    await asAdmin(`ALTER SYSTEM SET log_statement = 'all'`, "SELECT pg_reload_conf()");
    await finish(begin());
    const { password } = read(secrets.current);
    const activity = await asAdmin(
      "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL",
    );
    expect(JSON.stringify(activity)).not.to.include(password);
    await asAdmin(`ALTER ROLE "${user.replace('"', '""')}" PASSWORD 'set-by-hand'`);
    const error = await failureOf(finish(begin()));
    expect(error).to.be.instanceOf(FunctionError);
    expect((error as FunctionError).code).to.equal("ROTATION_LOCKED_OUT");
    expect((error as FunctionError).message).not.to.include(password);
  });

  it("sends nothing to another server than the current value names", async () => {
    const { secrets, rotator } = await scene("single");
    const known = { current: secrets.current };
    const pending = text(JSON.stringify({ ...read(secrets.current), host: "127.0.0.2" }));
    const error = await failureOf(rotator.set(pending, known, { arn: secrets.arn, token: "t" }));
    expect((error as FunctionError).code).to.equal("ROTATION_OTHER_PLACE");
  });

  it("says that a server cannot be reached, and may be asked again", async () => {
    const { secrets, rotator } = await scene("single");
    const value = text(JSON.stringify({ ...read(secrets.current), port: 1 }));
    const error = await failureOf(rotator.test(value, { arn: secrets.arn, token: "t" }));
    expect(error).to.include({ code: "DATABASE_UNREACHABLE", retry: true });
  });
});
