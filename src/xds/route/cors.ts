import type { Any } from '@bufbuild/protobuf/wkt';
import type { CorsConfig } from '../../engine/config.ts';
import type { StringMatcher } from '../../engine/values.ts';
import { packed } from '../any.ts';
import { ALWAYS } from '../fractions.ts';
import { CorsPolicySchema } from '../gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import { type StringMatcherInit, stringMatcher } from '../match/string-matcher.ts';

export function cors(config: CorsConfig): Any {
  return packed(CorsPolicySchema, {
    allowOriginStringMatch: config.allowOrigins.map(origin),
    allowMethods: config.allowMethods ?? '',
    allowHeaders: config.allowHeaders ?? '',
    exposeHeaders: config.exposeHeaders ?? '',
    maxAge: config.maxAge ?? '',
    ...(config.allowCredentials === undefined ? {} : { allowCredentials: config.allowCredentials }),
    filterEnabled: { defaultValue: ALWAYS },
    forwardNotMatchingPreflights: config.forwardUnmatchedPreflights,
  });
}

/** To Envoy's filter the exact origin `*` is any origin. */
function origin(matcher: StringMatcher): StringMatcherInit {
  return stringMatcher('present' in matcher ? { exact: '*' } : matcher);
}
