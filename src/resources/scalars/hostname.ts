import { isDns1123Label } from './label.ts';

const MAX_HOSTNAME_LENGTH = 255;
const WILDCARD_LABEL = /^(?:\*|(?:\*|\*-)?[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)$/;
const SNI_LABEL = /^(?:\*|[A-Za-z0-9_](?:[-A-Za-z0-9_]*[A-Za-z0-9_])?)$/;

/** Istio's ValidateFQDN: DNS labels, a trailing dot allowed, the last label not all digits. */
export function fqdnProblem(host: string): string | undefined {
  return lengthProblem(host) ?? labelsOfHostProblem(host, host);
}

/** Istio's ValidateWildcardDomain: as an FQDN, and the leftmost label may be or start with `*`. */
export function wildcardHostProblem(host: string): string | undefined {
  const length = lengthProblem(host);
  if (length !== undefined) return length;
  const dot = host.indexOf('.');
  const first = dot === -1 ? host : host.slice(0, dot);
  if (!WILDCARD_LABEL.test(first)) return invalidLabel(host, first);
  return dot === -1 ? undefined : labelsOfHostProblem(host, host.slice(dot + 1));
}

/** A host that TLS SNI routing may name: `outbound_.80_.v1_.svc` has underscores. */
export function sniHostProblem(host: string): string | undefined {
  const length = lengthProblem(host);
  if (length !== undefined) return length;
  const bad = host.split('.').find((label) => label.length > 63 || !SNI_LABEL.test(label));
  return bad === undefined ? undefined : invalidLabel(host, bad);
}

/**
 * `[namespace/]host` of a Gateway server, `namespace/host` of a Sidecar's egress listener.
 * The namespace is a name, `*` or `.`; in a Sidecar `~` too (none, or an exclusion).
 */
export function namespacedHostProblem(text: string, of: 'gateway' | 'sidecar'): string | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) {
    if (of === 'gateway') return wildcardHostProblem(text);
    return `host "${text}" must be of the form namespace/dnsName`;
  }
  let namespace = text.slice(0, slash);
  const host = text.slice(slash + 1);
  if (namespace === '' || host === '') return `namespace and dnsName of host "${text}" cannot be empty`;
  if (of === 'sidecar' && namespace.startsWith('~')) {
    if (namespace === '~') return host === '*' ? undefined : wildcardHostProblem(host);
    namespace = namespace.slice(1);
  }
  if (namespace !== '*' && namespace !== '.' && !isDns1123Label(namespace)) {
    return `invalid namespace value "${namespace}" in host "${text}"`;
  }
  return wildcardHostProblem(host);
}

/** Whether two host patterns have a name in common. */
export function hostsOverlap(a: string, b: string): boolean {
  return isSubsetOf(a, b) || isSubsetOf(b, a);
}

/** Whether every name of pattern `inner` belongs to `outer`. */
export function isSubsetOf(inner: string, outer: string): boolean {
  const innerHost = inner.toLowerCase();
  const outerHost = outer.toLowerCase();
  if (!outerHost.startsWith('*')) return innerHost === outerHost;
  const suffix = outerHost.slice(1);
  const innerSuffix = innerHost.startsWith('*') ? innerHost.slice(1) : innerHost;
  // `*.foo.com` has `a.foo.com` and `*.a.foo.com`, not `foo.com`.
  return innerSuffix.endsWith(suffix) && (innerHost.startsWith('*') || innerSuffix.length > suffix.length);
}

function lengthProblem(host: string): string | undefined {
  if (host === '') return 'the host name is empty';
  return host.length > MAX_HOSTNAME_LENGTH
    ? `host name "${host.slice(0, 40)}…" is longer than ${MAX_HOSTNAME_LENGTH}`
    : undefined;
}

function labelsOfHostProblem(host: string, rest: string): string | undefined {
  const labels = rest.split('.');
  // A trailing dot names the DNS root.
  if (labels.length > 1 && labels.at(-1) === '') labels.pop();
  const bad = labels.find((label) => !isDns1123Label(label));
  if (bad !== undefined) return invalidLabel(host, bad);
  const top = labels.at(-1) ?? '';
  return /^[0-9]+$/.test(top)
    ? `domain name "${host}" is invalid: the top level domain "${top}" cannot be all-numeric`
    : undefined;
}

function invalidLabel(host: string, label: string): string {
  return `domain name "${host}" is invalid: the label "${label}" is invalid`;
}
