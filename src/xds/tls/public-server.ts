import { create } from '@bufbuild/protobuf';
import type { Fields } from '../any.ts';
import { milliseconds } from '../durations.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { SdsSecretConfigSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import {
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';

/** TLS towards clients outside of the mesh. */
export interface PublicServerTls {
  /** Name of a secret that the control plane serves. */
  readonly certificate: string;
  /** The same, of the CA whose certificates clients must show; undefined: they need none. */
  readonly clientCa: string | undefined;
}

export function publicServerTls({ certificate, clientCa }: PublicServerTls): DownstreamTlsContext {
  return create(DownstreamTlsContextSchema, {
    requireClientCertificate: clientCa !== undefined,
    commonTlsContext: {
      alpnProtocols: ['h2', 'http/1.1'],
      tlsCertificateSdsSecretConfigs: [servedSecret(certificate)],
      ...(clientCa === undefined
        ? {}
        : {
            validationContextType: { case: 'validationContextSdsSecretConfig', value: servedSecret(clientCa) },
          }),
    },
  });
}

/** A secret that is rejected costs its own server; the others of the port wait no longer than this. */
const SECRET_PATIENCE_MS = 5_000;

/** A secret that comes with the rest of the configuration. */
export function servedSecret(name: string): Fields<typeof SdsSecretConfigSchema> {
  return {
    name,
    sdsConfig: {
      configSourceSpecifier: { case: 'ads', value: {} },
      initialFetchTimeout: milliseconds(SECRET_PATIENCE_MS),
      resourceApiVersion: ApiVersion.V3,
    },
  };
}
