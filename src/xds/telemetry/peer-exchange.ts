import { PEER_HEADER, PEER_STATE, peerText } from '../../engine/telemetry/peer-text.ts';
import type { WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import { packed } from '../any.ts';
import { HeaderValueOption_HeaderAppendAction as AppendAction } from '../gen/envoy/config/core/v3/base_pb.ts';
import { HeaderMutationSchema } from '../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts';
import { ConfigSchema } from '../gen/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.ts';
import { UpstreamCodecSchema } from '../gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.ts';
import { type HttpFilterInit, httpFilter } from '../http/http-filter.ts';

const MUTATION = 'envoy.filters.http.header_mutation';

/** Of a caller: says who it is, whatever the application has said. */
export function announcePeer(labels: WorkloadLabels): HttpFilterInit {
  const value = peerText(labels).replaceAll('%', '%%');
  const append = {
    header: { key: PEER_HEADER, value },
    appendAction: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
  };
  return httpFilter(
    MUTATION,
    packed(HeaderMutationSchema, {
      mutations: { requestMutations: [{ action: { case: 'append', value: append } }] },
    }),
  );
}

/** Of a callee, before anything changes the request. */
export const KEEP_PEER: HttpFilterInit = httpFilter(
  'envoy.filters.http.set_filter_state',
  packed(ConfigSchema, {
    onRequestHeaders: [
      {
        key: { case: 'objectKey', value: PEER_STATE },
        factoryKey: 'envoy.string',
        skipIfEmpty: true,
        value: {
          case: 'formatString',
          value: {
            omitEmptyValues: true,
            format: {
              case: 'textFormatSource',
              value: { specifier: { case: 'inlineString', value: `%REQ(${PEER_HEADER})%` } },
            },
          },
        },
      },
    ],
  }),
);

/** Of clusters to which no mesh TLS is spoken, applications and the world outside: they hear nothing of it. */
export const CONCEAL_PEER: readonly HttpFilterInit[] = [
  httpFilter(
    MUTATION,
    packed(HeaderMutationSchema, {
      mutations: { requestMutations: [{ action: { case: 'remove', value: PEER_HEADER } }] },
    }),
  ),
  httpFilter('envoy.filters.http.upstream_codec', packed(UpstreamCodecSchema, {})),
];
