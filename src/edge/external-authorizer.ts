import type { ExternalCheck, ExternalVerdict } from '../engine/environment.ts';
import type { ExternalAuthorizerConfig } from '../engine/policy-config.ts';
import type { ServingConfig } from '../engine/serving.ts';
import { prepareStringMatcher } from '../engine/string-match.ts';
import type { StringMatcher } from '../engine/values.ts';
import { peekBody } from './body-peek.ts';
import type { EdgeParts } from './edge-parts.ts';
import { EdgeFacts } from './facts.ts';
import type { RequestContext } from './runtime.ts';
import { send } from './send.ts';

type HeaderList = readonly (readonly [string, string])[];

/** What Envoy's HTTP authorization client always tells, beside method, path and host. */
const ALWAYS_INCLUDED = ['authorization'] as const;
/** What it always hands to a denied client. */
const ALWAYS_ON_DENY: ReadonlySet<string> = new Set(['www-authenticate', 'location', 'proxy-authenticate']);
const MAX_DENY_BODY_CHARS = 64 * 1024;

/** Asks the authorizer of a CUSTOM policy over the same links as everything else. Resolves, never rejects. */
export async function externalAuthorizer(
  edge: EdgeParts,
  check: ExternalCheck,
  serving: ServingConfig,
  context: RequestContext,
): Promise<ExternalVerdict> {
  const { provider, facts } = check;
  const cluster = serving.cluster(provider.cluster);
  const upstream = cluster === undefined ? undefined : edge.links.upstreamsOf(cluster, edge.random)[0];
  if (cluster === undefined || upstream === undefined || cluster.state !== 'ready') {
    return { kind: 'error', why: `its service ${provider.cluster} cannot be reached` };
  }
  try {
    const body = await peekBody(facts, provider.includeRequestBody);
    if (body === 'too-large') return { kind: 'deny', status: 413, body: 'Payload Too Large', headers: [] };
    const headers = checkHeaders(provider, facts);
    if (body?.isPartial) headers.set('x-envoy-auth-partial-body', 'true');
    const response = await send(
      {
        method: facts.method,
        headers,
        body: body === undefined || facts.method === 'GET' || facts.method === 'HEAD' ? null : body.bytes,
        target: provider.pathPrefix + check.target,
        claims: {
          dst: cluster.name,
          auth: facts.authority,
          ip: facts.clientAddress,
          sub: undefined,
          retry: undefined,
          timeoutMs: 0,
        },
        signal: AbortSignal.timeout(provider.timeoutMs),
      },
      upstream,
      edge.passes,
      context,
    );
    return await verdictOf(response, provider);
  } catch (error) {
    return { kind: 'error', why: error instanceof Error ? error.message : String(error) };
  }
}

function checkHeaders(provider: ExternalAuthorizerConfig, facts: ExternalCheck['facts']): Headers {
  const headers = new Headers();
  for (const name of ALWAYS_INCLUDED) {
    const value = facts.header(name);
    if (value !== null) headers.set(name, value);
  }
  if (provider.includeRequestHeaders.length > 0 && facts instanceof EdgeFacts) {
    const isIncluded = nameMatcher(provider.includeRequestHeaders);
    for (const [name, value] of facts.headers) if (isIncluded(name)) headers.set(name, value);
  }
  for (const { name, value } of provider.includeAdditionalHeaders) headers.set(name, value);
  headers.set('x-forwarded-for', facts.clientAddress);
  return headers;
}

async function verdictOf(response: Response, provider: ExternalAuthorizerConfig): Promise<ExternalVerdict> {
  if (response.status >= 500) {
    await response.body?.cancel();
    return { kind: 'error', why: `it answered ${response.status}` };
  }
  if (response.status === 200) {
    await response.body?.cancel();
    return {
      kind: 'allow',
      headersToUpstream: pick(response.headers, provider.headersToUpstreamOnAllow),
      headersToDownstream: pick(response.headers, provider.headersToDownstreamOnAllow),
    };
  }
  const body = (await response.text()).slice(0, MAX_DENY_BODY_CHARS);
  const { headersToDownstreamOnDeny: wanted } = provider;
  const isWanted = nameMatcher(wanted);
  // Without a list all of the authorizer's headers go to the client.
  const headers = [...response.headers].filter(
    ([name]) => !isConnectionHeader(name) && (wanted.length === 0 || ALWAYS_ON_DENY.has(name) || isWanted(name)),
  );
  return { kind: 'deny', status: response.status, body, headers };
}

function pick(headers: Headers, wanted: readonly StringMatcher[]): HeaderList {
  if (wanted.length === 0) return [];
  const isWanted = nameMatcher(wanted);
  return [...headers].filter(([name]) => isWanted(name));
}

function nameMatcher(matchers: readonly StringMatcher[]): (name: string) => boolean {
  const tests = matchers.map((matcher) => prepareStringMatcher(matcher, { ignoreCase: true }).test);
  return (name) => tests.some((test) => test(name));
}

function isConnectionHeader(name: string): boolean {
  return name === 'connection' || name === 'content-length' || name === 'transfer-encoding' || name === 'keep-alive';
}
