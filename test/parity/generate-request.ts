import type { Chance } from './chance.ts';
import type { ParityRequest } from './mesh-case.ts';
import { generateToken } from './tokens.ts';
import {
  CLIENTS,
  HEADER_NAMES,
  HEADER_VALUES,
  METHODS,
  ODD_METHODS,
  ODD_TARGETS,
  ORIGINS,
  QUERIES,
  REQUEST_HOSTS,
  TARGETS,
} from './vocabulary.ts';

type Lines = [name: string, value: string][];

/** Most requests are plain, so that they get far; each oddity comes now and then, seldom two of them at once. */
export async function generateRequest(
  chance: Chance,
  ports: readonly { readonly port: number; readonly tls: boolean }[],
): Promise<ParityRequest> {
  const method = chance.is(0.04) ? chance.pick(ODD_METHODS) : chance.pick(METHODS);
  const headers: Lines = [
    ['Host', chance.is(0.7) ? chance.pick(['a.test', 'b.test', 'www.b.test']) : chance.pick(REQUEST_HOSTS)],
  ];
  for (const name of chance.is(0.4) ? chance.some(HEADER_NAMES) : [])
    headers.push([name, latin1(chance.pick(HEADER_VALUES))]);
  if (chance.is(0.08)) headers.push(['x-user', 'jason'], ['X-User', 'second']);
  if (chance.is(0.25)) headers.push(...corsHeaders(chance, method));
  if (chance.is(0.3)) headers.push(...(await tokenHeaders(chance)));
  if (chance.is(0.15)) headers.push(...proxyHeaders(chance));
  if (chance.is(0.04)) headers.push(['x-huge', 'h'.repeat(chance.pick([8_000, 40_000]))]);
  if (chance.is(0.05))
    headers.push([
      'content-type',
      chance.pick(['application/grpc', 'application/grpc+proto', 'application/grpc-web', 'application/json']),
    ]);
  const body =
    method === 'POST' || method === 'PUT' || method === 'PATCH' ? chance.pick(['', 'body', 'x'.repeat(5000)]) : '';
  if (body !== '' || method === 'POST') headers.push(['Content-Length', String(body.length)]);
  return {
    method,
    target: await target(chance),
    headers,
    ...(body === '' ? {} : { body }),
    client: chance.is(0.7) ? '198.51.100.7' : chance.pick(CLIENTS),
    ...chance.pick(ports),
  };
}

async function target(chance: Chance): Promise<string> {
  if (chance.is(0.03)) return chance.pick(ODD_TARGETS);
  const path = latin1(chance.is(0.5) ? chance.pick(TARGETS.slice(0, 16)) : chance.pick(TARGETS));
  if (chance.is(0.6) || path.includes('?') || path.includes('#')) return path;
  if (chance.is(0.06))
    return `${path}?a=1&${chance.pick(['token', 'access_token'])}=${encodeURIComponent(await generateToken(chance))}&b=2`;
  return `${path}?${chance.pick(QUERIES)}`;
}

function corsHeaders(chance: Chance, method: string): Lines {
  const lines: Lines = [['Origin', chance.is(0.6) ? 'https://o.test' : chance.pick(ORIGINS)]];
  if (method === 'OPTIONS' ? chance.is(0.8) : chance.is(0.1))
    lines.push(['Access-Control-Request-Method', chance.pick(['GET', 'PUT', ''])]);
  if (chance.is(0.2)) lines.push(['Access-Control-Request-Headers', 'x-a, x-z']);
  return lines;
}

async function tokenHeaders(chance: Chance): Promise<Lines> {
  const token = await generateToken(chance);
  const lines: Lines = [];
  const place = chance.number(8);
  if (place < 5)
    lines.push([
      'Authorization',
      `${chance.is(0.92) ? 'Bearer ' : chance.pick(['bearer ', 'Bearer', 'Basic ', 'x Bearer ', 'Bearer  '])}${token}`,
    ]);
  if (place === 4 || place === 5) lines.push(['X-Token', `${chance.pick(['', 'Token '])}${token}`]);
  if (place === 6) lines.push(['cookie', `a=b; token=${token}; c=d`]);
  if (place === 7) lines.push(['Authorization', `Bearer ${token}`], ['X-Token', await generateToken(chance)]);
  if (chance.is(0.15)) lines.push([chance.pick(['x-payload', 'x-claim-sub', 'x-claim-group']), 'spoofed']);
  return lines;
}

function proxyHeaders(chance: Chance): Lines {
  const all: Lines = [
    [
      'x-forwarded-for',
      chance.pick(['192.0.2.4', '192.0.2.4, 203.0.113.9', 'garbage', '10.0.0.9', '2001:db8::9', '192.0.2.4:1234', '']),
    ],
    ['x-forwarded-proto', chance.pick(['https', 'http', 'ftp', 'HTTPS'])],
    ['x-request-id', chance.pick(['my-id', '8ace7cbd-f5d7-4c02-bfb7-68b5e1fc3821'])],
    ['x-envoy-internal', 'true'],
    ['x-envoy-upstream-rq-timeout-ms', '1000'],
    ['x-envoy-retry-on', '5xx'],
    ['x-envoy-original-path', '/spoofed'],
    ['x-envoy-external-address', '9.9.9.9'],
    ['x-envoy-attempt-count', '7'],
    ['x-envoy-decorator-operation', 'op'],
    ['x-forwarded-client-cert', 'By=spiffe://x;Hash=y'],
    ['x-forwarded-host', 'spoof.test'],
    ['connection', chance.pick(['keep-alive', 'close', 'x-hop'])],
    ['te', chance.pick(['trailers', 'gzip'])],
    ['keep-alive', 'timeout=5'],
    ['proxy-connection', 'keep-alive'],
    ['x-envoy-expected-rq-timeout-ms', '5'],
    ['forwarded', 'for=9.9.9.9'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['accept-encoding', 'gzip'],
    ['x-a', 'dup'],
  ];
  return all.filter(() => chance.is(0.12));
}

/** Requests are bytes: what is not ASCII goes as UTF-8. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
