// Who is at the other end: the socket's peer, unless that is a proxy which the settings name.
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

const MAPPED = "::ffff:";

/** IPv4 in its own form, also where a dual-stack socket shows it as IPv6. */
const plain = (address: string): string =>
  address.startsWith(MAPPED) && isIP(address.slice(MAPPED.length)) === 4 ? address.slice(MAPPED.length) : address;

const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Answers the address of a request's client, given the proxies to trust (addresses and networks). */
export function clientAddress(trustedProxies: readonly string[] = []): (request: IncomingMessage) => string {
  const trusted = new BlockList();
  for (const network of trustedProxies) {
    const [address = "", prefix] = network.split("/");
    if (prefix === undefined) trusted.addAddress(address, family(address));
    else trusted.addSubnet(address, Number(prefix), family(address));
  }
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, family(address));
  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? "unknown");
    const forwarded = request.headers["x-forwarded-for"];
    if (trustedProxies.length === 0 || typeof forwarded !== "string" || !isTrusted(peer)) return peer;
    return lastUntrusted(forwarded, peer, isTrusted);
  };
}

/** Each proxy appends whom it saw: from the right, the first that is no proxy of ours is the client. */
function lastUntrusted(forwarded: string, peer: string, isTrusted: (address: string) => boolean): string {
  let nearest = peer;
  for (const hop of forwarded.split(",").reverse()) {
    const address = plain(hop.trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!isTrusted(address)) return address;
  }
  return nearest;
}
