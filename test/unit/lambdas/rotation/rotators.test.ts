import { X509Certificate } from "node:crypto";

import { expect } from "chai";

import { FunctionError, type SecretValue } from "../../../../lambdas/ports";
import { rotatorFor, type RotatorPorts } from "../../../../lambdas/rotation/rotators";
import type { Postgres } from "../../../../lambdas/rotation/rotators/ports";
import { ROTATOR_NAMES } from "../../../../stacks/rotation";
import { FakeAccessKeys } from "../../../support/vault/fake-access-keys";
import { FakeClock } from "../../../support/vault/fake-clock";
import { binary, text } from "../../../support/vault/scene";

const ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:app/key-AbCdEf";
const CA_ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:ca-AbCdEf";
const TARGET = { arn: ARN, token: "11111111-1111-4111-8111-111111111111" };

const json = (fields: object): SecretValue => text(JSON.stringify(fields));
const fields = (value: SecretValue): Record<string, string> =>
  JSON.parse(value.kind === "string" ? value.text : "null") as Record<string, string>;
const failureOf = (work: () => Promise<unknown>): Promise<FunctionError> =>
  work().then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) =>
      error instanceof FunctionError ? error : Promise.reject(new Error(String(error))),
  );
const codeOf = async (work: () => Promise<unknown>): Promise<string> =>
  (await failureOf(work)).code;

/** Nothing outside answers, unless a test says otherwise. */
class Outside implements RotatorPorts {
  readonly clock = new FakeClock(Date.now());
  readonly keys = new FakeAccessKeys("app", () => this.clock.now());
  readonly secrets = new Map<string, SecretValue>();
  readonly posts: { url: string; headers: object; body: Record<string, string> }[] = [];
  statuses: number[] = [];
  allowedHosts: string[] = [];
  readonly postgres: Postgres = { login: () => Promise.reject(new Error("no database here")) };
  readonly otherSecret = (arn: string) => Promise.resolve(this.secrets.get(arn));
  readonly wait = () => Promise.resolve();
  readonly post = (url: string, headers: object, body: object) => {
    this.posts.push({ url, headers, body: body as Record<string, string> });
    return Promise.resolve({ status: this.statuses.shift() ?? 200 });
  };
}

const tagged = (name: string, settings: Record<string, string> = {}) => ({
  "strongroom:rotator": name,
  ...Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`strongroom:rotator:${key}`, value]),
  ),
});
const rotator = (outside: Outside, name: string, settings?: Record<string, string>) =>
  rotatorFor(tagged(name, settings), ARN, outside);

describe("finding a secret's rotator", () => {
  it("names those that there are where no tag, or an unknown one, does", async () => {
    for (const tags of [{}, tagged("passwords")]) {
      const error = await failureOf(async () => {
        await Promise.resolve();
        rotatorFor(tags, ARN, new Outside());
      });
      expect(error.code).to.equal("ROTATOR_UNKNOWN");
      expect(error.message).to.include(ROTATOR_NAMES.join(", "));
    }
  });

  it("tells everything that is wrong with the settings at once", async () => {
    const error = await failureOf(async () => {
      await Promise.resolve();
      rotator(new Outside(), "password", { length: "4", alphabet: "runes", lenght: "20" });
    });
    expect(error.message).to.equal(
      `The tags of ${ARN} have mistakes: strongroom:rotator:length takes a whole number from 16 to 256; ` +
        "strongroom:rotator:alphabet takes one of readable, signs, hex; " +
        "strongroom:rotator:lenght is not a setting of this rotator",
    );
  });
});

describe("the rotator of passwords", () => {
  it("makes another one each time, of the length and characters asked for", async () => {
    const it = rotator(new Outside(), "password", { length: "20", alphabet: "hex" });
    const made = await Promise.all(
      Array.from({ length: 20 }, () => it.create({ current: text("old") }, TARGET)),
    );
    for (const value of made) {
      expect(value.kind === "string" && value.text).to.match(/^[0-9a-f]{20}$/);
      await it.test(value, TARGET);
    }
    expect(new Set(made.map((value) => JSON.stringify(value))).size).to.equal(20);
  });

  it("has a character of each group in each password", async () => {
    const it = rotator(new Outside(), "password", { length: "16", alphabet: "signs" });
    for (let count = 0; count < 50; count++) {
      const value = await it.create({ current: text("old") }, TARGET);
      const made = value.kind === "string" ? value.text : "";
      for (const group of [/[a-z]/, /[A-Z]/, /\d/, /[-_.~]/]) expect(made).to.match(group);
    }
  });
});

