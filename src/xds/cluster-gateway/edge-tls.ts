import { create } from '@bufbuild/protobuf';
import { SubjectAltNameMatcher_SanType as SanType } from '../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import {
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { XdsResource } from '../resource.ts';
import { trustSecret } from '../tls/secret.ts';
import { OWN_CERTIFICATE } from '../tls/secrets.ts';
import { servedSecret } from '../tls/served-secret.ts';

/** Whom a cluster gateway takes for the edge in the TLS handshake. */
export interface EdgeClient {
  /** PEM; of all the roots that the link has had since the certificate of one may still be shown. */
  readonly roots: string;
  /** The SPIFFE id of the edge's certificate. Others of the same roots are no edge. */
  readonly identity: string;
}

const EDGE_ROOTS = 'foresail://edge-client-cacert';

/** The gateway's own certificate of the mesh, whose key its agent alone has, against the edge's. */
export function edgeServerTls({ identity }: EdgeClient): DownstreamTlsContext {
  return create(DownstreamTlsContextSchema, {
    requireClientCertificate: true,
    commonTlsContext: {
      alpnProtocols: ['h2', 'http/1.1'],
      tlsCertificateSdsSecretConfigs: [OWN_CERTIFICATE],
      validationContextType: {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: {
            matchTypedSubjectAltNames: [
              { sanType: SanType.URI, matcher: { matchPattern: { case: 'exact', value: identity } } },
            ],
          },
          validationContextSdsSecretConfig: servedSecret(EDGE_ROOTS),
        },
      },
    },
  });
}

/** A secret of its own, so that a new root closes no connection. */
export function edgeRoots({ roots }: EdgeClient): XdsResource {
  return trustSecret(EDGE_ROOTS, roots, undefined);
}
