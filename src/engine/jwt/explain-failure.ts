import type { JwtRuleConfig } from '../policy-config.ts';
import { bodyOf, type TokenFailure } from './failure.ts';
import type { ParsedToken } from './parse-token.ts';

/** What Envoy's body leaves out: who, when, which. Never the token itself. */
export function explainFailure(
  failure: TokenFailure,
  token: ParsedToken | undefined,
  rule: JwtRuleConfig,
  nowMs: number,
): string {
  const detail = token === undefined ? undefined : detailOf(failure, token, rule, nowMs);
  const text = detail === undefined ? bodyOf(failure) : `${bodyOf(failure)}: ${detail}`;
  return rule.issuer === '' ? text : `${text} (rule for issuer ${quoted(rule.issuer)})`;
}

function detailOf(failure: TokenFailure, token: ParsedToken, rule: JwtRuleConfig, nowMs: number): string | undefined {
  switch (failure) {
    case 'unknown-issuer':
      return `the token is of issuer ${quoted(token.issuer)}`;
    case 'expired':
      return `at ${instant(token.expires * 1000)}, now is ${instant(nowMs)}`;
    case 'not-yet-valid':
      return `before ${instant(token.notBefore * 1000)}, now is ${instant(nowMs)}`;
    case 'audience':
      return `the token is for ${list(token.audiences)}, allowed are ${list(rule.audiences)}`;
    case 'no-matching-key':
    case 'bad-signature':
      return `kid ${quoted(token.keyId)}, alg ${token.algorithm}`;
    case 'keys-unavailable':
      return 'unavailable' in rule.keys ? rule.keys.unavailable : undefined;
    default:
      return undefined;
  }
}

/** Strings of a token are anybody's: cut, and escaped by JSON. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

function list(texts: readonly string[]): string {
  if (texts.length === 0) return 'nobody';
  return texts.slice(0, 5).map(quoted).join(', ') + (texts.length > 5 ? ', …' : '');
}

function instant(ms: number): string {
  return ms <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}
