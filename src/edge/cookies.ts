/**
 * Runtimes join several Cookie headers with `, `, which no server takes apart again. RFC 9113 §8.2.3: they "MUST be
 * concatenated into a single octet string using the two-octet delimiter of 0x3b, 0x20". A comma counts as a joint
 * only where a cookie's name and `=` follow.
 */
export function rejoinCookies(value: string): string {
  return value.includes(', ') ? value.replace(/, (?=[\w!#$%&'*+\-.^`|~]+=)/g, '; ') : value;
}
