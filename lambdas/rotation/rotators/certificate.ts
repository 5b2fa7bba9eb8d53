import "reflect-metadata";
import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
  X509Certificate,
} from "node:crypto";

import * as x509 from "@peculiar/x509";

import { FunctionError, type Clock, type SecretValue } from "../../ports";
import type { Rotator } from "../rotator";
import { oneOf, wholeNumber, wordList, type Setting, type SettingsOf } from "../settings";
import { fieldsOf, jsonValue, textFields } from "../values";
import { newKeyPair, pairFields } from "./key-pair";
import type { OtherSecret } from "./ports";

/** Algorithms of certificates that every TLS library of today reads. */
export const CERTIFICATE_ALGORITHMS = ["ec-p256", "ec-p384", "rsa-3072", "rsa-4096"] as const;

const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$/;
const issuer: Setting<string> = {
  takes: "the ARN of the secret with the issuer's certificate and key",
  initial: "",
  read: (text) => (SECRET_ARN.test(text) ? text : undefined),
};

export const CERTIFICATE_SETTINGS = {
  /** DNS names, the first one is the subject's common name. */
  names: wordList([]),
  /** Days that it is valid: the CA/Browser Forum's longest is 398. */
  days: wholeNumber(90, 1, 398),
  algorithm: oneOf("ec-p256", CERTIFICATE_ALGORITHMS),
  /** Absent: self-signed. */
  issuer,
} as const;
type Settings = SettingsOf<typeof CERTIFICATE_SETTINGS>;

/** How far clocks of those who check it may be behind. */
const BACKDATED_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
/** RFC 5280 §4.1.2.2: positive, 20 bytes at most. */
const SERIAL_BYTES = 16;

export interface CertificatePorts {
  readonly otherSecret: OtherSecret;
  readonly clock: Clock;
}

interface Issuer {
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * An X.509 certificate for TLS servers, with its key: fields `certificate`, `privateKey`, `publicKey`, `keyId`, `notAfter`,
 * and `chain` where somebody else issued it. A new pair of keys each time. The one before is valid until it ends.
 */
export function certificateRotator(
  { otherSecret, clock }: CertificatePorts,
  settings: Settings,
): Rotator {
  return {
    name: "certificate",
    create: async ({ current }, { arn }) => {
      if (settings.names.length === 0) {
        throw new FunctionError(
          "ROTATION_SETTINGS",
          `${arn} needs the tag strongroom:rotator:names with the DNS names of its certificate`,
          false,
        );
      }
      const others = fieldsOf(current, arn);
      const pair = pairFields(await newKeyPair(settings.algorithm));
      const signer = await issuerOf(arn);
      const notAfter = new Date(clock.now().getTime() + settings.days * DAY_MS);
      const certificate = await issue(settings, pair, signer, clock.now(), notAfter);
      return jsonValue({
        ...others,
        ...pair,
        certificate,
        ...(signer === undefined ? {} : { chain: signer.certificate }),
        notAfter: notAfter.toISOString(),
      });
    },
    set: () => Promise.resolve(),
    test: async (pending, { arn }) => {
      const signer = await issuerOf(arn);
      const wrong = wrongWith(pending, arn, settings, clock.now(), signer);
      if (wrong === undefined) return;
      throw new FunctionError("ROTATION_UNPROVEN", `The new certificate of ${arn} ${wrong}`, false);
    },
  };

  async function issuerOf(arn: string): Promise<Issuer | undefined> {
    if (settings.issuer === "") return undefined;
    const value = await otherSecret(settings.issuer);
    if (value === undefined) {
      throw new FunctionError(
        "ROTATION_ISSUER",
        `The issuer's secret ${settings.issuer}, which ${arn} names, is not there`,
        false,
      );
    }
    const names = ["certificate", "privateKey"] as const;
    return textFields(fieldsOf(value, settings.issuer), names, settings.issuer);
  }
}

async function issue(
  { names, algorithm }: Settings,
  pair: Readonly<Record<string, string>>,
  signer: Issuer | undefined,
  now: Date,
  notAfter: Date,
): Promise<string> {
  const own = await cryptoKeys(pair["privateKey"] ?? "", pair["publicKey"] ?? "");
  const by = signer === undefined ? undefined : new x509.X509Certificate(signer.certificate);
  const signingKey =
    signer === undefined
      ? own.privateKey
      : (await cryptoKeys(signer.privateKey, publicOf(signer.privateKey))).privateKey;
  const serial = randomBytes(SERIAL_BYTES);
  // The first bit is the sign.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial.toString("hex"),
      subject: [{ CN: [names[0] ?? ""] }],
      issuer: by?.subject ?? [{ CN: [names[0] ?? ""] }],
      notBefore: new Date(now.getTime() - BACKDATED_MS),
      notAfter,
      publicKey: own.publicKey,
      signingKey,
      signingAlgorithm: signingAlgorithm(signingKey),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(keyUsages(algorithm), true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: "dns" as const, value })),
        ),
        await x509.SubjectKeyIdentifierExtension.create(own.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return made.toString("pem");
}

