import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { Fields } from '../any.ts';
import { type TransportSocket, TransportSocketSchema } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  SubjectAltNameMatcher_SanType as SanType,
  type SubjectAltNameMatcherSchema,
  TlsParameters_TlsProtocol as TlsVersion,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import {
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { MESH_ROOTS, OWN_CERTIFICATE } from './secrets.ts';

export interface MeshServerTls {
  /** Of whom a client's certificate may be. */
  readonly trustDomains: readonly string[];
  readonly minVersion: 'TLSv1_2' | 'TLSv1_3';
  readonly alpnProtocols: readonly string[];
}

/** The server's side of mutual TLS in the mesh: a certificate of one of these trust domains is required. */
export function meshServerTls({ trustDomains, minVersion, alpnProtocols }: MeshServerTls): DownstreamTlsContext {
  return create(DownstreamTlsContextSchema, {
    requireClientCertificate: true,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: minVersion === 'TLSv1_3' ? TlsVersion.TLSv1_3 : TlsVersion.TLSv1_2,
        tlsMaximumProtocolVersion: TlsVersion.TLSv1_3,
      },
      alpnProtocols: [...alpnProtocols],
      tlsCertificateSdsSecretConfigs: [OWN_CERTIFICATE],
      validationContextType: {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: {
            matchTypedSubjectAltNames: trustDomains.map(ofTrustDomain),
          },
          validationContextSdsSecretConfig: MESH_ROOTS,
        },
      },
    },
  });
}

function ofTrustDomain(domain: string): Fields<typeof SubjectAltNameMatcherSchema> {
  const value = `spiffe://${domain}/`;
  return { sanType: SanType.URI, matcher: { matchPattern: { case: 'prefix', value } } };
}

export function serverTransport(context: DownstreamTlsContext): TransportSocket {
  const value = anyPack(DownstreamTlsContextSchema, context);
  return create(TransportSocketSchema, {
    name: 'envoy.transport_sockets.tls',
    configType: { case: 'typedConfig', value },
  });
}
