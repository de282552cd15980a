const HOSTNAME = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const MAX_LENGTH = 253;

/** Gateway API's Hostname: lower case, a `*` only as the whole first label, no IP address. */
export function gatewayHostnameProblem(host: string): string | undefined {
  if (host.length === 0 || host.length > MAX_LENGTH || !HOSTNAME.test(host)) {
    return `"${host.slice(0, 80)}" is not a valid hostname: lower case, with "*." only at the start`;
  }
  return /^\d+(?:\.\d+){3}$/.test(host) ? `"${host}" is an IP address; a hostname is needed` : undefined;
}
