import * as z from 'zod';
import { defineKind } from '../kind.ts';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { namespacedHostProblem } from '../scalars/hostname.ts';
import { isIpAddress } from '../scalars/ip.ts';
import { isDns1123Label } from '../scalars/label.ts';
import { uint32 } from '../scalars/numbers.ts';
import { protocolFamily, SUPPORTED_PROTOCOLS } from '../scalars/protocol.ts';
import { labels } from '../scalars/selector.ts';
import { unixAddressProblem } from '../scalars/unix-address.ts';
import { checkServerTls, serverTlsSettings } from './server-tls.ts';

const server = z.strictObject({
  port: z.strictObject({
    number: uint32.optional(),
    protocol: z.string(),
    name: z.string(),
    targetPort: uint32.optional(),
  }),
  bind: z.string().optional(),
  hosts: z.array(z.string()),
  tls: serverTlsSettings.optional(),
  defaultEndpoint: z.string().optional(),
  name: z.string().optional(),
});

type Server = z.output<typeof server>;

export const istioGateway = defineKind({
  kind: 'Gateway',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'gateways',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      servers: z.array(server).optional(),
      selector: labels.optional(),
    }),
  }),
  validate({ metadata, spec }, report) {
    if (!isDns1123Label(metadata.name)) {
      report.error(['metadata', 'name'], `invalid gateway name: "${metadata.name}"; it must have no dots`);
    }
    const servers = spec.servers ?? [];
    if (servers.length === 0) report.error(['spec', 'servers'], 'gateway must have at least one server');
    const portNames = new Set<string>();
    for (const [index, entry] of servers.entries()) {
      const path = ['spec', 'servers', index];
      checkServer(entry, path, report);
      if (portNames.has(entry.port.name)) {
        report.error(
          [...path, 'port', 'name'],
          `port names in servers must be unique: duplicate name ${entry.port.name}`,
        );
      }
      portNames.add(entry.port.name);
    }
  },
});

/** Istio's validateServer. */
function checkServer({ port, bind, hosts, tls }: Server, path: FieldPath, report: Report): void {
  if (hosts.length === 0) report.error([...path, 'hosts'], 'server config must contain at least one host');
  for (const [index, host] of hosts.entries()) {
    const problem = namespacedHostProblem(host, 'gateway');
    if (problem !== undefined) report.error([...path, 'hosts', index], problem);
  }
  const family = protocolFamily(port.protocol);
  if (family === undefined || family === 'udp') {
    report.error(
      [...path, 'port', 'protocol'],
      `invalid protocol "${port.protocol}", supported protocols are ${SUPPORTED_PROTOCOLS}`,
    );
  }
  checkServerPort(port, bind, path, report);
  if (tls !== undefined) checkServerTls(tls, [...path, 'tls'], report);
  if (family === 'tls' && tls === undefined) {
    report.error([...path, 'tls'], 'server must have TLS settings for HTTPS/TLS protocols');
  } else if (family === 'http' && tls !== undefined) {
    // Only the redirect is allowed on a plain text port.
    const isRedirectOnly = (tls.mode ?? 'PASSTHROUGH') === 'PASSTHROUGH';
    if (!isRedirectOnly || tls.caCertificates || tls.privateKey || tls.serverCertificate) {
      report.error([...path, 'tls'], 'server cannot have TLS settings for plain text HTTP ports');
    }
  } else if (family === 'tcp' && tls !== undefined) {
    report.error([...path, 'tls'], 'server cannot have TLS settings for non HTTPS/TLS ports');
  }
  if (family !== 'http' && tls?.httpsRedirect) {
    report.warning([...path, 'tls', 'httpsRedirect'], 'tls.httpsRedirect should only be used with http servers');
  }
}

function checkServerPort(port: Server['port'], bind: string | undefined, path: FieldPath, report: Report): void {
  const isUnix = bind?.startsWith('unix://') === true;
  const number = port.number ?? 0;
  if (isUnix) {
    const problem = unixAddressProblem(bind?.slice('unix://'.length) ?? '');
    if (problem !== undefined) report.error([...path, 'bind'], problem);
    if (number !== 0) report.error([...path, 'port', 'number'], 'port number must be 0 for unix domain socket');
  } else {
    if (number < 1 || number > 65535) {
      report.error([...path, 'port', 'number'], `port number ${number} must be in the range 1..65535`);
    }
    if (bind && !isIpAddress(bind)) report.error([...path, 'bind'], `"${bind}" is not a valid IP address`);
  }
  if ((port.targetPort ?? 0) > 0) report.error([...path, 'port', 'targetPort'], 'targetPort has no impact on Gateways');
  if (port.name === '') report.error([...path, 'port', 'name'], 'port name must be set');
}
