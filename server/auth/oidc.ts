import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWTPayload,
  jwtVerify,
} from "jose";

import { fetchKeySet, KeySet, type KeySetOptions } from "./key-sets";
import { OIDC_ALGORITHMS, type OidcIssuer, type OidcSettings } from "./oidc-file";
import { allows, type Authenticator, type Principal } from "./roles";

/** Clocks of issuers and ours may differ by so much. */
const LEEWAY_SECONDS = 30;
/** A token that its issuer made to live for longer is not meant for us. */
const LONGEST_LIFE_SECONDS = 24 * 3600;

export interface OidcOptions extends Partial<KeySetOptions> {
  readonly wallClock?: () => Date;
}

/**
 * Believes tokens of OpenID Connect issuers: the signature by a public key of the issuer, issuer, audience and times, and
 * then the claims that the rules ask for (a pipeline's repository and branch). The most that any fitting rule gives counts.
 */
export function oidcAuthenticator(
  settings: OidcSettings,
  options: OidcOptions = {},
): Authenticator {
  const keyOptions: KeySetOptions = {
    fetch: options.fetch ?? fetchKeySet,
    now: options.now ?? (() => performance.now()),
  };
  const wallClock = options.wallClock ?? (() => new Date());
  const issuers = new Map(
    settings.issuers.map((issuer) => [
      issuer.issuer,
      { issuer, keys: new KeySet(issuer.jwksUri, keyOptions) },
    ]),
  );
  return {
    async authenticate(bearer) {
      try {
        // Not believed yet: it only says whose keys to ask.
        const found = issuers.get(decodeJwt(bearer).iss ?? "");
        if (found === undefined) return undefined;
        const { issuer, keys } = found;
        const set = await keys.keys(decodeProtectedHeader(bearer).kid);
        if (set === undefined) return undefined;
        const { payload } = await jwtVerify(bearer, createLocalJWKSet(set), {
          issuer: issuer.issuer,
          audience: issuer.audience,
          algorithms: [...(issuer.algorithms ?? OIDC_ALGORITHMS)],
          clockTolerance: LEEWAY_SECONDS,
          requiredClaims: ["exp", "iat", "sub"],
          maxTokenAge: LONGEST_LIFE_SECONDS,
          currentDate: wallClock(),
        });
        return principalOf(issuer, payload);
      } catch {
        // Whatever is wrong with it, the bearer hears the same.
        return undefined;
      }
    },
  };
}

function principalOf({ issuer, rules }: OidcIssuer, payload: JWTPayload): Principal | undefined {
  let best: OidcIssuer["rules"][number] | undefined;
  for (const rule of rules) {
    const fits = Object.entries(rule.claims).every(([claim, wanted]) => {
      const value = payload[claim];
      return (
        typeof value === "string" && (Array.isArray(wanted) ? wanted : [wanted]).includes(value)
      );
    });
    if (fits && (best === undefined || !allows(best.role, rule.role))) best = rule;
  }
  if (best === undefined) return undefined;
  const { role, organizationalUnits } = best;
  return {
    subject: `oidc:${new URL(issuer).host}:${payload.sub ?? ""}`,
    role,
    ...(organizationalUnits === undefined ? {} : { organizationalUnits }),
  };
}

/** Tokens of the state folder, and those of issuers: the form of a bearer says which it is. */
export function eitherOf(tokens: Authenticator, oidc: Authenticator): Authenticator {
  return {
    authenticate: (bearer) => (bearer.split(".").length === 3 ? oidc : tokens).authenticate(bearer),
  };
}
