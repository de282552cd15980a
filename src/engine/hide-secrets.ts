import type { GatewayConfig } from './config.ts';
import type { JwtRuleConfig } from './policy-config.ts';

const HIDDEN = '(hidden)';
const CREDENTIAL_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);
const TOKEN_PARAMS = new Set(['access_token', 'token', 'id_token', 'api_key']);
/** Shorter values could be part of any word; the engine hides what it knows to be a credential whatever its length. */
const MIN_LENGTH = 6;
/** Where the engine cuts long values: what is left of a secret must not show either. */
const CUTS = [80, 120];
const JWT = /eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g;

export interface SentRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** Takes the credentials of a request out of whatever text it may have got into. */
export function secretHider({ policies }: GatewayConfig, sent: SentRequest): (text: string) => string {
  const rules = Object.values(policies).flatMap(({ jwt }) => jwt);
  const secrets = new Set<string>();
  const add = (value: string): void => {
    for (const part of [value, ...value.split(/[\s;,=]+/)]) {
      if (part.length < MIN_LENGTH) continue;
      secrets.add(part);
      for (const cut of CUTS) if (part.length > cut) secrets.add(part.slice(0, cut));
    }
  };
  const headers = headerNames(rules);
  for (const [name, value] of Object.entries(sent.headers ?? {})) {
    if (headers.has(name.toLowerCase())) for (const one of [value].flat()) add(one);
  }
  const params = new Set([...TOKEN_PARAMS, ...rules.flatMap(({ fromParams }) => fromParams)]);
  const query = sent.url.split('?')[1] ?? '';
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && params.has(pair.slice(0, equals))) secrets.add(pair.slice(equals + 1));
  }
  secrets.delete('Bearer');
  secrets.delete('');
  const ordered = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => {
    let hidden = text.replace(JWT, HIDDEN);
    for (const secret of ordered) hidden = hidden.replaceAll(secret, HIDDEN);
    return hidden;
  };
}

function headerNames(rules: readonly JwtRuleConfig[]): ReadonlySet<string> {
  return new Set([...CREDENTIAL_HEADERS, ...rules.flatMap(({ fromHeaders }) => fromHeaders.map(({ name }) => name))]);
}