describe("the rotator of API keys", () => {
  it("renews the named fields and leaves all others", async () => {
    const it = rotator(new Outside(), "api-key", { fields: "key webhookKey" });
    const current = json({ key: "a", webhookKey: "b", url: "https://example.com", retries: 3 });
    const made = fields(await it.create({ current }, TARGET));
    expect(made).to.include({ url: "https://example.com", retries: 3 });
    expect(made["key"]).to.have.length(32);
    expect(made["webhookKey"]).to.have.length(32);
    expect(made["key"]).not.to.equal(made["webhookKey"]);
    await it.test(json(made), TARGET);
    expect(await codeOf(() => it.test(json({ ...made, key: "short" }), TARGET))).to.equal(
      "ROTATION_UNPROVEN",
    );
  });

  it("never tells a value that it cannot read", async () => {
    const it = rotator(new Outside(), "api-key");
    for (const current of [text("{canary"), text('"canary"'), text('["canary"]'), binary(1, 2)]) {
      const error = await failureOf(() => it.create({ current }, TARGET));
      expect(error.code).to.equal("ROTATION_VALUE");
      expect(error.message).not.to.include("canary");
    }
  });
});

describe("the rotator of key pairs", function () {
  // Looking for the primes of an RSA key takes as long as chance wants.
  this.timeout(60_000);
  for (const algorithm of ["ec-p256", "ec-p384", "rsa-3072", "ed25519"]) {
    it(`makes a pair for ${algorithm} that signs and verifies`, async () => {
      const it = rotator(new Outside(), "key-pair", { algorithm });
      const made = await it.create({ current: json({ purpose: "tokens" }) }, TARGET);
      expect(fields(made)).to.include({ purpose: "tokens", algorithm });
      await it.test(made, TARGET);
      const other = fields(await it.create({ current: json({}) }, TARGET));
      const mixed = json({ ...fields(made), publicKey: other["publicKey"] });
      expect(await codeOf(() => it.test(mixed, TARGET))).to.equal("ROTATION_UNPROVEN");
    });
  }
});

describe("the rotator of certificates", () => {
  const SETTINGS = { names: "db.example.com *.db.example.com", days: "30" };

  it("makes one that is self-signed, for all its names and its key", async () => {
    const it = rotator(new Outside(), "certificate", SETTINGS);
    const made = await it.create({ current: json({ owner: "platform" }) }, TARGET);
    await it.test(made, TARGET);
    const { certificate = "", owner, notAfter = "" } = fields(made);
    expect(owner).to.equal("platform");
    const read = new X509Certificate(certificate);
    expect(read.subjectAltName).to.equal("DNS:db.example.com, DNS:*.db.example.com");
    expect(read.ca).to.equal(false);
    expect(Math.round((Date.parse(notAfter) - Date.now()) / 86_400_000)).to.equal(30);
  });

  it("makes one that another certificate's key has signed, with the chain beside it", async () => {
    const outside = new Outside();
    const root = rotator(outside, "certificate", { names: "Root", algorithm: "ec-p384" });
    outside.secrets.set(CA_ARN, await root.create({ current: json({}) }, TARGET));
    const it = rotator(outside, "certificate", { ...SETTINGS, issuer: CA_ARN });
    const made = await it.create({ current: json({}) }, TARGET);
    await it.test(made, TARGET);
    const read = new X509Certificate(fields(made)["certificate"] ?? "");
    expect(read.issuer).to.equal("CN=Root");
    expect(read.verify(new X509Certificate(fields(made)["chain"] ?? "").publicKey)).to.equal(true);
    // Signed by somebody else than the issuer of now.
    outside.secrets.set(CA_ARN, await root.create({ current: json({}) }, TARGET));
    expect(await codeOf(() => it.test(made, TARGET))).to.equal("ROTATION_UNPROVEN");
    outside.secrets.delete(CA_ARN);
    expect(await codeOf(() => it.create({ current: json({}) }, TARGET))).to.equal(
      "ROTATION_ISSUER",
    );
  });

  it("does not prove one that has ended, is for other names, or for another key", async () => {
    const outside = new Outside();
    const it = rotator(outside, "certificate", SETTINGS);
    const made = await it.create({ current: json({}) }, TARGET);
    const others = rotator(outside, "certificate", { names: "other.example.com" });
    expect(await codeOf(() => others.test(made, TARGET))).to.equal("ROTATION_UNPROVEN");
    const second = fields(await it.create({ current: json({}) }, TARGET));
    const mixed = json({ ...fields(made), privateKey: second["privateKey"] });
    expect(await codeOf(() => it.test(mixed, TARGET))).to.equal("ROTATION_UNPROVEN");
    outside.clock.pass(31 * 86_400);
    expect(await codeOf(() => it.test(made, TARGET))).to.equal("ROTATION_UNPROVEN");
  });

  it("asks for names where it has none", async () => {
    const it = rotator(new Outside(), "certificate");
    expect(await codeOf(() => it.create({ current: json({}) }, TARGET))).to.equal(
      "ROTATION_SETTINGS",
    );
  });
});

