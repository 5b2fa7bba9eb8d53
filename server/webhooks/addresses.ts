import { isIP } from "node:net";

import ipaddr from "ipaddr.js";

/** Where webhooks may go beside public addresses over https. */
export interface AddressRules {
  /** Names of hosts inside, whatever ordinary address they have. */
  readonly hosts: readonly string[];
  /** Networks inside, as `address/bits`. */
  readonly networks: readonly string[];
  /** Whether hosts inside may be reached without TLS. */
  readonly http: boolean;
}

/** Longer than any address that a person set up. */
const MOST_CHARACTERS = 2048;
/** All of IPv6 that is routed in public is in here; what lies outside is old or special. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** Even a host that is let in by its name has no business there: the metadata services of clouds, and nobody's addresses. */
const NEVER_BY_NAME: ReadonlySet<string> = new Set([
  "linkLocal",
  "unspecified",
  "multicast",
  "broadcast",
  "ipv4Mapped",
  "rfc6145",
  "rfc6052",
  "6to4",
  "teredo",
]);
const METADATA_IPV6 = "fd00:ec2::254";

/** Reads `host,10.1.0.0/16,…`. Answers what it cannot read instead of guessing. */
export function readAddressRules(
  list: readonly string[],
  http: boolean,
): { readonly rules: AddressRules; readonly mistakes: readonly string[] } {
  const hosts: string[] = [];
  const networks: string[] = [];
  const mistakes: string[] = [];
  for (const entry of list) {
    const cidr = isIP(entry) === 0 ? entry : `${entry}/${isIP(entry) === 4 ? 32 : 128}`;
    if (ipaddr.isValidCIDR(cidr)) networks.push(cidr);
    else if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry)) hosts.push(entry.toLowerCase());
    else mistakes.push(entry);
  }
  return { rules: { hosts, networks, http }, mistakes };
}

/** The host of an address as a name or an IP address; IPv6 without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/**
 * Why webhooks are not sent to an IP address; undefined where they are. `host` is the name that it was found under. Refused
 * is whatever is not a public address of its own: loopback, private and link-local networks, metadata services, and forms
 * that hide another address (IPv4 in IPv6, NAT64, 6to4, Teredo).
 */
export function refusedAddress(
  address: string,
  host: string,
  { hosts, networks }: AddressRules,
): string | undefined {
  if (!ipaddr.isValid(address)) return `${address} is not an IP address`;
  const ip = ipaddr.parse(address);
  if (networks.some((network) => isIn(ip, network))) return undefined;
  const range = ip.range();
  const isPublic =
    range === "unicast" && (ip.kind() === "ipv4" || (ip as ipaddr.IPv6).match(GLOBAL_IPV6));
  if (isPublic) return undefined;
  const isMetadata = ip.toString() === METADATA_IPV6;
  if (hosts.includes(host) && !NEVER_BY_NAME.has(range) && !isMetadata) return undefined;
  return `${address} is not a public address (${range === "unicast" ? "reserved" : range})`;
}

function isIn(ip: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(network);
  if (ip.kind() === "ipv4" && base.kind() === "ipv4") {
    return (ip as ipaddr.IPv4).match(base, bits);
  }
  return ip.kind() === "ipv6" && base.kind() === "ipv6" && (ip as ipaddr.IPv6).match(base, bits);
}

/** Whether a host is let in by its own name or address, not because it is public. */
function isInside(host: string, { hosts, networks }: AddressRules): boolean {
  if (hosts.includes(host)) return true;
  return isIP(host) !== 0 && networks.some((network) => isIn(ipaddr.parse(host), network));
}

/**
 * Why a URL is not one that webhooks are sent to, as far as that shows before its name is looked up; undefined where nothing
 * is wrong. The WHATWG parser has already turned other ways to write an IPv4 address (`0x7f.1`, `2130706433`) into the usual one.
 */
export function refusedUrl(text: string, rules: AddressRules): string | undefined {
  if (text.length > MOST_CHARACTERS) return `the address is longer than ${MOST_CHARACTERS}`;
  if (!URL.canParse(text)) return "it is not an address, https://…";
  const url = new URL(text);
  const host = hostOf(url);
  if (url.username !== "" || url.password !== "") return "it holds a name or a password";
  if (url.hash !== "") return "it has a fragment, which is never sent";
  if (url.protocol === "http:") {
    if (!rules.http) return "it must begin with https://";
    if (!isInside(host, rules)) return "only hosts that are let in by name may go without TLS";
  } else if (url.protocol !== "https:") return "it must begin with https://";
  return isIP(host) === 0 ? undefined : refusedAddress(host, host, rules);
}
