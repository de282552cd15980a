import { GENERATED_ID } from './edge-side.ts';
import type { ParityRequest } from './mesh-case.ts';
import type { Observation } from './observation.ts';

/** Written by the HTTP stack of either side, not by anything that a mesh says. */
const OF_THE_STACK = new Set([
  'connection',
  'content-length',
  'date',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
]);

/** Both observations in one form: without what no configuration decides, values of one name in one way joined. */
export function comparable(observation: Observation, request: ParityRequest): Observation {
  const responseHeaders = cleaned(observation.responseHeaders);
  responseHeaders.delete('x-envoy-upstream-service-time');
  responseHeaders.delete('x-echo');
  const { forwarded } = observation;
  if (forwarded === undefined) return { ...observation, responseHeaders };
  const headers = cleaned(forwarded.headers);
  const sentIds = request.headers.filter(([name]) => name.toLowerCase() === 'x-request-id').map(([, value]) => value);
  const id = headers.get('x-request-id')?.[0] ?? '';
  if (!sentIds.includes(id)) headers.set('x-request-id', [GENERATED_ID]);
  return { ...observation, responseHeaders, forwarded: { ...forwarded, headers } };
}

function cleaned(headers: Observation['responseHeaders']): Map<string, readonly string[]> {
  const result = new Map<string, readonly string[]>();
  for (const [name, values] of headers) {
    if (OF_THE_STACK.has(name)) continue;
    // RFC 6265 §5.4 and RFC 9110 §5.3: several lines of a name mean the same as one.
    if (name === 'cookie') result.set(name, [values.join('; ')]);
    else result.set(name, [withoutGaps(values.join(','))]);
  }
  return result;
}

/** RFC 9110 §5.6.1: empty elements of a list do not count. */
function withoutGaps(list: string): string {
  return list
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '')
    .join(',');
}
