import { type Fields, packed } from '../any.ts';
import type { HeaderMutationSchema as MutationSchema } from '../gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.ts';
import { HeaderValueOption_HeaderAppendAction as AppendAction } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { TypedExtensionConfigSchema } from '../gen/envoy/config/core/v3/extension_pb.ts';
import { HeaderMutationSchema } from '../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts';
import { HeaderMutationSchema as EarlyMutationSchema } from '../gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.ts';
import { type HttpFilterInit, httpFilter } from '../http/http-filter.ts';

/**
 * What a gateway tells applications about the request that it has changed. Here the edge is that gateway; Envoy would
 * take it for a client's and strip it. The edge lets no client send them.
 */
const WORDS_OF_THE_EDGE = ['expected-rq-timeout-ms', 'original-host', 'original-path'];

/** Put aside before the connection manager looks at the request. */
export const KEEP_WORDS_OF_THE_EDGE: Fields<typeof TypedExtensionConfigSchema> = {
  name: 'envoy.http.early_header_mutation.header_mutation',
  typedConfig: packed(EarlyMutationSchema, {
    mutations: WORDS_OF_THE_EDGE.map((word) => copied(`x-envoy-${word}`, `x-foresail-${word}`)),
  }),
};

/** Put back once a pass has shown that it is the edge who says so. */
export const RESTORE_WORDS_OF_THE_EDGE: HttpFilterInit = httpFilter(
  'envoy.filters.http.header_mutation',
  packed(HeaderMutationSchema, {
    mutations: {
      requestMutations: WORDS_OF_THE_EDGE.flatMap((word) => [
        copied(`x-foresail-${word}`, `x-envoy-${word}`),
        removed(`x-foresail-${word}`),
      ]),
    },
  }),
);

function copied(from: string, to: string): Fields<typeof MutationSchema> {
  const header = { key: to, value: `%REQ(${from})%` };
  return { action: { case: 'append', value: { header, appendAction: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD } } };
}

function removed(value: string): Fields<typeof MutationSchema> {
  return { action: { case: 'remove', value } };
}