describe("the rotator of access keys", () => {
  const current = (id: string, secret: string) =>
    json({ userName: "app", accessKeyId: id, secretAccessKey: secret, region: "eu-central-1" });
  const scene = () => {
    const outside = new Outside();
    outside.keys.add("AKIAOLD", "old");
    return { outside, it: rotator(outside, "access-key") };
  };

  it("makes a second key and leaves the current one valid", async () => {
    const { outside, it } = scene();
    const made = await it.create({ current: current("AKIAOLD", "old") }, TARGET);
    outside.keys.unknownFor = 3;
    await it.test(made, TARGET);
    expect(fields(made)).to.include({ userName: "app", region: "eu-central-1" });
    expect(outside.keys.keys.map(({ id }) => id)).to.deep.equal([
      "AKIAOLD",
      fields(made)["accessKeyId"],
    ]);
  });

  it("takes the key before the current one away to make room", async () => {
    const { outside, it } = scene();
    outside.keys.add("AKIANOW", "now");
    const known = { current: current("AKIANOW", "now"), previous: current("AKIAOLD", "old") };
    const made = fields(await it.create(known, TARGET));
    expect(outside.keys.keys.map(({ id }) => id)).to.deep.equal(["AKIANOW", made["accessKeyId"]]);
  });

  it("clears a key that no secret holds, and waits where it may still be stored", async () => {
    const { outside, it } = scene();
    outside.keys.add("AKIALOST", "lost");
    const known = { current: current("AKIAOLD", "old") };
    const busy = await failureOf(() => it.create(known, TARGET));
    expect(busy).to.include({ code: "ROTATION_BUSY", retry: true });
    outside.clock.pass(16 * 60);
    await it.create(known, TARGET);
    expect(outside.keys.keys.map(({ id }) => id)).not.to.include("AKIALOST");
  });

  it("touches no key of a user whose current one it does not know", async () => {
    const { outside, it } = scene();
    outside.keys.add("AKIAHAND", "by hand");
    outside.clock.pass(3600);
    const code = await codeOf(() => it.create({ current: current("AKIAGONE", "x") }, TARGET));
    expect(code).to.equal("ROTATION_LOCKED_OUT");
    expect(outside.keys.keys).to.have.length(2);
  });

  it("does not prove a key of another user, nor one that AWS never knows", async () => {
    const { it } = scene();
    expect(await codeOf(() => it.test(current("AKIAOLD", "wrong"), TARGET))).to.equal(
      "ROTATION_UNPROVEN",
    );
    const others = json({ userName: "pp", accessKeyId: "AKIAOLD", secretAccessKey: "old" });
    expect(await codeOf(() => it.test(others, TARGET))).to.equal("ROTATION_UNPROVEN");
  });
});

describe("the rotator for systems of the user's own", () => {
  const SETTINGS = { url: "https://billing.example.com/rotate" };
  const scene = () => {
    const outside = new Outside();
    outside.allowedHosts = ["billing.example.com"];
    return { outside, it: rotator(outside, "http", SETTINGS) };
  };
  const known = { current: json({ apiKey: "old" }) };

  it("shows the current credential to set the new one, and the new one to prove it", async () => {
    const { outside, it } = scene();
    const made = await it.create(known, TARGET);
    await it.set(made, known, TARGET);
    await it.test(made, TARGET);
    const credential = fields(made)["apiKey"] ?? "";
    expect(outside.posts).to.deep.equal([
      {
        url: SETTINGS.url,
        headers: { authorization: "Bearer old" },
        body: { step: "set", token: TARGET.token, credential },
      },
      {
        url: SETTINGS.url,
        headers: { authorization: `Bearer ${credential}` },
        body: { step: "test", token: TARGET.token, credential },
      },
    ]);
  });

  it("is done when the system refuses to set what it already takes", async () => {
    const { outside, it } = scene();
    outside.statuses = [401, 200];
    await it.set(json({ apiKey: "new" }), known, TARGET);
    outside.statuses = [401, 401];
    expect(await codeOf(() => it.set(json({ apiKey: "new" }), known, TARGET))).to.equal(
      "ROTATION_REFUSED",
    );
  });

  it("is tried again when the system is busy, and fails when it does not take the credential", async () => {
    const { outside, it } = scene();
    outside.statuses = [503];
    const busy = await failureOf(() => it.set(json({ apiKey: "new" }), known, TARGET));
    expect(busy).to.include({ code: "HTTP_BUSY", retry: true });
    outside.statuses = [403];
    expect(await codeOf(() => it.test(json({ apiKey: "new" }), TARGET))).to.equal(
      "ROTATION_UNPROVEN",
    );
  });

  it("sends nothing to a host that the stamp does not allow, whatever the tags say", async () => {
    const { outside } = scene();
    for (const url of ["https://evil.example.com/x", "https://billing.example.com:8443/x"]) {
      const it = rotator(outside, "http", { url });
      expect(await codeOf(() => it.set(json({ apiKey: "new" }), known, TARGET))).to.equal(
        "ROTATION_HOST",
      );
    }
    for (const url of ["http://billing.example.com/", "https://a@billing.example.com/", "x"]) {
      const code = await codeOf(async () => {
        await Promise.resolve();
        rotator(outside, "http", { url });
      });
      expect(code).to.equal("ROTATION_SETTINGS");
    }
    expect(outside.posts).to.deep.equal([]);
  });
});
