/**
 * The decision core: a configuration and the facts of a request go in, a decision comes out. The stages run in the
 * order of Envoy's filters in an Istio gateway: server, external authorizer, tokens, policies, route, fault, CORS,
 * action. Nothing is awaited before it has to be.
 */
import { act, editOfRefusal } from './act.ts';
import { denied, NOTHING_OBSERVED, type PolicyDeny } from './authorize/verdict.ts';
import type { Decision, LocalReply } from './decision.ts';
import type { Environment, ExternalVerdict } from './environment.ts';
import { hostOfAuthority, type RequestFacts } from './facts.ts';
import type { TokenOutcome } from './jwt/verifier.ts';
import { localReply, routeNotFound } from './local-reply.ts';
import { isKnownMethod } from './methods.ts';
import { isUnnormalizable, normalizePath } from './normalize-path.ts';
import { type Policies, preparedPolicies } from './policies.ts';
import { withoutQueryParams } from './query.ts';
import { httpsLocation } from './redirect.ts';
import { loadRegexEngine, regexEngineLoaded } from './regex/re2.ts';
import { EngineRequest } from './request.ts';
import type { PreparedRoute } from './route.ts';
import type { Run } from './run.ts';
import { chooseServer, type ServerChoice } from './server.ts';
import type { ServingConfig } from './serving.ts';
import type { Tracer } from './trace.ts';
import { type VirtualHost, virtualHost } from './virtual-host.ts';

export function decide(
  serving: ServingConfig,
  facts: RequestFacts,
  env: Environment,
  tracer?: Tracer,
): Decision | Promise<Decision> {
  const server = chooseServer(serving, facts);
  if (tracer !== undefined) traceServer(tracer, server, facts);
  if (server.table === undefined) return routeNotFound(`no server takes port ${facts.port}`);
  const scope = serving.gateway.policies[server.table.policies];
  if (scope === undefined) return policyDenial(UNKNOWN_POLICIES, undefined);
  const policies = preparedPolicies(scope);
  const host = server.virtualHost === undefined ? undefined : virtualHost(server.virtualHost);
  if ((policies.needsRegexEngine || host?.needsRegexEngine === true) && !regexEngineLoaded()) {
    return loadRegexEngine().then(() => authorizeExternally(serving, policies, host, facts, env, tracer));
  }
  return authorizeExternally(serving, policies, host, facts, env, tracer);
}

function authorizeExternally(
  serving: ServingConfig,
  policies: Policies,
  host: VirtualHost | undefined,
  facts: RequestFacts,
  env: Environment,
  tracer: Tracer | undefined,
): Decision | Promise<Decision> {
  const { pathNormalization } = serving.gateway.settings;
  if (!isKnownMethod(facts.method))
    return badRequest('http1.codec_error', `unknown method ${facts.method}`, 'Bad Request');
  if (isUnnormalizable(facts.rawPath, pathNormalization)) {
    return badRequest('path_normalization_failed', 'the path has an encoded NUL');
  }
  const path = normalizePath(facts.rawPath, pathNormalization);
  if (path !== facts.rawPath) tracer?.step({ stage: 'path', from: facts.rawPath, to: path });
  const request = new EngineRequest(facts, path, env.newRequestId);
  env.understood?.(request);
  const run: Run = {
    serving,
    env,
    tracer,
    request,
    observed: NOTHING_OBSERVED,
    editRequest: undefined,
    editResponse: undefined,
  };
  const custom = policies.authorizer.custom(request, tracer);
  switch (custom.kind) {
    case 'none':
      return authenticate(run, policies, host);
    case 'deny':
      return policyDenial(custom, editOfRefusal(run, routeOfRefused(run, host)));
    case 'ask':
      return env
        .authorizeExternally({ provider: custom.provider, facts, target: request.target })
        .then((verdict) => afterExternal(run, policies, host, verdict, custom.provider));
  }
}

function afterExternal(
  run: Run,
  policies: Policies,
  host: VirtualHost | undefined,
  verdict: ExternalVerdict,
  provider: { readonly failOpen: boolean; readonly statusOnError: number; readonly name: string },
): Decision | Promise<Decision> {
  switch (verdict.kind) {
    case 'deny':
      return localReply({ ...verdict, kind: 'reply', details: 'ext_authz_denied', flag: 'UAEX' });
    case 'error':
      if (provider.failOpen) return authenticate(run, policies, host);
      return localReply({
        status: provider.statusOnError,
        details: 'ext_authz_error',
        flag: 'UAEX',
        why: `external authorizer ${provider.name}: ${verdict.why}`,
      });
    case 'allow': {
      const { headersToUpstream, headersToDownstream } = verdict;
      if (headersToUpstream.length > 0) {
        const values = new Map(headersToUpstream.map(([name, value]) => [name.toLowerCase(), value]));
        overrideHeaders(run.request, (name) => values.get(name));
        run.editRequest = (headers) => {
          for (const [name, value] of headersToUpstream) headers.set(name, value);
        };
      }
      if (headersToDownstream.length > 0) {
        run.editResponse = (headers) => {
          for (const [name, value] of headersToDownstream) headers.append(name, value);
        };
      }
      return authenticate(run, policies, host);
    }
  }
}

