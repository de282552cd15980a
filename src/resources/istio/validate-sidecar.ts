import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { fqdnProblem, namespacedHostProblem } from '../scalars/hostname.ts';
import { isIpAddress } from '../scalars/ip.ts';
import { isDns1123Label } from '../scalars/label.ts';
import { protocolFamily } from '../scalars/protocol.ts';
import { unixAddressProblem } from '../scalars/unix-address.ts';
import { checkDestination, checkPort } from './destination.ts';
import { checkSelectorLabels } from './policy-target.ts';
import { checkServerTls } from './server-tls.ts';
import type { SidecarEgressListener, SidecarIngressListener, SidecarPort, SidecarSpec } from './sidecar-schema.ts';
import { checkConnectionPool } from './validate-traffic-policy.ts';

const UNIX = 'unix://';

/** Istio's ValidateSidecar. */
export function validateSidecar(spec: SidecarSpec, namespace: string, report: Report): void {
  const { workloadSelector, ingress = [], egress = [], inboundConnectionPool, outboundTrafficPolicy } = spec;
  if (workloadSelector) {
    checkSelectorLabels(workloadSelector.labels ?? {}, ['spec', 'workloadSelector', 'labels'], report);
    if (Object.keys(workloadSelector.labels ?? {}).length === 0) {
      report.warning(
        ['spec', 'workloadSelector'],
        'sidecar: workload selector specified without labels, will be applied to all services in namespace',
      );
    }
  }
  if (ingress.length + egress.length === 0 && !outboundTrafficPolicy && !inboundConnectionPool) {
    report.error(['spec'], 'sidecar: empty configuration provided');
  }
  const ingressPorts = new Set<number>();
  for (const [index, listener] of ingress.entries()) {
    const path = ['spec', 'ingress', index];
    checkUnique(ingressPorts, listener.port.number ?? 0, [...path, 'port'], report);
    checkIngress(listener, path, report);
  }
  if (inboundConnectionPool) checkConnectionPool(inboundConnectionPool, ['spec', 'inboundConnectionPool'], report);
  checkEgress(egress, namespace, report);
  if (outboundTrafficPolicy) checkOutbound(outboundTrafficPolicy, report);
}

function checkUnique(seen: Set<number>, port: number, path: FieldPath, report: Report): void {
  if (seen.has(port)) report.error(path, 'sidecar: ports on IP bound listeners must be unique');
  seen.add(port);
}

function checkListenerPort(port: SidecarPort, path: FieldPath, report: Report): void {
  if (port.name && !isDns1123Label(port.name)) report.error([...path, 'name'], `invalid port name: ${port.name}`);
  if (port.protocol && protocolFamily(port.protocol) === undefined) {
    report.error([...path, 'protocol'], `unsupported protocol: ${port.protocol}`);
  }
  if ((port.targetPort ?? 0) > 0) report.error([...path, 'targetPort'], 'targetPort has no impact on Sidecars');
}

function checkIngress(listener: SidecarIngressListener, path: FieldPath, report: Report): void {
  const { port, bind, defaultEndpoint, tls, connectionPool } = listener;
  checkListenerPort(port, [...path, 'port'], report);
  checkPort(port.number ?? 0, [...path, 'port', 'number'], report);
  if (bind && !isIpAddress(bind)) report.error([...path, 'bind'], `"${bind}" is not a valid IP address`);
  if (defaultEndpoint) checkDefaultEndpoint(defaultEndpoint, [...path, 'defaultEndpoint'], report);
  if (tls) {
    if (tls.subjectAltNames?.length)
      report.error([...path, 'tls', 'subjectAltNames'], 'sidecar: subjectAltNames is not supported in ingress tls');
    if (tls.httpsRedirect) report.error([...path, 'tls', 'httpsRedirect'], 'sidecar: httpsRedirect is not supported');
    if (tls.credentialName)
      report.error([...path, 'tls', 'credentialName'], 'sidecar: credentialName is not currently supported');
    if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH') {
      report.error(
        [...path, 'tls', 'mode'],
        `configuration is invalid: cannot set mode to ${tls.mode} in sidecar ingress tls`,
      );
    }
    checkServerTls(tls, [...path, 'tls'], report);
  }
  if (!connectionPool) return;
  checkConnectionPool(connectionPool, [...path, 'connectionPool'], report);
  if (connectionPool.http && protocolFamily(port.protocol ?? '') !== 'http') {
    report.warning(
      [...path, 'connectionPool', 'http'],
      `sidecar: HTTP connection pool settings are configured for port ${port.number} ("${port.name ?? ''}") but its protocol is not HTTP (${port.protocol ?? ''}); only TCP settings will apply`,
    );
  }
}

