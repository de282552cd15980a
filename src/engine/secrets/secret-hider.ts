import type { GatewayConfig } from '../config.ts';
import { HIDDEN, isSecretParam, JWT, secretPlaces } from './secret-places.ts';

/** Shorter values could be part of any word; the engine hides what it knows to be a credential whatever its length. */
const MIN_LENGTH = 6;
/** Where the engine cuts long values: what is left of a secret must not show either. */
const CUTS = [80, 120];

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
  const { headers, params } = secretPlaces(rules);
  for (const [name, value] of Object.entries(sent.headers ?? {})) {
    if (headers.has(name.toLowerCase())) for (const one of [value].flat()) add(one);
  }
  const query = sent.url.split('?')[1] ?? '';
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && isSecretParam(pair.slice(0, equals), params)) secrets.add(pair.slice(equals + 1));
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
