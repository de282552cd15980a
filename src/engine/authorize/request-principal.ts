import type { StringMatcher } from '../values.ts';
import type { Comparison } from './clause.ts';
import { compareText } from './comparisons.ts';
import { isTokenUnknown, requestPrincipal } from './source-facts.ts';
import { FALSE, TRUE, UNKNOWN } from './truth.ts';

type PrincipalTest = (issuer: string, subject: string) => boolean;

/**
 * Request principals are compared as Envoy has them: issuer and subject apart, parted in the policy at the last `/`
 * (an issuer is often a URL). So `https://*` asks for the issuer `https:/`, not for any issuer.
 */
export function compareRequestPrincipal(matchers: readonly StringMatcher[]): Comparison {
  const asText = compareText(requestPrincipal, matchers);
  const tests = matchers.map(principalTest);
  return {
    ...asText,
    evaluate(request) {
      if (isTokenUnknown(request)) return UNKNOWN;
      const { token } = request;
      if (token?.issuer === undefined || token.subject === undefined || token.principal === undefined) return FALSE;
      const { issuer, subject } = token;
      return tests.some((test) => test(issuer, subject)) ? TRUE : FALSE;
    },
  };
}

function principalTest(matcher: StringMatcher): PrincipalTest {
  if ('present' in matcher) return () => true;
  if ('exact' in matcher) {
    const [issuer, subject] = parted(matcher.exact);
    return (iss, sub) => iss === issuer && sub === (subject ?? '');
  }
  if ('prefix' in matcher) {
    const [issuer, subject] = parted(matcher.prefix);
    return subject === undefined
      ? (iss) => iss.startsWith(issuer)
      : (iss, sub) => iss === issuer && sub.startsWith(subject);
  }
  if ('suffix' in matcher) {
    const [issuer, subject] = parted(matcher.suffix);
    return subject === undefined
      ? (_, sub) => sub.endsWith(issuer)
      : (iss, sub) => iss.endsWith(issuer) && sub === subject;
  }
  // Principals of policies have no other forms.
  return () => false;
}

function parted(text: string): readonly [string, string | undefined] {
  const slash = text.lastIndexOf('/');
  return slash === -1 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
}
