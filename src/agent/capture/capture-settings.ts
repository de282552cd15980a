import ipaddr from 'ipaddr.js';

/** Everything, or what is listed. */
export type Selection = '*' | readonly string[];

/** What traffic of a pod goes through its proxy: the flags of Istio's `istio-iptables`, by their meaning. */
export interface CaptureSettings {
  /** -p */
  readonly outboundPort: number;
  /** -z */
  readonly inboundPort: number;
  /** -u, -g: whose traffic is the proxy's own. */
  readonly proxyUid: string;
  readonly proxyGid: string;
  /** -i, -x: destinations. */
  readonly includeOutboundRanges: Selection;
  readonly excludeOutboundRanges: readonly string[];
  /** -q, -o */
  readonly includeOutboundPorts: readonly string[];
  readonly excludeOutboundPorts: readonly string[];
  /** -b, -d */
  readonly includeInboundPorts: Selection;
  readonly excludeInboundPorts: readonly string[];
  /** -c: traffic that leaves the pod's virtual interfaces (machines inside the pod) is outbound too. */
  readonly excludeInterfaces: readonly string[];
  readonly virtualInterfaces: readonly string[];
  /** Undefined: names are resolved as before. */
  readonly dnsPort: number | undefined;
  /** Empty: whatever server is asked. */
  readonly dnsServers: readonly string[];
}

export const DEFAULT_CAPTURE: CaptureSettings = {
  outboundPort: 15_001,
  inboundPort: 15_006,
  proxyUid: '1337',
  proxyGid: '1337',
  includeOutboundRanges: '*',
  excludeOutboundRanges: [],
  includeOutboundPorts: [],
  excludeOutboundPorts: [],
  includeInboundPorts: '*',
  excludeInboundPorts: ['15090', '15021', '15020'],
  excludeInterfaces: [],
  virtualInterfaces: [],
  dnsPort: undefined,
  dnsServers: [],
};

/** A list as flags and annotations have it: `80,443`, `*`, or nothing. */
export function parseList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function parseSelection(text: string): Selection {
  return text.trim() === '*' ? '*' : parseList(text);
}

/** What would make a rule that is wrong or, worse, another one; undefined: nothing. Values reach iptables as they are. */
export function refuseCapture(settings: CaptureSettings): string | undefined {
  const ports = [
    ...settings.includeOutboundPorts,
    ...settings.excludeOutboundPorts,
    ...settings.excludeInboundPorts,
    ...(settings.includeInboundPorts === '*' ? [] : settings.includeInboundPorts),
    String(settings.outboundPort),
    String(settings.inboundPort),
    ...(settings.dnsPort === undefined ? [] : [String(settings.dnsPort)]),
  ];
  const ranges = [
    ...settings.excludeOutboundRanges,
    ...(settings.includeOutboundRanges === '*' ? [] : settings.includeOutboundRanges),
  ];
  const badPort = ports.find((port) => !isPort(port));
  if (badPort !== undefined) return `${badPort} is no port`;
  const badRange = ranges.find((range) => !isRange(range));
  if (badRange !== undefined) return `${badRange} is no address range`;
  const badServer = settings.dnsServers.find((server) => !ipaddr.isValid(server));
  if (badServer !== undefined) return `${badServer} is no address`;
  const badId = [settings.proxyUid, settings.proxyGid].find((id) => !/^\d{1,10}$/.test(id));
  if (badId !== undefined) return `${badId} is no numeric user or group`;
  const interfaces = [...settings.excludeInterfaces, ...settings.virtualInterfaces];
  const badInterface = interfaces.find((name) => !/^[A-Za-z0-9_.@-]{1,15}\+?$/.test(name));
  return badInterface === undefined ? undefined : `${badInterface} is no network interface`;
}

export function isIpv6Range(range: string): boolean {
  return range.includes(':');
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function isRange(text: string): boolean {
  return text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text);
}
