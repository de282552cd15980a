import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HeaderMutations } from '../../engine/config.ts';
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOptionSchema,
} from '../gen/envoy/config/core/v3/base_pb.ts';

export interface HeaderOperations {
  readonly requestHeadersToAdd: MessageInitShape<typeof HeaderValueOptionSchema>[];
  readonly requestHeadersToRemove: string[];
  readonly responseHeadersToAdd: MessageInitShape<typeof HeaderValueOptionSchema>[];
  readonly responseHeadersToRemove: string[];
}

/** The fields of that name that routes and weighted clusters have in common. */
export function headerOperations(
  request: HeaderMutations | undefined,
  response: HeaderMutations | undefined,
): HeaderOperations {
  return {
    requestHeadersToAdd: additions(request),
    requestHeadersToRemove: [...(request?.remove ?? [])],
    responseHeadersToAdd: additions(response),
    responseHeadersToRemove: [...(response?.remove ?? [])],
  };
}

function additions(mutations: HeaderMutations | undefined): MessageInitShape<typeof HeaderValueOptionSchema>[] {
  return (mutations?.apply ?? []).map(({ name, value, append }) => ({
    header: { key: name, value },
    appendAction: append ? AppendAction.APPEND_IF_EXISTS_OR_ADD : AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
  }));
}
