import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { checkExportTo } from '../scalars/export-to.ts';
import { isSubsetOf, sniHostProblem, wildcardHostProblem } from '../scalars/hostname.ts';
import { isJwtClaimHeader } from '../scalars/http-header.ts';
import { isIpAddress, isIpOrCidr } from '../scalars/ip.ts';
import { labelsProblem } from '../scalars/label.ts';
import { checkDestination, checkPort, checkWeights } from './destination.ts';
import { checkGatewayNames } from './gateway-names.ts';
import { checkHttpRoute } from './validate-http-route.ts';
import type { TcpRoute, TlsRoute, VirtualServiceSpec } from './virtual-service-schema.ts';

/** Istio's ValidateVirtualService, without its analysis of unreachable rules: the mesh room knows those exactly. */
export function validateVirtualService(spec: VirtualServiceSpec, namespace: string, report: Report): void {
  const { hosts = [], gateways = [], http = [], tls = [], tcp = [] } = spec;
  const isDelegate = hosts.length === 0;
  const isForMesh = gateways.length === 0 || gateways.includes('mesh');
  if (isDelegate) checkDelegate(spec, report);
  checkGatewayNames(gateways, ['spec', 'gateways'], report);
  checkHosts(spec, isForMesh, report);
  if (isForMesh && !isDelegate) checkNoClaimRouting(spec, report);
  if (http.length + tls.length + tcp.length === 0) {
    report.error(['spec'], 'http, tcp or tls must be provided in virtual service');
  }
  for (const [index, route] of http.entries()) checkHttpRoute(route, isDelegate, ['spec', 'http', index], report);
  for (const [index, route] of tls.entries()) checkTlsRoute(route, spec, isForMesh, ['spec', 'tls', index], report);
  for (const [index, route] of tcp.entries()) checkTcpRoute(route, ['spec', 'tcp', index], report);
  checkExportTo(spec.exportTo, namespace, report);
}

/** A VirtualService without hosts is there for others to delegate to. */
function checkDelegate({ gateways, tls, tcp }: VirtualServiceSpec, report: Report): void {
  if (gateways?.length) report.error(['spec', 'gateways'], 'delegate virtual service must have no gateways specified');
  if (tls?.length) report.error(['spec', 'tls'], 'delegate virtual service must have no tls route specified');
  if (tcp?.length) report.error(['spec', 'tcp'], 'delegate virtual service must have no tcp route specified');
}

function checkHosts(spec: VirtualServiceSpec, isForMesh: boolean, report: Report): void {
  const hosts = spec.hosts ?? [];
  const isSni = spec.tls?.some(({ match }) => match.some(({ sniHosts }) => sniHosts.length > 0)) === true;
  let areValid = true;
  for (const [index, host] of hosts.entries()) {
    const mayHaveUnderscores = !isForMesh && (isSni || host.startsWith('outbound_'));
    const problem = mayHaveUnderscores ? sniHostProblem(host) : wildcardHostProblem(host);
    if (problem !== undefined && !isIpAddress(host)) {
      report.error(['spec', 'hosts', index], problem);
      areValid = false;
    } else if (isForMesh && host === '*') {
      report.error(
        ['spec', 'hosts', index],
        'wildcard host * is not allowed for virtual services bound to the mesh gateway',
      );
      areValid = false;
    }
  }
  if (areValid) checkNoOverlap(hosts, report);
}

/** Also `*.foo.com` beside `*.com`: Istio takes them for duplicates inside one VirtualService. */
function checkNoOverlap(hosts: readonly string[], report: Report): void {
  const seen = new Set<string>();
  const wildcards = new Set(hosts.filter((host) => host.startsWith('*')).map((host) => host.toLowerCase()));
  for (const [index, host] of hosts.entries()) {
    const lower = host.toLowerCase();
    const other = seen.has(lower) ? host : widerWildcard(lower, wildcards);
    if (other !== undefined) {
      report.error(['spec', 'hosts', index], `duplicate hosts in virtual service: ${other} & ${host}`);
    }
    seen.add(lower);
  }
}