function checkDefaultEndpoint(endpoint: string, path: FieldPath, report: Report): void {
  if (endpoint.startsWith(UNIX)) {
    const problem = unixAddressProblem(endpoint.slice(UNIX.length));
    if (problem !== undefined) report.error(path, problem);
    return;
  }
  const [, port = ''] = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\])?:(\d+)$/.exec(endpoint) ?? [];
  if (port === '') {
    report.error(
      path,
      'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset',
    );
  } else checkPort(Number(port), path, report);
}

function checkEgress(egress: readonly SidecarEgressListener[], namespace: string, report: Report): void {
  const ports = new Set<number>();
  const sockets = new Set<string>();
  let catchAlls = 0;
  for (const [index, listener] of egress.entries()) {
    const path = ['spec', 'egress', index];
    const { port, bind = '', captureMode = 'DEFAULT', hosts } = listener;
    checkEgressHosts(hosts, namespace, [...path, 'hosts'], report);
    if (!port) {
      catchAlls++;
      if (catchAlls > 1) report.error(path, 'sidecar: egress can have only one listener with empty port');
      else if (index < egress.length - 1) {
        report.error(path, 'sidecar: the egress listener with empty port should be the last listener in the list');
      }
      continue;
    }
    checkListenerPort(port, [...path, 'port'], report);
    if (port.number) {
      checkUnique(ports, port.number, [...path, 'port'], report);
      checkPort(port.number, [...path, 'port', 'number'], report);
      if (bind && !isIpAddress(bind)) report.error([...path, 'bind'], `"${bind}" is not a valid IP address`);
      continue;
    }
    if (sockets.has(bind))
      report.error([...path, 'bind'], 'sidecar: unix domain socket values for listeners must be unique');
    sockets.add(bind);
    const problem = bind.startsWith(UNIX)
      ? unixAddressProblem(bind.slice(UNIX.length))
      : 'sidecar: ports with 0 value must have a unix domain socket bind address';
    if (problem !== undefined) report.error([...path, 'bind'], problem);
    if (captureMode === 'IPTABLES') {
      report.error(
        [...path, 'captureMode'],
        'sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners',
      );
    }
  }
}

function checkEgressHosts(hosts: readonly string[], namespace: string, path: FieldPath, report: Report): void {
  if (hosts.length === 0) report.error(path, 'sidecar: egress listener must contain at least one host');
  const seen = new Set<string>();
  for (const [index, entry] of hosts.entries()) {
    const problem = namespacedHostProblem(entry, 'sidecar');
    if (problem !== undefined) {
      report.error([...path, index], problem);
      continue;
    }
    const host = entry.startsWith('./') ? `${namespace}${entry.slice(1)}` : entry;
    const all = `${host.slice(0, host.indexOf('/'))}/*`;
    if (seen.has(host) || seen.has(all)) report.warning([...path, index], `duplicated egress host: ${entry}`);
    seen.add(host);
  }
  const hasOthers = [...seen].some((host) => host !== '*/*' && !host.startsWith('~'));
  if (seen.has('*/*') && hasOthers)
    report.warning(path, '`*/*` host select all resources, no other hosts can be added');
}

function checkOutbound(policy: NonNullable<SidecarSpec['outboundTrafficPolicy']>, report: Report): void {
  const path = ['spec', 'outboundTrafficPolicy', 'egressProxy'];
  const { egressProxy, mode = 'REGISTRY_ONLY' } = policy;
  if (!egressProxy) return;
  if (mode !== 'ALLOW_ANY') {
    report.error(path, 'sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode');
    return;
  }
  const problem = fqdnProblem(egressProxy.host);
  if (problem !== undefined) report.error([...path, 'host'], problem);
  if (egressProxy.port) checkDestination(egressProxy, path, report);
  else report.error([...path, 'port'], 'sidecar: egress_proxy port must be non-nil');
}
