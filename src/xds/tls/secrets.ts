import type { MessageInitShape } from '@bufbuild/protobuf';
import { NO_TIME } from '../durations.ts';
import { ApiConfigSource_ApiType, ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { SdsSecretConfigSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import { CERTIFICATE_SECRET, SDS_CLUSTER, TRUST_SECRET } from '../sds-names.ts';

type SecretInit = MessageInitShape<typeof SdsSecretConfigSchema>;

/** The workload's own certificate, from the agent. */
export const OWN_CERTIFICATE: SecretInit = agentSecret(CERTIFICATE_SECRET);

/** The roots of the mesh, from the agent. */
export const MESH_ROOTS: SecretInit = agentSecret(TRUST_SECRET);

/** A secret that the agent serves over its own socket. */
export function agentSecret(name: string): SecretInit {
  return {
    name,
    sdsConfig: {
      resourceApiVersion: ApiVersion.V3,
      initialFetchTimeout: NO_TIME,
      configSourceSpecifier: {
        case: 'apiConfigSource',
        value: {
          apiType: ApiConfigSource_ApiType.GRPC,
          transportApiVersion: ApiVersion.V3,
          setNodeOnFirstMessageOnly: true,
          grpcServices: [{ targetSpecifier: { case: 'envoyGrpc', value: { clusterName: SDS_CLUSTER } } }],
        },
      },
    },
  };
}
