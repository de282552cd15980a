import ipaddr from 'ipaddr.js';

/** An IP address as a certificate has it: 4 or 16 bytes (RFC 5280 §4.2.1.6). */
export function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}
