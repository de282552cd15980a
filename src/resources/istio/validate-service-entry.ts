import type { Report } from '../report.ts';
import { checkExportTo } from '../scalars/export-to.ts';
import { fqdnProblem, wildcardHostProblem } from '../scalars/hostname.ts';
import { isIpOrCidr } from '../scalars/ip.ts';
import { isDns1123Label } from '../scalars/label.ts';
import { protocolFamily } from '../scalars/protocol.ts';
import { checkPort } from './destination.ts';
import { checkSelectorLabels } from './policy-target.ts';
import type { ServiceEntryPort, ServiceEntrySpec } from './service-entry-schema.ts';
import { checkWorkloadEntry } from './workload-entry-schema.ts';

/** Istio's ValidateServiceEntry. */
export function validateServiceEntry(spec: ServiceEntrySpec, namespace: string, report: Report): void {
  const { hosts, endpoints = [], workloadSelector, ports = [], resolution = 'NONE' } = spec;
  if (workloadSelector) {
    checkSelectorLabels(workloadSelector.labels ?? {}, ['spec', 'workloadSelector', 'labels'], report);
    if (Object.keys(workloadSelector.labels ?? {}).length === 0) {
      report.warning(
        ['spec', 'workloadSelector'],
        'service entry: workload selector specified without labels, will be applied to all services in namespace',
      );
    }
    if (spec.endpoints) {
      report.error(['spec', 'endpoints'], 'only one of WorkloadSelector or Endpoints is allowed in Service Entry');
    }
    if (resolution !== 'STATIC') {
      report.warning(
        ['spec', 'workloadSelector'],
        `workloadSelector should not be set when resolution mode is ${resolution}`,
      );
    }
  }
  checkHosts(hosts, resolution, report);
  checkAddresses(spec, report);
  checkPorts(ports, report);
  checkEndpoints(spec, report);
  if (resolution === 'NONE' && endpoints.length > 0) {
    report.error(['spec', 'endpoints'], 'no endpoints should be provided for resolution type none');
  }
  const tells = (port: ServiceEntryPort): boolean =>
    ['http', 'tls'].includes(protocolFamily(port.protocol ?? '') ?? '');
  if (resolution !== 'NONE' && hosts.length > 1 && !ports.every(tells)) {
    // Only HTTP (authority) and TLS (SNI) say which of several hosts is meant.
    report.error(['spec', 'hosts'], 'multiple hosts provided with non-HTTP, non-TLS ports');
  }
  checkExportTo(spec.exportTo, namespace, report, { none: true });
}

function checkHosts(hosts: readonly string[], resolution: string, report: Report): void {
  for (const [index, host] of hosts.entries()) {
    const path = ['spec', 'hosts', index];
    if (host === '*') {
      report.error(path, 'invalid host *');
      continue;
    }
    const problem = wildcardHostProblem(host);
    if (problem !== undefined) report.error(path, problem);
    else if (host.startsWith('*') && !host.startsWith('*.')) {
      report.warning(path, `partial wildcard "${host}" is not supported, only a leftmost label "*" is`);
    }
    if (resolution === 'DYNAMIC_DNS' && !host.startsWith('*.')) {
      report.error(path, `hosts must be wildcards for resolution mode DYNAMIC_DNS, got "${host}"`);
    }
  }
}

function checkAddresses(
  { addresses = [], ports = [], resolution = 'NONE', hosts }: ServiceEntrySpec,
  report: Report,
): void {
  for (const [index, address] of addresses.entries()) {
    const path = ['spec', 'addresses', index];
    if (!isIpOrCidr(address)) report.error(path, `"${address}" is not a valid IP address or CIDR`);
    else if (address.includes('/') && resolution !== 'NONE' && resolution !== 'STATIC') {
      report.error(path, 'CIDR addresses are allowed only for NONE/STATIC resolution types');
    }
  }
  const isTcp = (port: ServiceEntryPort): boolean => ['tcp', 'tls'].includes(protocolFamily(port.protocol ?? '') ?? '');
  const isDns = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  if (isDns && addresses.length > 0 && hosts.length > 1 && ports.some(isTcp)) {
    report.warning(
      ['spec', 'hosts'],
      'service entry can not have more than one host specified simultaneously with address and tcp port',
    );
  }
}

function checkPorts(ports: readonly ServiceEntryPort[], report: Report): void {
  const names = new Set<string>();
  const numbers = new Set<number>();
  for (const [index, port] of ports.entries()) {
    const path = ['spec', 'ports', index];
    if (names.has(port.name)) report.error([...path, 'name'], `service entry port name "${port.name}" already defined`);
    if (numbers.has(port.number))
      report.error([...path, 'number'], `service entry port ${port.number} already defined`);
    names.add(port.name);
    numbers.add(port.number);
    if (!isDns1123Label(port.name)) report.error([...path, 'name'], `invalid port name: ${port.name}`);
    if (port.protocol && protocolFamily(port.protocol) === undefined) {
      report.error([...path, 'protocol'], `unsupported protocol: ${port.protocol}`);
    }
    checkPort(port.number, [...path, 'number'], report);
    if (port.targetPort) checkPort(port.targetPort, [...path, 'targetPort'], report);
  }
}

function checkEndpoints(
  { hosts, endpoints = [], ports = [], resolution = 'NONE' }: ServiceEntrySpec,
  report: Report,
): void {
  const servicePorts = new Set(ports.map(({ name }) => name));
  const isDns = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  if (resolution === 'STATIC' || isDns) {
    for (const [index, endpoint] of endpoints.entries()) {
      checkWorkloadEntry(endpoint, { servicePorts, allowsHostnames: isDns }, ['spec', 'endpoints', index], report);
    }
  }
  if (isDns && endpoints.length === 0) {
    for (const [index, host] of hosts.entries()) {
      if (fqdnProblem(host) === undefined) continue;
      report.error(
        ['spec', 'hosts', index],
        `hosts must be FQDN if no endpoints are provided for resolution mode ${resolution}`,
      );
    }
  }
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) {
    report.error(['spec', 'endpoints'], `there must only be 0 or 1 endpoint for resolution mode ${resolution}`);
  }
}
