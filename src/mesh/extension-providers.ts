import type { ExternalAuthorizerConfig, PolicyScope } from '../engine/policy-config.ts';
import type { StringMatcher } from '../engine/values.ts';
import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { AuthorizationPolicy } from '../resources/kinds.ts';
import { valueMatcher } from './authorization.ts';
import type { ClusterResolver } from './destinations.ts';
import type { MeshSettings } from './model.ts';

/** Policies with the authorizers that they may name, called as this workload reaches them. */
export function withAuthorizers(
  { jwt, authorization }: PolicyScope,
  settings: MeshSettings,
  clusters: Pick<ClusterResolver, 'resolve'>,
): PolicyScope {
  return { jwt, authorization: { ...authorization, providers: externalAuthorizers(settings, clusters) } };
}

/**
 * External authorizers of the mesh configuration that speak HTTP. One that speaks only gRPC is left out: a worker
 * cannot, and a CUSTOM policy whose provider is unknown denies (ISTIO.md 1.10).
 */
function externalAuthorizers(
  { meshConfig, rootNamespace }: MeshSettings,
  clusters: Pick<ClusterResolver, 'resolve'>,
): Readonly<Record<string, ExternalAuthorizerConfig>> {
  const providers: Record<string, ExternalAuthorizerConfig> = {};
  for (const { name, envoyExtAuthzHttp: http } of meshConfig.extensionProviders ?? []) {
    if (http === undefined) continue;
    const { namespace, host } = serviceOf(http.service, rootNamespace);
    const body = http.includeRequestBodyInCheck;
    providers[name] = {
      name,
      cluster: clusters.resolve({ host, port: { number: http.port } }, namespace, http.port),
      pathPrefix: http.pathPrefix ?? '',
      timeoutMs: http.timeout ?? DEFAULT_TIMEOUT_MS,
      failOpen: http.failOpen === true,
      statusOnError: Number(http.statusOnError ?? 403),
      includeRequestHeaders: matchers(http.includeRequestHeadersInCheck ?? http.includeHeadersInCheck),
      includeAdditionalHeaders: Object.entries(http.includeAdditionalHeadersInCheck ?? {}).map(([header, value]) => ({
        name: header,
        value,
      })),
      ...(body === undefined
        ? {}
        : {
            includeRequestBody: {
              maxBytes: body.maxRequestBytes ?? 0,
              allowPartial: body.allowPartialMessage === true,
            },
          }),
      headersToUpstreamOnAllow: matchers(http.headersToUpstreamOnAllow),
      headersToDownstreamOnDeny: matchers(http.headersToDownstreamOnDeny),
      headersToDownstreamOnAllow: matchers(http.headersToDownstreamOnAllow),
    };
  }
  return providers;
}

const DEFAULT_TIMEOUT_MS = 600_000;

/** CUSTOM policies of this gateway whose provider speaks only gRPC. */
export function grpcAuthorizerFindings(
  { meshConfig }: MeshSettings,
  policies: readonly AuthorizationPolicy[],
): Finding[] {
  const grpcOnly = new Set(
    (meshConfig.extensionProviders ?? [])
      .filter((provider) => provider.envoyExtAuthzHttp === undefined && provider.envoyExtAuthzGrpc !== undefined)
      .map(({ name }) => name),
  );
  return policies
    .filter(({ spec }) => spec.action === 'CUSTOM' && grpcOnly.has(spec.provider?.name ?? ''))
    .map((policy) =>
      finding(messages.NotExecutableAtEdge, policy.originOf(['spec', 'provider']), {
        what: `Asking the gRPC authorizer ${policy.spec.provider?.name ?? ''}`,
        why: 'a worker speaks no HTTP/2 to an origin, so that what this policy matches is denied',
        where: 'at the classic Envoy gateway, or at the edge with an HTTP authorizer',
      }),
    );
}

/** `namespace/host` or `host`. */
function serviceOf(service: string, rootNamespace: string): { namespace: string; host: string } {
  const slash = service.indexOf('/');
  return slash === -1
    ? { namespace: rootNamespace, host: service }
    : { namespace: service.slice(0, slash), host: service.slice(slash + 1) };
}

/** Header names, compared without case. */
function matchers(names: readonly string[] | undefined): StringMatcher[] {
  return (names ?? []).map((name) => valueMatcher(name.toLowerCase()));
}
