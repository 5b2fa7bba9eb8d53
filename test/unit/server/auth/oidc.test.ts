import { createHmac } from "node:crypto";

import { expect } from "chai";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JSONWebKeySet,
  SignJWT,
} from "jose";

import { eitherOf, oidcAuthenticator } from "../../../../server/auth/oidc";
import type { OidcSettings } from "../../../../server/auth/oidc-file";
import type { Authenticator, Principal } from "../../../../server/auth/roles";

const ISSUER = "https://token.example";
const SETTINGS: OidcSettings = {
  version: 1,
  issuers: [
    {
      issuer: ISSUER,
      audience: "strongroom",
      jwksUri: `${ISSUER}/keys`,
      rules: [
        { claims: { repository: "org/fleet", ref: "refs/heads/main" }, role: "operator" },
        {
          claims: { repository: ["org/team-a", "org/team-b"] },
          role: "viewer",
          organizationalUnits: ["workloads/prod"],
        },
      ],
    },
  ],
};
const PIPELINE = { repository: "org/fleet", ref: "refs/heads/main" };
const START = Date.parse("2026-11-25T12:00:00Z");

describe("tokens of an OpenID Connect issuer", () => {
  let key: CryptoKey;
  let publicKey: CryptoKey;
  let served: JSONWebKeySet | undefined;
  let fetches = 0;
  let elapsed = 0;
  let authenticator: Authenticator;

  async function keySet(kid: string, shown: CryptoKey): Promise<JSONWebKeySet> {
    return { keys: [{ ...(await exportJWK(shown)), kid, alg: "RS256" }] };
  }
  const token = (
    claims: Record<string, unknown> = PIPELINE,
    change: (jwt: SignJWT) => SignJWT = (jwt) => jwt,
    by: CryptoKey = key,
    kid = "one",
  ): Promise<string> => {
    const now = (START + elapsed) / 1000;
    const jwt = new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid })
      .setIssuer(ISSUER)
      .setAudience("strongroom")
      .setSubject("repo:org/fleet:ref:refs/heads/main")
      .setIssuedAt(now)
      .setExpirationTime(now + 600);
    return change(jwt).sign(by);
  };
  const who = async (bearer: Promise<string> | string): Promise<Principal | undefined> =>
    authenticator.authenticate(await bearer);

  before(async () => {
    const pair = await generateKeyPair("RS256", { extractable: true });
    key = pair.privateKey;
    publicKey = pair.publicKey;
  });
  beforeEach(async () => {
    served = await keySet("one", publicKey);
    fetches = 0;
    elapsed = 0;
    authenticator = oidcAuthenticator(SETTINGS, {
      fetch: () => {
        fetches += 1;
        return served === undefined ? Promise.reject(new Error("down")) : Promise.resolve(served);
      },
      now: () => elapsed,
      wallClock: () => new Date(START + elapsed),
    });
  });

  it("say who their bearer is, and give the role and the units of the rule that fits", async () => {
    expect(await who(token())).to.deep.equal({
      subject: "oidc:token.example:repo:org/fleet:ref:refs/heads/main",
      role: "operator",
    });
    expect(await who(token({ repository: "org/team-b" }))).to.deep.include({
      role: "viewer",
      organizationalUnits: ["workloads/prod"],
    });
  });

  it("of another repository or branch, or without the claims, give nothing", async () => {
    for (const claims of [
      { ...PIPELINE, repository: "stranger/fleet" },
      { ...PIPELINE, repository: "org/fleet2" },
      { ...PIPELINE, ref: "refs/heads/main-2" },
      { ...PIPELINE, ref: ["refs/heads/main"] },
      { repository: "org/fleet" },
      {},
    ]) {
      expect(await who(token(claims)), JSON.stringify(claims)).to.equal(undefined);
    }
  });

  it("that are expired, not yet valid, too long-lived, or for somebody else give nothing", async () => {
    const now = START / 1000;
    const changes: Record<string, (jwt: SignJWT) => SignJWT> = {
      expired: (jwt) => jwt.setExpirationTime(now - 60),
      "not yet valid": (jwt) => jwt.setNotBefore(now + 300),
      "issued long ago": (jwt) => jwt.setIssuedAt(now - 2 * 86_400).setExpirationTime(now + 600),
      "for another audience": (jwt) => jwt.setAudience("another"),
      "of another issuer": (jwt) => jwt.setIssuer("https://evil.example"),
      "of an issuer with a slash more": (jwt) => jwt.setIssuer(`${ISSUER}/`),
    };
    for (const [what, change] of Object.entries(changes)) {
      expect(await who(token(PIPELINE, change)), what).to.equal(undefined);
    }
    const { repository, ref } = PIPELINE;
    const endless = new SignJWT({ repository, ref })
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer(ISSUER)
      .setAudience("strongroom")
      .setSubject("s")
      .setIssuedAt(now);
    expect(await who(endless.sign(key)), "without an end").to.equal(undefined);
  });

  it("without a signature, or signed with the public key as a shared secret, give nothing", async () => {
    const [, payload = ""] = (await token()).split(".");
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    expect(await who(`${part({ alg: "none" })}.${payload}.`)).to.equal(undefined);
    expect(await who(`${part({ alg: "none", kid: "one" })}.${payload}.AA`)).to.equal(undefined);
    const pem = await exportSPKI(publicKey);
    const signed = `${part({ alg: "HS256", kid: "one" })}.${payload}`;
    const mac = createHmac("sha256", pem).update(signed).digest("base64url");
    expect(await who(`${signed}.${mac}`)).to.equal(undefined);
    const stranger = await generateKeyPair("RS256");
    expect(await who(token(PIPELINE, undefined, stranger.privateKey))).to.equal(undefined);
    const [header, , signature] = (await token()).split(".");
    const more = part({ ...PIPELINE, iss: ISSUER, aud: "strongroom", sub: "s", exp: 9e9, iat: 1 });
    expect(await who(`${header}.${more}.${signature}`), "another payload").to.equal(undefined);
    for (const nonsense of ["a.b.c", "..", "", "x"]) {
      expect(await who(nonsense), nonsense).to.equal(undefined);
    }
  });

  it("are believed while the issuer's keys cannot be fetched, for an hour and not longer", async () => {
    expect(await who(token())).not.to.equal(undefined);
    served = undefined;
    elapsed = 50 * 60_000;
    expect(await who(token())).not.to.equal(undefined);
    elapsed = 61 * 60_000;
    expect(await who(token())).to.equal(undefined);
    served = await keySet("one", publicKey);
    elapsed = 62 * 60_000;
    expect(await who(token())).not.to.equal(undefined);
  });

  it("with a key that the issuer has just taken into use are believed, and its old key no more", async () => {
    expect(await who(token())).not.to.equal(undefined);
    const next = await generateKeyPair("RS256", { extractable: true });
    served = await keySet("two", next.publicKey);
    elapsed = 31_000;
    expect(await who(token(PIPELINE, undefined, next.privateKey, "two"))).not.to.equal(undefined);
    expect(await who(token())).to.equal(undefined);
  });

  it("do not make us ask the issuer for every unknown key that somebody names", async () => {
    for (let index = 0; index < 50; index += 1) {
      expect(await who(token(PIPELINE, undefined, key, `unknown-${index}`))).to.equal(undefined);
    }
    expect(fetches).to.equal(1);
  });

  it("are told from the tokens of the state folder by their form", async () => {
    const either = eitherOf(
      { authenticate: () => Promise.resolve({ subject: "file", role: "viewer" }) },
      authenticator,
    );
    expect((await either.authenticate("sr_viewer_x"))?.subject).to.equal("file");
    expect((await either.authenticate(await token()))?.role).to.equal("operator");
  });
});
