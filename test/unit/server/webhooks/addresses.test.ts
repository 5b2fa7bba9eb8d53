import { expect } from "chai";

import {
  readAddressRules,
  refusedAddress,
  refusedUrl,
} from "../../../../server/webhooks/addresses";

const { rules: nothing } = readAddressRules([], false);

/** Each refused when its URL is given, or when a name turns out to have it. */
const REFUSED = {
  "the metadata service": "169.254.169.254",
  "the metadata service of ECS": "169.254.170.2",
  "the metadata service over IPv6": "fd00:ec2::254",
  "this host": "127.0.0.1",
  "this host, another of its addresses": "127.8.8.8",
  "this host over IPv6": "::1",
  "this host as IPv4 in IPv6": "::ffff:127.0.0.1",
  "the metadata service as IPv4 in IPv6": "::ffff:169.254.169.254",
  "IPv4 in IPv6, the old way": "::127.0.0.1",
  "translated IPv4": "::ffff:0:127.0.0.1",
  NAT64: "64:ff9b::7f00:1",
  "NAT64 of a network": "64:ff9b:1::7f00:1",
  "6to4": "2002:7f00:1::",
  Teredo: "2001::1",
  "a private network": "10.0.0.1",
  "a private network, 172.16/12": "172.31.255.255",
  "a private network, 192.168/16": "192.168.1.1",
  "carrier-grade NAT": "100.64.0.1",
  benchmarking: "198.18.0.1",
  documentation: "192.0.2.1",
  "documentation over IPv6": "2001:db8::1",
  "no address": "0.0.0.0",
  "no address over IPv6": "::",
  everybody: "255.255.255.255",
  "a group": "224.0.0.1",
  "link-local over IPv6": "fe80::1",
  "unique local": "fd12:3456::1",
  "site-local": "fec0::1",
  "the discard prefix": "100::1",
} as const;

describe("addresses of webhooks", () => {
  for (const [what, address] of Object.entries(REFUSED)) {
    it(`are not ${what}, ${address}`, () => {
      const host = address.includes(":") ? `[${address}]` : address;
      expect(refusedUrl(`https://${host}/hook`, nothing)).to.be.a("string");
      expect(refusedAddress(address, "hooks.example.com", nothing)).to.be.a("string");
    });
  }

  for (const address of ["8.8.8.8", "2606:4700::1111"]) {
    it(`may be public, ${address}`, () => {
      const host = address.includes(":") ? `[${address}]` : address;
      expect(refusedUrl(`https://${host}/hook`, nothing)).to.equal(undefined);
      expect(refusedAddress(address, "hooks.example.com", nothing)).to.equal(undefined);
    });
  }

  for (const text of ["0x7f.1", "2130706433", "0177.0.0.1", "127.1"]) {
    it(`are not this host in another spelling, ${text}`, () => {
      expect(refusedUrl(`https://${text}/`, nothing)).to.contain("127.0.0.1");
    });
  }

  for (const url of [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "hooks.example.com",
    "https://user:word@hooks.example.com/",
    "https://hooks.example.com/#part",
    `https://hooks.example.com/${"a".repeat(2048)}`,
  ]) {
    it(`are not ${url.slice(0, 60)}`, () => {
      expect(refusedUrl(url, nothing)).to.be.a("string");
    });
  }

  it("may be inside where a setting lets the host or the network in", () => {
    const { rules } = readAddressRules(["Hooks.internal", "10.1.0.0/16", "127.0.0.1"], false);
    expect(refusedUrl("https://hooks.internal/", rules)).to.equal(undefined);
    expect(refusedAddress("10.9.0.1", "hooks.internal", rules)).to.equal(undefined);
    expect(refusedAddress("10.1.2.3", "other.example.com", rules)).to.equal(undefined);
    expect(refusedAddress("10.2.0.1", "other.example.com", rules)).to.be.a("string");
    expect(refusedUrl("https://127.0.0.1:8443/", rules)).to.equal(undefined);
  });

  it("are not metadata services under the name of a host that is let in", () => {
    const { rules } = readAddressRules(["hooks.internal"], false);
    for (const address of ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"]) {
      expect(refusedAddress(address, "hooks.internal", rules), address).to.be.a("string");
    }
  });

  it("go without TLS to hosts that are let in alone, and where a setting says so", () => {
    const inside = readAddressRules(["hooks.internal"], true).rules;
    expect(refusedUrl("http://hooks.internal/", inside)).to.equal(undefined);
    expect(refusedUrl("http://hooks.example.com/", inside)).to.contain("without TLS");
    const strict = readAddressRules(["hooks.internal"], false).rules;
    expect(refusedUrl("http://hooks.internal/", strict)).to.contain("https://");
  });

  it("are let in by what can be read alone", () => {
    expect(
      readAddressRules(["10.0.0.0/33", "https://x", "ok.internal"], false).mistakes,
    ).to.deep.equal(["10.0.0.0/33", "https://x"]);
  });
});
