import ipaddr from 'ipaddr.js';

export function isIpAddress(text: string): boolean {
  if (text.includes('%')) return false;
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text));
}

/** An address, or an address with a prefix length. */
export function isIpOrCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash === -1) return isIpAddress(text);
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (!isIpAddress(address) || !/^\d{1,3}$/.test(length)) return false;
  return Number(length) <= (address.includes(':') ? 128 : 32);
}
