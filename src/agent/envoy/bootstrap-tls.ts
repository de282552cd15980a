import { CERTIFICATE_SECRET, SDS_CLUSTER, TRUST_SECRET } from '../../xds/sds-names.ts';

/** Mutual TLS to the control plane, with the certificate and the roots that the agent serves. */
export function tlsContextOfControlPlane(serverName: string): unknown {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      sni: serverName,
      common_tls_context: {
        alpn_protocols: ['h2'],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
        tls_certificate_sds_secret_configs: [sdsSecret(CERTIFICATE_SECRET)],
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: serverName } }],
          },
          validation_context_sds_secret_config: sdsSecret(TRUST_SECRET),
        },
      },
    },
  };
}

/** How any part of Envoy's configuration names a secret of the agent. */
export function sdsSecret(name: string): unknown {
  return {
    name,
    sds_config: {
      initial_fetch_timeout: '0s',
      resource_api_version: 'V3',
      api_config_source: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: SDS_CLUSTER } }],
      },
    },
  };
}
