import type { MutualTlsMode } from '../../mesh/inbound/peer-authentication.ts';
import type { Protocol } from '../../mesh/registry.ts';

/** What one filter chain of a port takes. */
export interface ChainKind {
  /** As Envoy's listener filters find out; undefined: whatever it is. */
  readonly transport: 'tls' | 'raw_buffer' | undefined;
  /** By which TLS clients of the mesh, and plaintext HTTP, are told from others; empty: any. */
  readonly applicationProtocols: readonly string[];
  /** Whether mutual TLS ends here. */
  readonly isMutualTls: boolean;
  readonly serves: 'http' | 'tcp';
}

/** What sidecars announce (Istio's names) when HTTP is inside, and when they do not know. */
const MESH_HTTP = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const MESH_TCP = ['istio-peer-exchange', 'istio'];
/** What the HTTP inspector calls the plaintext that it recognises. */
const PLAIN_HTTP = ['http/1.0', 'http/1.1', 'h2c'];

type Served = 'http' | 'tcp' | 'unknown';

/** The chains of a port, as Istio parts them: by what is spoken there and by what PeerAuthentication asks for. */
export function chainKinds(protocol: Protocol, mode: MutualTlsMode): readonly ChainKind[] {
  return CHAINS[mode][servedBy(protocol)];
}

/** Whether only the first bytes tell what is spoken. */
export function isSniffed(protocol: Protocol): boolean {
  return servedBy(protocol) === 'unknown';
}

function servedBy(protocol: Protocol): Served {
  switch (protocol) {
    case 'HTTP':
    case 'HTTP2':
    case 'GRPC':
    case 'GRPC-WEB':
      return 'http';
    case 'AUTO':
      return 'unknown';
    default:
      return 'tcp';
  }
}

function mutual(serves: 'http' | 'tcp', applicationProtocols: readonly string[]): ChainKind {
  return { transport: 'tls', applicationProtocols, isMutualTls: true, serves };
}

function plain(
  serves: 'http' | 'tcp',
  transport: ChainKind['transport'],
  applicationProtocols: readonly string[] = [],
): ChainKind {
  return { transport, applicationProtocols, isMutualTls: false, serves };
}

/** TLS that the application ends itself passes through where plaintext would. */
const FOREIGN_TLS = plain('tcp', 'tls');

const CHAINS: Readonly<Record<MutualTlsMode, Readonly<Record<Served, readonly ChainKind[]>>>> = {
  STRICT: {
    http: [mutual('http', [])],
    tcp: [mutual('tcp', [])],
    unknown: [mutual('http', MESH_HTTP), mutual('tcp', [])],
  },
  PERMISSIVE: {
    http: [mutual('http', [...MESH_TCP, ...MESH_HTTP]), plain('http', 'raw_buffer')],
    tcp: [mutual('tcp', [...MESH_TCP, ...MESH_HTTP]), plain('tcp', 'raw_buffer'), FOREIGN_TLS],
    unknown: [
      mutual('http', MESH_HTTP),
      mutual('tcp', MESH_TCP),
      plain('http', 'raw_buffer', PLAIN_HTTP),
      plain('tcp', 'raw_buffer'),
      FOREIGN_TLS,
    ],
  },
  DISABLE: {
    http: [plain('http', undefined)],
    tcp: [plain('tcp', undefined)],
    unknown: [plain('http', undefined, PLAIN_HTTP), plain('tcp', undefined)],
  },
};
