import "reflect-metadata";

import { createPrivateKey, webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { expect } from "chai";

import { readAddressRules } from "../../../../server/webhooks/addresses";
import { type LookUp, post, refusedNow } from "../../../../server/webhooks/post";

const answers =
  (...addresses: string[]): LookUp =>
  (_host, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

describe("sending to a webhook", () => {
  const { rules: nothing } = readAddressRules([], false);
  const { rules: local } = readAddressRules(["hooks.internal"], true);
  const asked: { url: string; body: string }[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let server: Server;
  let port: number;

  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        asked.push({ url: `${request.headers.host ?? ""}${request.url ?? ""}`, body });
        answer(request, response);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });
  beforeEach(() => {
    asked.length = 0;
    answer = (_request, response) => response.writeHead(204).end();
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (
    url: string,
    lookUp: LookUp,
    over: { rules?: typeof local; timeoutMs?: number } = {},
  ) => post(url, "{}", {}, { rules: local, timeoutMs: 5000, ...over, lookUp });

  it("goes to the address that was judged", async () => {
    const posted = await send(`http://hooks.internal:${port}/a?b=c`, answers("127.0.0.1"));
    expect(posted).to.deep.equal({ status: 204 });
    expect(asked).to.deep.equal([{ url: `hooks.internal:${port}/a?b=c`, body: "{}" }]);
  });

  it("does not go where a name leads inside when it is sent, though it led outside when it was made", async () => {
    const url = `https://rebinds.example.com:${port}/`;
    expect(await refusedNow(url, nothing, answers("8.8.8.8"))).to.equal(undefined);
    const posted = await send(url, answers("127.0.0.1"), { rules: nothing });
    expect(posted).to.deep.include({ refused: true });
    expect(asked).to.deep.equal([]);
  });

  it("asks for the name once, so that a second answer cannot lead elsewhere", async () => {
    let lookups = 0;
    const changing: LookUp = (host, callback) => {
      lookups += 1;
      answers(lookups === 1 ? "127.0.0.1" : "169.254.169.254")(host, callback);
    };
    expect(await send(`http://hooks.internal:${port}/`, changing)).to.deep.equal({ status: 204 });
    expect(lookups).to.equal(1);
  });

  for (const addresses of [
    ["8.8.8.8", "127.0.0.1"],
    ["::ffff:127.0.0.1"],
    ["169.254.169.254"],
    ["64:ff9b::a9fe:a9fe"],
  ]) {
    it(`is refused, made and sent, to a name with the addresses ${addresses.join(", ")}`, async () => {
      const url = "https://hooks.example.com/";
      expect(await refusedNow(url, nothing, answers(...addresses))).to.be.a("string");
      expect(await send(url, answers(...addresses), { rules: nothing })).to.include({
        refused: true,
      });
    });
  }

  it("is refused to an address in the URL, which nobody looks up", async () => {
    const never: LookUp = () => expect.fail("nothing to look up");
    const url = `https://127.0.0.1:${port}/`;
    expect(await send(url, never, { rules: nothing })).to.include({ refused: true });
  });

  it("follows no redirect", async () => {
    answer = (_request, response) =>
      response.writeHead(302, { location: `http://hooks.internal:${port}/metadata` }).end();
    const posted = await send(`http://hooks.internal:${port}/`, answers("127.0.0.1"));
    expect(posted).to.deep.equal({ status: 302 });
    expect(asked).to.have.length(1);
  });

  it("does not wait for a body, however long it is", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "retry-after": "7" });
      response.write("x".repeat(100_000));
    };
    const posted = await send(`http://hooks.internal:${port}/`, answers("127.0.0.1"));
    expect(posted).to.deep.equal({ status: 200, retryAfter: "7" });
  });

  it("gives up a receiver that does not answer, or that ends the connection", async () => {
    answer = () => undefined;
    const url = `http://hooks.internal:${port}/`;
    const silent = await send(url, answers("127.0.0.1"), { timeoutMs: 50 });
    expect(silent).to.deep.equal({ error: "no answer within 0.05 s" });
    answer = (request) => request.socket.destroy();
    expect(await send(url, answers("127.0.0.1"))).to.have.property("error");
  });

  it("believes no receiver over TLS for whose certificate nobody vouches", async () => {
    const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ]);
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: "CN=hooks.internal",
        keys,
        signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
        extensions: [
          new SubjectAlternativeNameExtension([{ type: "dns", value: "hooks.internal" }]),
        ],
      },
      webcrypto,
    );
    const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const secure = createSecureServer(
      { key: key.export({ format: "pem", type: "pkcs8" }), cert: certificate.toString("pem") },
      (request, response) => {
        asked.push({ url: request.url ?? "", body: "" });
        response.writeHead(204).end();
      },
    );
    secure.listen(0, "127.0.0.1");
    await once(secure, "listening");
    const { port: securePort } = secure.address() as AddressInfo;
    const posted = await send(`https://hooks.internal:${securePort}/`, answers("127.0.0.1"));
    expect(posted)
      .to.have.property("error")
      .that.matches(/self-signed/);
    expect(asked).to.deep.equal([]);
    secure.closeAllConnections();
    secure.close();
  });

  it("says that a name is unknown", async () => {
    const unknown: LookUp = (host, callback) =>
      callback(
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" }),
        [],
      );
    expect(await refusedNow("https://nowhere.example.com/", nothing, unknown)).to.contain(
      "ENOTFOUND",
    );
  });
});
