import type { CaptureSettings } from './capture-settings.ts';
import { isIpv6Range } from './capture-settings.ts';

export type IpFamily = 'ipv4' | 'ipv6';
export type TableName = 'nat' | 'raw';

/** A table's part of the rules: chains of our own, jumps into them, and what they hold. */
export interface TableRules {
  readonly table: TableName;
  readonly chains: readonly string[];
  /** `<built-in chain> <rest of the rule>`. */
  readonly jumps: readonly string[];
  readonly rules: readonly string[];
}

/** Where Envoy's inbound passthrough comes from; what it sends to the application is not captured again. */
const PASSTHROUGH_SOURCE = { ipv4: '127.0.0.6/32', ipv6: '::6/128' } as const;
const LOOPBACK = { ipv4: '127.0.0.1/32', ipv6: '::1/128' } as const;
const TUNNEL_PORT = 15_008;

/** Istio's rules (ISTIO.md §4.3, tools/istio-iptables), in its order. */
export function natRules(settings: CaptureSettings, family: IpFamily): TableRules {
  const capturesInbound = settings.includeInboundPorts === '*' || settings.includeInboundPorts.length > 0;
  const { dnsPort, virtualInterfaces } = settings;
  return {
    table: 'nat',
    chains: [
      'ISTIO_INBOUND',
      'ISTIO_REDIRECT',
      'ISTIO_IN_REDIRECT',
      'ISTIO_OUTPUT',
      ...(dnsPort === undefined ? [] : ['ISTIO_OUTPUT_DNS']),
    ],
    jumps: [
      // Before the rest: what comes from inside the pod is not inbound.
      ...virtualInterfaces.map((name) => `PREROUTING -i ${name} -p tcp -j ISTIO_REDIRECT`),
      ...(capturesInbound ? ['PREROUTING -p tcp -j ISTIO_INBOUND'] : []),
      'OUTPUT -p tcp -j ISTIO_OUTPUT',
      ...(dnsPort === undefined ? [] : ['OUTPUT -p udp -m udp --dport 53 -j ISTIO_OUTPUT_DNS']),
    ],
    rules: [
      `ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports ${settings.outboundPort}`,
      `ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports ${settings.inboundPort}`,
      ...inboundRules(settings),
      ...outboundRules(settings, family),
      ...(dnsPort === undefined ? [] : udpDnsRules(settings, family, dnsPort)),
    ],
  };
}

/** Without zones of their own, questions of the application and of the proxy itself would be one connection: istio#33469. */
export function rawRules(settings: CaptureSettings, family: IpFamily): TableRules | undefined {
  const { dnsPort, proxyUid, proxyGid } = settings;
  if (dnsPort === undefined) return undefined;
  const owners = [`--uid-owner ${proxyUid}`, `--gid-owner ${proxyGid}`];
  return {
    table: 'raw',
    chains: ['ISTIO_OUTPUT_DNS', 'ISTIO_INBOUND'],
    jumps: ['OUTPUT -p udp -j ISTIO_OUTPUT_DNS', 'PREROUTING -p udp -j ISTIO_INBOUND'],
    rules: [
      ...owners.flatMap((owner) => [
        `ISTIO_OUTPUT_DNS -p udp --dport 53 -m owner ${owner} -j CT --zone 1`,
        `ISTIO_OUTPUT_DNS -p udp --sport ${dnsPort} -m owner ${owner} -j CT --zone 2`,
      ]),
      ...toServers(settings, family, '-d').map((to) => `ISTIO_OUTPUT_DNS -p udp --dport 53${to} -j CT --zone 2`),
      ...toServers(settings, family, '-s').map((from) => `ISTIO_INBOUND -p udp --sport 53${from} -j CT --zone 1`),
    ],
  };
}