function authenticate(run: Run, policies: Policies, host: VirtualHost | undefined): Decision | Promise<Decision> {
  const { request, env, tracer } = run;
  if (policies.tokens === undefined) return authorize(run, policies, host);
  const outcome = policies.tokens.verify(request, env, tracer);
  return outcome instanceof Promise
    ? outcome.then((settled) => afterTokens(run, policies, host, settled))
    : afterTokens(run, policies, host, outcome);
}

function afterTokens(
  run: Run,
  policies: Policies,
  host: VirtualHost | undefined,
  outcome: TokenOutcome,
): Decision | Promise<Decision> {
  const { request } = run;
  if (outcome.kind === 'reject') {
    return localReply({
      ...outcome,
      kind: 'reply',
      mutateResponse: editOfRefusal(run, routeOfRefused(run, host)),
    });
  }
  request.token = outcome.token;
  if (outcome.override !== undefined) overrideHeaders(request, outcome.override);
  if (outcome.removeQueryParams.length > 0 && request.query !== undefined) {
    const query = withoutQueryParams(request.query, outcome.removeQueryParams);
    request.query = query === '' ? undefined : query;
  }
  const byTokens = outcome.mutateRequest;
  if (byTokens !== undefined) {
    const byAuthorizer = run.editRequest;
    run.editRequest = (headers) => {
      byAuthorizer?.(headers);
      byTokens(headers);
    };
  }
  return authorize(run, policies, host);
}

function authorize(run: Run, policies: Policies, host: VirtualHost | undefined): Decision | Promise<Decision> {
  const { request, tracer } = run;
  const verdict = policies.authorizer.check(request, tracer);
  run.observed = verdict.observed;
  if (verdict.kind === 'deny') return policyDenial(verdict, editOfRefusal(run, routeOfRefused(run, host)));
  if (host === undefined) {
    return routeNotFound(`no route serves host ${hostOfAuthority(request.facts.authority)}`);
  }
  if (host.config.httpsRedirect && request.facts.scheme === 'http') {
    return localReply({ status: 301, details: 'https_redirect', headers: [['location', httpsLocation(request)]] });
  }
  const route = host.select(request, tracer);
  if (route === undefined) return routeNotFound(`no rule of host ${host.config.name} matches`);
  return act(run, route);
}

/** Stages behind this one see the header so; what earlier stages said stands where this one says nothing. */
function overrideHeaders(request: EngineRequest, override: (name: string) => string | null | undefined): void {
  const before = request.headerOverride;
  request.headerOverride =
    before === undefined
      ? override
      : (name) => {
          const value = override(name);
          return value === undefined ? before(name) : value;
        };
}

/** A configuration that does not say which policies hold is refused, never taken as having none. */
const UNKNOWN_POLICIES = denied('none', 'the configuration names policies that it does not carry', undefined);

/** The route that a refused request would have taken. */
function routeOfRefused({ request }: Run, host: VirtualHost | undefined): PreparedRoute | undefined {
  if (host === undefined || (host.config.httpsRedirect && request.facts.scheme === 'http')) return undefined;
  return host.select(request, undefined);
}

function badRequest(details: string, why: string, body = ''): LocalReply {
  return localReply({ status: 400, body, details, why });
}

function policyDenial(denial: PolicyDeny, mutateResponse: LocalReply['mutateResponse']): LocalReply {
  const { status, body, details, why, origin, observed } = denial;
  return localReply({ status, body, details, why, origin, observed, mutateResponse });
}

function traceServer(tracer: Tracer, server: ServerChoice, facts: RequestFacts): void {
  const { table } = server;
  tracer.step({
    stage: 'server',
    port: facts.port,
    table: table?.name,
    ...(table === undefined ? {} : { origin: table.origin }),
  });
  tracer.step({
    stage: 'host',
    host: hostOfAuthority(facts.authority),
    domain: server.domain,
    httpsRedirect: server.virtualHost?.httpsRedirect ?? false,
  });
}
