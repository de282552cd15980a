import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Link-local addresses, and others at which clouds serve credentials: never an identity provider. */
export const METADATA_CIDRS: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
];

/** This machine itself. */
export const LOOPBACK_CIDRS: readonly string[] = ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'];

/** Whether a URL says that it means this machine; no name, and no redirect, may lead there unsaid. */
export function namesLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return host === 'localhost' || host.endsWith('.localhost') || new BlockedAddresses(LOOPBACK_CIDRS).has(host);
}

/** Addresses that must not be called, in every form that leads to them. */
export class BlockedAddresses {
  readonly #list = new BlockList();

  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [address = '', bits] = cidr.trim().split('/');
      const family = isIP(address);
      if (family === 0) continue;
      const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
      this.#list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** False for what is no address. */
  has(address: string): boolean {
    const family = isIP(address);
    if (family === 0) return false;
    if (this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4')) return true;
    const inner = family === 6 ? embeddedIpv4(address) : undefined;
    return inner !== undefined && this.#list.check(inner, 'ipv4');
  }
}

/** The IPv4 address at which a packet to an IPv6 address of a translator or a tunnel arrives. */
function embeddedIpv4(address: string): string | undefined {
  const { parts } = ipaddr.IPv6.parse(address.replace(/%.*/, ''));
  const [first = 0, second = 0, third = 0, ...rest] = parts;
  const middle = rest.slice(0, 3);
  // RFC 3056: 6to4.
  if (first === 0x2002) return dotted(second, third);
  // RFC 6052 and RFC 8215: NAT64.
  const isNat64 = first === 0x64 && second === 0xff9b;
  // RFC 4291 §2.5.5.1: IPv4-compatible; RFC 2765: IPv4-translated (::ffff:0:a.b.c.d).
  const isPlain =
    first === 0 && second === 0 && third === 0 && [0, 0xffff].includes(middle[1] ?? -1) && middle[2] === 0;
  return isNat64 || isPlain ? dotted(parts[6] ?? 0, parts[7] ?? 0) : undefined;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
