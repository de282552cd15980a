import type { StringMatcher } from '../../engine/values.ts';
import { textClaimMatcher } from '../match/claim-matcher.ts';
import { ANYTHING, type StringMatcherInit, stringMatcher } from '../match/string-matcher.ts';
import { ofMetadata, type PrincipalInit } from './principal-init.ts';

/**
 * `<issuer>/<subject>`, which Envoy has in two claims. The last slash parts them: an issuer is often a URL, a subject
 * has no slash.
 */
export function requestPrincipal(matcher: StringMatcher): PrincipalInit {
  const [issuer, subject] = parts(matcher);
  const ids = [ofMetadata(textClaimMatcher('iss', issuer)), ofMetadata(textClaimMatcher('sub', subject))];
  return { identifier: { case: 'andIds', value: { ids } } };
}

function parts(matcher: StringMatcher): readonly [issuer: StringMatcherInit, subject: StringMatcherInit] {
  if ('present' in matcher) return [ANYTHING, ANYTHING];
  if ('exact' in matcher) {
    const [issuer, subject] = split(matcher.exact);
    return [stringMatcher({ exact: issuer }), stringMatcher({ exact: subject ?? '' })];
  }
  if ('prefix' in matcher) {
    const [issuer, subject] = split(matcher.prefix);
    if (subject === undefined) return [stringMatcher({ prefix: issuer }), ANYTHING];
    return [stringMatcher({ exact: issuer }), subject === '' ? ANYTHING : stringMatcher({ prefix: subject })];
  }
  if ('suffix' in matcher) {
    const [issuer, subject] = split(matcher.suffix);
    if (subject === undefined) return [ANYTHING, stringMatcher({ suffix: issuer })];
    return [issuer === '' ? ANYTHING : stringMatcher({ suffix: issuer }), stringMatcher({ exact: subject })];
  }
  throw new TypeError('a request principal is compared as a whole, by its start or by its end');
}

function split(text: string): readonly [before: string, after: string | undefined] {
  const slash = text.lastIndexOf('/');
  return slash === -1 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
}
