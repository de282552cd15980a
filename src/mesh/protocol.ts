import type { Protocol } from './registry.ts';

/** Ports on which a server speaks first: never sniffed (ISTIO.md 4.1). */
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

const NAMES: ReadonlyMap<string, Protocol> = new Map([
  ['http', 'HTTP'],
  ['http2', 'HTTP2'],
  ['grpc', 'GRPC'],
  ['grpc-web', 'GRPC-WEB'],
  ['https', 'HTTPS'],
  ['tls', 'TLS'],
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
  ['mongo', 'MONGO'],
  ['mysql', 'MYSQL'],
  ['redis', 'REDIS'],
]);

const APP_PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ['kubernetes.io/h2c', 'HTTP2'],
  ['kubernetes.io/ws', 'HTTP'],
  ['kubernetes.io/wss', 'HTTPS'],
]);

/** Istio's protocol selection: appProtocol, then the port's name, then the bytes. */
export function selectProtocol(port: {
  readonly port: number;
  readonly name?: string | undefined;
  readonly protocol?: string | undefined;
  readonly appProtocol?: string | undefined;
}): Protocol {
  if (port.protocol === 'UDP') return 'UDP';
  const declared = port.appProtocol?.toLowerCase();
  if (declared !== undefined) {
    const known = APP_PROTOCOLS.get(declared) ?? protocolByName(declared);
    if (known !== undefined) return known;
  }
  const named = port.name === undefined ? undefined : protocolByName(port.name.toLowerCase());
  if (named !== undefined) return named;
  return SERVER_FIRST_PORTS.has(port.port) ? 'TCP' : 'AUTO';
}

/** `http`, `http-web`; `grpc-web` and `grpc-web-x` are a protocol of their own. */
export function protocolByName(name: string): Protocol | undefined {
  if (name === 'grpc-web' || name.startsWith('grpc-web-')) return 'GRPC-WEB';
  const dash = name.indexOf('-');
  return NAMES.get(dash === -1 ? name : name.slice(0, dash));
}
