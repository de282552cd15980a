import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import type { EdgeFacts } from '../../src/edge/facts.ts';
import { upstreamHeaders } from '../../src/edge/request-headers.ts';
import type { SettingsConfig } from '../../src/engine/config.ts';
import { stripControlHeaders } from '../../src/engine/connection-headers.ts';
import { decide } from '../../src/engine/decide.ts';
import type { Decision } from '../../src/engine/decision.ts';
import type { Environment } from '../../src/engine/environment.ts';
import type { RequestFacts } from '../../src/engine/facts.ts';
import { renderReply } from '../../src/engine/render-reply.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import type { ResolvedGateway } from '../../src/mesh/model.ts';
import type { ParityRequest } from './mesh-case.ts';
import { grouped, type Observation } from './observation.ts';
import { sniOf } from './server-name.ts';

/** Rolls of the dice that between them take every share that the generated meshes have. */
const ROLLS = [0.001, 0.2, 0.4, 0.6, 0.8, 0.999];

/** Request ids that are made here look like this, so that they can be told from those that were sent. */
export const GENERATED_ID = '(generated)';

/** What the upstream of these tests answers with, before the edge's own header operations. */
const UPSTREAM_HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'application/json'],
  ['x-upstream', 'echo'],
];

/** The edge's decision core in this process, with the little that the worker around it does to headers. */
export class EdgeSide {
  readonly #serving: ServingConfig;

  constructor(gateway: ResolvedGateway) {
    this.#serving = servingConfigOf(gateway);
  }

  get settings(): SettingsConfig {
    return this.#serving.gateway.settings;
  }

  /** Everything that may come of the request; more than one only where chance decides. */
  async outcomes(request: ParityRequest): Promise<readonly Observation[]> {
    const found = new Map<string, Observation>();
    for (const roll of ROLLS) {
      const facts = factsOf(request, this.#serving.gateway.settings.numTrustedProxies);
      const decision = await decide(this.#serving, facts, environment(roll));
      const observation = observed(decision, facts, request, this.#serving);
      found.set(inspect(observation, { depth: null }), observation);
    }
    return [...found.values()];
  }
}

function observed(
  decision: Decision,
  facts: RequestFacts,
  request: ParityRequest,
  serving: ServingConfig,
): Observation {
  const { serverHeader } = serving.gateway.settings;
  if (decision.kind === 'reply') {
    const { status, headers, body } = renderReply(decision, facts);
    const responseHeaders = new Headers();
    for (const [name, value] of headers) responseHeaders.append(name, value);
    decision.mutateResponse?.(responseHeaders);
    responseHeaders.set('server', serverHeader);
    return {
      status,
      body: request.method === 'HEAD' || body === null ? '' : Buffer.from(body).toString('latin1'),
      responseHeaders: grouped(responseHeaders),
      forwarded: undefined,
    };
  }
  const requestHeaders = upstreamHeaders({ headers: sent(request) } as EdgeFacts, false);
  stripControlHeaders(requestHeaders, false);
  decision.mutateRequest(requestHeaders);
  const responseHeaders = new Headers(UPSTREAM_HEADERS.map(([name, value]): [string, string] => [name, value]));
  decision.mutateResponse?.(responseHeaders, 200);
  responseHeaders.set('server', serverHeader);
  return {
    status: 200,
    body: '',
    responseHeaders: grouped(responseHeaders),
    forwarded: {
      destination: decision.cluster.name,
      method: request.method,
      target: decision.target,
      authority: decision.authority,
      body: request.body ?? '',
      headers: grouped(requestHeaders),
    },
  };
}

function sent(request: ParityRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of request.headers) if (name.toLowerCase() !== 'host') headers.append(name, value);
  return headers;
}

/** As the edge worker takes them from its platform; the path as it was written. */
function factsOf(request: ParityRequest, trustedProxies: number): RequestFacts {
  const headers = new Map<string, string>();
  for (const [name, text] of request.headers) {
    const key = name.toLowerCase();
    const value = text.replace(/^[ \t]+|[ \t]+$/g, '');
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : before + (key === 'cookie' ? '; ' : ',') + value);
  }
  const { authority, target } = originForm(request.target, headers.get('host') ?? '');
  const withoutFragment = target.replace(/#.*/s, '');
  const question = withoutFragment.indexOf('?');
  const path = question === -1 ? withoutFragment : withoutFragment.slice(0, question);
  return {
    method: request.method,
    scheme: request.tls ? 'https' : 'http',
    authority,
    port: request.port,
    rawPath: path === '' ? '/' : path,
    query: question === -1 ? undefined : withoutFragment.slice(question + 1),
    header: (name) => headers.get(name) ?? null,
    peerAddress: request.client,
    clientAddress: clientBehind(trustedProxies, headers.get('x-forwarded-for'), request.client),
    sni: request.tls ? sniOf(request) : undefined,
    peer: undefined,
  };
}

/** RFC 9112 §3.2.2: the absolute form brings the authority along, whatever Host says. */
function originForm(target: string, host: string): { authority: string; target: string } {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  if (absolute === null) return { authority: host, target };
  const [, authority = '', rest = ''] = absolute;
  return { authority, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** The address that many trusted proxies before the last. */
function clientBehind(proxies: number, forwardedFor: string | undefined, peer: string): string {
  if (proxies === 0 || !forwardedFor) return peer;
  const all = forwardedFor.split(',').map((text) => text.trim());
  const named = all.at(-proxies) ?? '';
  // An address with a port is none; the platform of an edge names addresses only.
  return isIP(named) === 0 ? peer : named;
}

function environment(roll: number): Environment {
  return {
    nowMs: () => Date.now(),
    random: () => roll,
    newRequestId: () => GENERATED_ID,
    authorizeExternally: async () => ({ kind: 'error', why: 'no external authorizer is asked here' }),
    refetchJwks: async () => undefined,
  };
}