/** Tried by suffix and not by wildcard, so that many hosts cost no more than their length. */
function widerWildcard(host: string, wildcards: ReadonlySet<string>): string | undefined {
  for (let at = 1; at < host.length; at++) {
    const wildcard = `*${host.slice(at)}`;
    if (wildcard !== host && wildcards.has(wildcard)) return wildcard;
  }
  return wildcards.has('*') && host !== '*' ? '*' : undefined;
}

function checkNoClaimRouting({ http = [], gateways = [] }: VirtualServiceSpec, report: Report): void {
  for (const [index, { match = [] }] of http.entries()) {
    for (const [at, request] of match.entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        for (const key of Object.keys(request[field] ?? {})) {
          if (!isJwtClaimHeader(key)) continue;
          const problem = `JWT claim based routing (key: ${key}) is only supported for gateway, found no gateways: [${gateways.join(' ')}]`;
          report.error(['spec', 'http', index, 'match', at, field, key], problem);
        }
      }
    }
  }
}

function checkTlsRoute(
  route: TlsRoute,
  spec: VirtualServiceSpec,
  isForMesh: boolean,
  path: FieldPath,
  report: Report,
): void {
  if (route.match.length === 0) report.error([...path, 'match'], 'TLS route must have at least one match condition');
  for (const [index, match] of route.match.entries()) {
    const matchPath = [...path, 'match', index];
    if (match.sniHosts.length === 0)
      report.error([...matchPath, 'sniHosts'], 'TLS match must have at least one SNI host');
    for (const [at, host] of match.sniHosts.entries()) {
      checkSniHost(host, spec.hosts ?? [], isForMesh, [...matchPath, 'sniHosts', at], report);
    }
    checkLayer4Match(match, matchPath, report);
  }
  checkLayer4Destinations('TLS', route, path, report);
}

function checkSniHost(
  host: string,
  hosts: readonly string[],
  isForMesh: boolean,
  path: FieldPath,
  report: Report,
): void {
  const problem = isForMesh ? wildcardHostProblem(host) : sniHostProblem(host);
  if (isIpAddress(host)) {
    report.warning(path, `using an IP address ("${host}") goes against SNI spec and most clients do not support this`);
  } else if (problem !== undefined) report.error(path, problem);
  else if (!hosts.some((outer) => isSubsetOf(host, outer))) {
    report.error(
      path,
      `SNI host "${host}" is not a compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`,
    );
  }
}

function checkTcpRoute(route: TcpRoute, path: FieldPath, report: Report): void {
  for (const [index, match] of (route.match ?? []).entries())
    checkLayer4Match(match, [...path, 'match', index], report);
  checkLayer4Destinations('TCP', route, path, report);
}

function checkLayer4Destinations(
  what: string,
  { route = [] }: TcpRoute | TlsRoute,
  path: FieldPath,
  report: Report,
): void {
  if (route.length === 0) report.error([...path, 'route'], `${what} route is required`);
  for (const [index, entry] of route.entries()) {
    checkDestination(entry.destination, [...path, 'route', index, 'destination'], report);
  }
  checkWeights(route, [...path, 'route'], report);
}

function checkLayer4Match(match: NonNullable<TcpRoute['match']>[number], path: FieldPath, report: Report): void {
  for (const [index, subnet] of (match.destinationSubnets ?? []).entries()) {
    if (!isIpOrCidr(subnet))
      report.error([...path, 'destinationSubnets', index], `"${subnet}" is not a valid IP address or CIDR`);
  }
  if (match.port) checkPort(match.port, [...path, 'port'], report);
  const problem = labelsProblem(match.sourceLabels);
  if (problem !== undefined) report.error([...path, 'sourceLabels'], problem);
  checkGatewayNames(match.gateways ?? [], [...path, 'gateways'], report);
}
