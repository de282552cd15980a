import type { OutboundCluster, OutboundTls } from '../../mesh/outbound/outbound-cluster.ts';
import { type Fields, packed } from '../any.ts';
import type { Cluster_TransportSocketMatchSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { TransportSocketSchema } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  ProxyProtocolConfig_Version,
  type ProxyProtocolConfigSchema,
} from '../gen/envoy/config/core/v3/proxy_protocol_pb.ts';
import { ProxyProtocolUpstreamTransportSchema } from '../gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.ts';
import { RawBufferSchema } from '../gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.ts';
import {
  SubjectAltNameMatcher_SanType as SanType,
  type SubjectAltNameMatcherSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import {
  type CommonTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { fileCertificateSecret, fileTrustSecret } from '../sds-names.ts';
import { MESH_HTTP_ALPN, MESH_HTTP1_ALPN, MESH_HTTP2_ALPN, MESH_TCP_ALPN } from '../tls/alpn.ts';
import { agentSecret, MESH_ROOTS, OWN_CERTIFICATE } from '../tls/secrets.ts';

type SocketInit = Fields<typeof TransportSocketSchema>;
type MeshTls = Extract<OutboundTls, { kind: 'mesh' }>;
type Origination = Extract<OutboundTls, { kind: 'origination' }>;
type ContextInit = Fields<typeof CommonTlsContextSchema>;

/** What endpoints with a sidecar carry, and what a cluster with auto mTLS looks for. */
export const TLS_MODE = { tlsMode: 'istio' } as const;

export interface TransportSockets {
  readonly transportSocket?: SocketInit;
  readonly transportSocketMatches?: Fields<typeof Cluster_TransportSocketMatchSchema>[];
}

/** How connections of a cluster are made; with auto mTLS each endpoint's own. */
export function transportSockets(cluster: OutboundCluster): TransportSockets {
  const { tls, proxyProtocol } = cluster;
  const wrapped = (socket: SocketInit): SocketInit =>
    proxyProtocol === undefined ? socket : withProxyProtocol(socket, proxyProtocol);
  switch (tls.kind) {
    case 'none':
      return proxyProtocol === undefined ? {} : { transportSocket: wrapped(PLAINTEXT) };
    case 'origination':
      return { transportSocket: wrapped(originated(tls, cluster)) };
    case 'mesh': {
      const mesh = wrapped(meshTls(tls, cluster));
      if (!tls.byEndpoint) return { transportSocket: mesh };
      return {
        transportSocketMatches: [
          { name: 'tlsMode-istio', match: TLS_MODE, transportSocket: mesh },
          { name: 'tlsMode-disabled', match: {}, transportSocket: wrapped(PLAINTEXT) },
        ],
      };
    }
  }
}

const PLAINTEXT: SocketInit = {
  name: 'envoy.transport_sockets.raw_buffer',
  configType: { case: 'typedConfig', value: packed(RawBufferSchema, {}) },
};

function meshTls({ sni, identities }: MeshTls, cluster: OutboundCluster): SocketInit {
  return tlsSocket(sni, {
    tlsCertificateSdsSecretConfigs: [OWN_CERTIFICATE],
    validationContextType: {
      case: 'combinedValidationContext',
      value: {
        defaultValidationContext: { matchTypedSubjectAltNames: identities.map((name) => exactly(SanType.URI, name)) },
        validationContextSdsSecretConfig: MESH_ROOTS,
      },
    },
    alpnProtocols: [...meshAlpn(cluster)],
  });
}

function meshAlpn({ protocol, port }: OutboundCluster): readonly string[] {
  switch (protocol) {
    case 'http1':
      return MESH_HTTP1_ALPN;
    case 'http2':
      return MESH_HTTP2_ALPN;
    case 'tcp':
      return MESH_TCP_ALPN;
    case 'as-downstream':
      // Of an undeclared port both go here; the listener's HTTP side says that it is HTTP by itself.
      return port.protocol === 'AUTO' ? MESH_TCP_ALPN : MESH_HTTP_ALPN;
  }
}

function originated(tls: Origination, { protocol }: OutboundCluster): SocketInit {
  const { certificate, trust, subjectAltNames, sni } = tls;
  const names = subjectAltNames.flatMap((name) => [exactly(SanType.DNS, name), exactly(SanType.URI, name)]);
  return tlsSocket(sni ?? '', {
    ...(certificate === undefined
      ? {}
      : { tlsCertificateSdsSecretConfigs: [agentSecret(certificateName(certificate), OTHERS_WAIT_MS)] }),
    ...validation(trust, names),
    // Over TCP what is inside is not the proxy's to name.
    alpnProtocols: protocol === 'tcp' ? [] : protocol === 'http1' ? ['http/1.1'] : ['h2', 'http/1.1'],
  });
}

function validation(
  trust: Origination['trust'],
  names: Fields<typeof SubjectAltNameMatcherSchema>[],
): Pick<ContextInit, 'validationContextType'> {
  const byName = { matchTypedSubjectAltNames: names };
  switch (trust.kind) {
    case 'none':
      return {};
    case 'system':
      return { validationContextType: { case: 'validationContext', value: { ...byName, systemRootCerts: {} } } };
    case 'file':
    case 'secret': {
      const name = trust.kind === 'file' ? fileTrustSecret(trust.path, trust.crl) : trust.name;
      return {
        validationContextType: {
          case: 'combinedValidationContext',
          value: {
            defaultValidationContext: byName,
            validationContextSdsSecretConfig: agentSecret(name, OTHERS_WAIT_MS),
          },
        },
      };
    }
  }
}

function tlsSocket(sni: string, commonTlsContext: ContextInit): SocketInit {
  const value = packed(UpstreamTlsContextSchema, { sni, commonTlsContext });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value } };
}

function withProxyProtocol(transportSocket: SocketInit, version: 'V1' | 'V2'): SocketInit {
  const config: Fields<typeof ProxyProtocolConfigSchema> = { version: ProxyProtocolConfig_Version[version] };
  const value = packed(ProxyProtocolUpstreamTransportSchema, { config, transportSocket });
  return { name: 'envoy.transport_sockets.upstream_proxy_protocol', configType: { case: 'typedConfig', value } };
}

function exactly(sanType: SanType, exact: string): Fields<typeof SubjectAltNameMatcherSchema> {
  return { sanType, matcher: { matchPattern: { case: 'exact', value: exact } } };
}

/** A certificate that is not there must not keep a whole proxy from starting. */
const OTHERS_WAIT_MS = 1_000;

/** Files are read by the agent beside Envoy: one that is not there harms only this cluster. */
function certificateName(certificate: NonNullable<Origination['certificate']>): string {
  return certificate.kind === 'secret'
    ? certificate.name
    : fileCertificateSecret(certificate.certificate, certificate.privateKey);
}