/** RSA keys also encrypt the session's key for clients of before TLS 1.3. The library's flags are bits of one number. */
const keyUsages = (algorithm: string): x509.KeyUsageFlags => {
  const flags = [x509.KeyUsageFlags.digitalSignature];
  if (algorithm.startsWith("rsa")) flags.push(x509.KeyUsageFlags.keyEncipherment);
  return flags.reduce((all, flag) => all | flag);
};

const publicOf = (privatePem: string): string =>
  createPublicKey(createPrivateKey(privatePem)).export({ type: "spki", format: "pem" }).toString();

/** PEM keys as the certificate library wants them. */
async function cryptoKeys(privatePem: string, publicPem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = createPrivateKey(privatePem);
  const algorithm =
    privateKey.asymmetricKeyType === "ec"
      ? {
          name: "ECDSA",
          namedCurve:
            privateKey.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "P-384" : "P-256",
        }
      : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const { subtle } = webcrypto;
  const der = privateKey.export({ type: "pkcs8", format: "der" });
  const spki = createPublicKey(publicPem).export({ type: "spki", format: "der" });
  return {
    privateKey: await subtle.importKey("pkcs8", der, algorithm, false, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, algorithm, true, ["verify"]),
  };
}

function signingAlgorithm({ algorithm }: webcrypto.CryptoKey) {
  if (algorithm.name !== "ECDSA") return { name: algorithm.name, hash: "SHA-256" };
  const { namedCurve } = algorithm as webcrypto.EcKeyAlgorithm;
  return { name: "ECDSA", hash: namedCurve === "P-384" ? "SHA-384" : "SHA-256" };
}

/** What is wrong with a new certificate, as the end of a sentence. */
function wrongWith(
  pending: SecretValue,
  arn: string,
  { names }: Settings,
  now: Date,
  signer: Issuer | undefined,
): string | undefined {
  const fields = textFields(fieldsOf(pending, arn), ["certificate", "privateKey"] as const, arn);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(fields.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(fields.privateKey))) {
      return "is not for its private key";
    }
  } catch {
    return "cannot be read";
  }
  const issuerKey = signer === undefined ? certificate : new X509Certificate(signer.certificate);
  if (!certificate.verify(issuerKey.publicKey)) return "is not signed by its issuer";
  if (new Date(certificate.validFrom) > now || new Date(certificate.validTo) <= now) {
    return "is not valid now";
  }
  const other = names.find((name) => certificate.checkHost(name) === undefined);
  // A wildcard is no name of a host, so it is looked up as it was written.
  const missing =
    other !== undefined && certificate.subjectAltName?.includes(`DNS:${other}`) !== true;
  return missing ? "is not for all its names" : undefined;
}
