import { certainEnvironment } from '../environment.ts';
import { parseObject, readLogLine } from '../logged-request.ts';
import { factsOf, type RequestDescription } from '../request.ts';
import { answerOf, changedAspects } from './answer.ts';
import { type ChangeGroup, GroupedChanges } from './group-changes.ts';
import { type Side, servingOf } from './side.ts';

export interface ReplayResult {
  readonly total: number;
  readonly changed: number;
  readonly groups: readonly ChangeGroup[];
}

/** Recorded requests on both sides: how many would be answered differently, by cause. Their own tokens are verified. */
export async function replay(
  before: Side,
  after: Side,
  requests: Iterable<RequestDescription>,
  nowMs: number,
): Promise<ReplayResult> {
  const [old, now] = [servingOf(before.input), servingOf(after.input)];
  const env = certainEnvironment({ nowMs });
  const found = new GroupedChanges(before, after);
  let total = 0;
  let changed = 0;
  for (const request of requests) {
    total++;
    const [was, is] = [await answerOf(old, request, env, []), await answerOf(now, request, env, [])];
    const aspects = changedAspects(was, is);
    if (aspects.length === 0) continue;
    changed++;
    found.add({ request: withoutCredentials(request), before: was, after: is, aspects });
  }
  return { total, changed, groups: found.groups() };
}

/** One line: `GET http://host/path`, an object with `url`, or a line of an access log. Undefined: none of these. */
export function readRecorded(line: string): RequestDescription | undefined {
  const plain = /^"?([A-Z]+) (https?:\/\/\S+?)"?$/.exec(line.trim());
  const request =
    plain !== null
      ? { method: plain[1], url: plain[2] ?? '' }
      : (described(parseObject(line)) ?? readLogLine(line)?.request);
  if (request === undefined) return undefined;
  try {
    factsOf(request);
    return request;
  } catch {
    return undefined;
  }
}

function described(fields: Readonly<Record<string, unknown>> | undefined): RequestDescription | undefined {
  const { method, url, from, gatewayPort } = fields ?? {};
  if (fields === undefined || typeof url !== 'string') return undefined;
  return {
    method: typeof method === 'string' ? method : 'GET',
    url,
    headers: headersIn(fields),
    from: typeof from === 'string' ? from : undefined,
    gatewayPort: typeof gatewayPort === 'number' ? gatewayPort : undefined,
  };
}

function headersIn(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const { headers } = fields;
  const found: Record<string, string> = {};
  if (typeof headers === 'object' && headers !== null) {
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string') found[name.toLowerCase()] = value;
      else if (Array.isArray(value)) found[name.toLowerCase()] = value.join(',');
    }
  }
  return found;
}

function withoutCredentials(request: RequestDescription): RequestDescription {
  const shown = Object.entries(request.headers ?? {}).map(([name, value]) =>
    /^(authorization|proxy-authorization|cookie|x-api-key)$/.test(name) ? [name, '(hidden)'] : [name, value],
  );
  const url = request.url.replace(/([?&](?:access_token|token|id_token|api_key)=)[^&#]+/g, '$1(hidden)');
  return {
    ...request,
    url: url.replace(/eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, '(hidden)'),
    headers: Object.fromEntries(shown),
  };
}
