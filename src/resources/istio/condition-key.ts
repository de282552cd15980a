import { didYouMean } from '../did-you-mean.ts';
import { isIpOrCidr } from '../scalars/ip.ts';

const PLAIN_KEYS = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
  'source.principal',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
];
const BRACKETED =
  /^(?:request\.headers\[[^[\]]+\]|request\.auth\.claims(?:\[[^[\]]+\])+|experimental\.envoy\.filters\.[^[\]]+\[.+\])$/;

/** Why Istio does not know a key of `when`, or undefined where it does. */
export function conditionKeyProblem(key: string): string | undefined {
  if (key === '') return '`key` must not be empty';
  if (PLAIN_KEYS.includes(key) || BRACKETED.test(key)) return undefined;
  if (/^(?:request\.headers|request\.auth\.claims)/.test(key)) return `bad key (${key}): should have format a[b]`;
  const nearest = didYouMean(key, PLAIN_KEYS);
  return `unknown attribute (${key})${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

/** Values of addresses and ports have a form of their own. */
export function conditionValuesProblem(key: string, values: readonly string[]): string | undefined {
  if (key === 'source.ip' || key === 'remote.ip' || key === 'destination.ip') {
    const bad = values.find((value) => !isIpOrCidr(value));
    return bad === undefined ? undefined : `bad IP or CIDR "${bad}"`;
  }
  if (key === 'destination.port') {
    const bad = values.find((value) => !/^\d+$/.test(value) || Number(value) < 1 || Number(value) > 65535);
    return bad === undefined ? undefined : `invalid port "${bad}", must be in the range 1..65535`;
  }
  return undefined;
}
