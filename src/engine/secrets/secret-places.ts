import type { JwtRuleConfig } from '../policy-config.ts';

export const HIDDEN = '(hidden)';

const CREDENTIAL_HEADERS = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-foresail-pass',
  'x-forwarded-client-cert',
];
const TOKEN_PARAMS = ['access_token', 'token', 'id_token', 'refresh_token', 'api_key'];
/** Anything that looks like a JWT. */
export const JWT = /eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g;

/** Where requests of one workload carry credentials; what is in these places is never written down. */
export interface SecretPlaces {
  /** Lower case. */
  readonly headers: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
}

export function secretPlaces(rules: readonly JwtRuleConfig[]): SecretPlaces {
  return {
    headers: new Set([
      ...CREDENTIAL_HEADERS,
      ...rules.flatMap(({ fromHeaders }) => fromHeaders.map(({ name }) => name.toLowerCase())),
    ]),
    params: new Set([...TOKEN_PARAMS, ...rules.flatMap(({ fromParams }) => fromParams)]),
  };
}

/** Text that may hold a URL or a token, without values of credential parameters and without anything like a JWT. */
export function withoutSecrets(text: string, { params }: SecretPlaces): string {
  const question = text.indexOf('?');
  const plain = question === -1 ? text : text.slice(0, question + 1) + withoutParams(text.slice(question + 1), params);
  return plain.includes('eyJ') ? plain.replace(JWT, HIDDEN) : plain;
}

function withoutParams(query: string, params: ReadonlySet<string>): string {
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) return pair;
      const name = pair.slice(0, equals);
      return isSecretParam(name, params) ? `${name}=${HIDDEN}` : pair;
    })
    .join('&');
}

/** Whether a query parameter carries a credential, however its name is written. */
export function isSecretParam(name: string, params: ReadonlySet<string>): boolean {
  return params.has(name) || params.has(decoded(name));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name;
  }
}
