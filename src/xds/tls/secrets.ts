import type { MessageInitShape } from '@bufbuild/protobuf';
import { milliseconds } from '../durations.ts';
import { ApiConfigSource_ApiType, ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { SdsSecretConfigSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import { CERTIFICATE_SECRET, SDS_CLUSTER, TRUST_SECRET } from '../sds-names.ts';

type SecretInit = MessageInitShape<typeof SdsSecretConfigSchema>;

/** The workload's own certificate, from the agent. */
export const OWN_CERTIFICATE: SecretInit = agentSecret(CERTIFICATE_SECRET);

/** The roots of the mesh, from the agent. */
export const MESH_ROOTS: SecretInit = agentSecret(TRUST_SECRET);

/**
 * A secret that the agent serves over its own socket.
 *
 * @param waitMs how long what needs it keeps others from beginning; 0: until it is there
 */
export function agentSecret(name: string, waitMs = 0): SecretInit {
  return {
    name,
    sdsConfig: {
      resourceApiVersion: ApiVersion.V3,
      initialFetchTimeout: milliseconds(waitMs),
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
