import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HeaderMatcher } from '../../engine/config.ts';
import type { StringMatcher } from '../../engine/values.ts';
import type { HeaderMatcherSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { stringMatcher } from './string-matcher.ts';

export type HeaderMatcherInit = MessageInitShape<typeof HeaderMatcherSchema>;

export function headerMatcher({ name, match, invert, missingAsEmpty }: HeaderMatcher): HeaderMatcherInit {
  return {
    ...valueOfHeader(name, match),
    invertMatch: invert === true,
    treatMissingHeaderAsEmpty: missingAsEmpty === true,
  };
}

/** `*` as a value of a header asks for the header only, also an empty one. */
export function valueOfHeader(name: string, match: StringMatcher, ignoreCase = false): HeaderMatcherInit {
  return 'present' in match
    ? { name, headerMatchSpecifier: { case: 'presentMatch', value: true } }
    : { name, headerMatchSpecifier: { case: 'stringMatch', value: stringMatcher(match, ignoreCase) } };
}