function inboundRules({ includeInboundPorts, excludeInboundPorts, excludeInterfaces }: CaptureSettings): string[] {
  const skipped = [
    ...excludeInterfaces.map((name) => `ISTIO_INBOUND -i ${name} -j RETURN`),
    `ISTIO_INBOUND -p tcp --dport ${TUNNEL_PORT} -j RETURN`,
  ];
  if (includeInboundPorts !== '*') {
    return [
      ...skipped,
      ...includeInboundPorts.map((port) => `ISTIO_INBOUND -p tcp --dport ${port} -j ISTIO_IN_REDIRECT`),
    ];
  }
  return [
    ...skipped,
    ...excludeInboundPorts.map((port) => `ISTIO_INBOUND -p tcp --dport ${port} -j RETURN`),
    'ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT',
  ];
}

function outboundRules(settings: CaptureSettings, family: IpFamily): string[] {
  const { dnsPort, proxyUid, proxyGid } = settings;
  const loopback = LOOPBACK[family];
  // Questions that the application sends to a resolver on loopback are to be seen as well.
  const notDns = dnsPort === undefined ? '' : ' ! --dport 53';
  const viaTunnel = dnsPort === undefined ? ` ! --dport ${TUNNEL_PORT}` : ` -m multiport ! --dports 53,${TUNNEL_PORT}`;
  return [
    ...settings.excludeInterfaces.map((name) => `ISTIO_OUTPUT -o ${name} -j RETURN`),
    ...settings.excludeOutboundPorts.map((port) => `ISTIO_OUTPUT -p tcp --dport ${port} -j RETURN`),
    `ISTIO_OUTPUT -o lo -s ${PASSTHROUGH_SOURCE[family]} -j RETURN`,
    ...[`--uid-owner ${proxyUid}`, `--gid-owner ${proxyGid}`].flatMap((owner) => [
      // The proxy that calls its own pod by an address: in again as any caller would come.
      `ISTIO_OUTPUT -o lo ! -d ${loopback} -p tcp${viaTunnel} -m owner ${owner} -j ISTIO_IN_REDIRECT`,
      // The application that calls itself does so without the proxy.
      `ISTIO_OUTPUT -o lo -p tcp${notDns} -m owner ! ${owner} -j RETURN`,
      `ISTIO_OUTPUT -m owner ${owner} -j RETURN`,
    ]),
    ...(dnsPort === undefined
      ? []
      : toServers(settings, family, '-d').map(
          (to) => `ISTIO_OUTPUT -p tcp --dport 53${to} -j REDIRECT --to-ports ${dnsPort}`,
        )),
    `ISTIO_OUTPUT -d ${loopback} -j RETURN`,
    ...ofFamily(settings.excludeOutboundRanges, family).map((range) => `ISTIO_OUTPUT -d ${range} -j RETURN`),
    ...settings.includeOutboundPorts.map((port) => `ISTIO_OUTPUT -p tcp --dport ${port} -j ISTIO_REDIRECT`),
    ...(settings.includeOutboundRanges === '*'
      ? ['ISTIO_OUTPUT -j ISTIO_REDIRECT']
      : [
          ...ofFamily(settings.includeOutboundRanges, family).map(
            (range) => `ISTIO_OUTPUT -d ${range} -j ISTIO_REDIRECT`,
          ),
          'ISTIO_OUTPUT -j RETURN',
        ]),
  ];
}

function udpDnsRules(settings: CaptureSettings, family: IpFamily, dnsPort: number): string[] {
  return [
    `ISTIO_OUTPUT_DNS -m owner --uid-owner ${settings.proxyUid} -j RETURN`,
    `ISTIO_OUTPUT_DNS -m owner --gid-owner ${settings.proxyGid} -j RETURN`,
    ...toServers(settings, family, '-d').map(
      (to) => `ISTIO_OUTPUT_DNS -p udp --dport 53${to} -j REDIRECT --to-ports ${dnsPort}`,
    ),
  ];
}

/** One match for each server of this family, or a single empty one: any server. */
function toServers({ dnsServers }: CaptureSettings, family: IpFamily, flag: '-d' | '-s'): string[] {
  if (dnsServers.length === 0) return [''];
  return ofFamily(dnsServers, family).map((server) => ` ${flag} ${server}/${family === 'ipv4' ? 32 : 128}`);
}

function ofFamily(ranges: readonly string[], family: IpFamily): string[] {
  return ranges.filter((range) => isIpv6Range(range) === (family === 'ipv6'));
}
