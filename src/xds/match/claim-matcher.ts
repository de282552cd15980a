import type { MessageInitShape } from '@bufbuild/protobuf';
import type { StringMatcher } from '../../engine/values.ts';
import type { MetadataMatcherSchema } from '../gen/envoy/type/matcher/v3/metadata_pb.ts';
import type { ValueMatcherSchema } from '../gen/envoy/type/matcher/v3/value_pb.ts';
import { type StringMatcherInit, stringMatcher } from './string-matcher.ts';

export type MetadataMatcherInit = MessageInitShape<typeof MetadataMatcherSchema>;
type ValueMatcherInit = MessageInitShape<typeof ValueMatcherSchema>;

/** Name of the filter, and with it the namespace of the metadata that it writes. */
export const JWT_FILTER = 'envoy.filters.http.jwt_authn';
/** Where in that namespace the payload of a verified token stands, as in Istio. */
export const JWT_PAYLOAD = 'payload';

/** A claim of the verified token: one that is text, or a list with such a text in it. */
export function claimMatcher(claim: readonly string[], matchers: readonly StringMatcher[]): MetadataMatcherInit {
  const texts = matchers.map((matcher) => ofText(stringMatcher(matcher)));
  const one = anyOf(texts);
  return atClaim(claim, anyOf([{ matchPattern: { case: 'listMatch', value: listHas(one) } }, one]));
}

/** A claim that is always text. */
export function textClaimMatcher(claim: string, matcher: StringMatcherInit): MetadataMatcherInit {
  return atClaim([claim], ofText(matcher));
}

function atClaim(claim: readonly string[], value: ValueMatcherInit): MetadataMatcherInit {
  const keys = [JWT_PAYLOAD, ...claim];
  return { filter: JWT_FILTER, path: keys.map((key) => ({ segment: { case: 'key', value: key } })), value };
}

function ofText(value: StringMatcherInit): ValueMatcherInit {
  return { matchPattern: { case: 'stringMatch', value } };
}

function listHas(value: ValueMatcherInit): { matchPattern: { case: 'oneOf'; value: ValueMatcherInit } } {
  return { matchPattern: { case: 'oneOf', value } };
}

function anyOf(matchers: readonly ValueMatcherInit[]): ValueMatcherInit {
  const [only, ...more] = matchers;
  if (only !== undefined && more.length === 0) return only;
  return { matchPattern: { case: 'orMatch', value: { valueMatchers: [...matchers] } } };
}
