import type { DomainConfig } from '../../engine/config.ts';
import { explainedOutcome, mainOutcome } from '../../engine/explained-outcome.ts';
import { ASSUMED_ALLOWED, type PossibleDecision, possibleDecisions } from '../../engine/possible-decisions.ts';
import { secretHider } from '../../engine/secrets/secret-hider.ts';
import { chooseServer } from '../../engine/server.ts';
import { candidateDomains, type ServingConfig } from '../../engine/serving.ts';
import type { TraceStep } from '../../engine/trace.ts';
import type { LoadedSnapshot } from '../../snapshot/loaded.ts';
import { arrive } from '../arrival.ts';
import type { EdgeParts } from '../edge-parts.ts';
import { EdgeFacts } from '../facts.ts';
import { type AskedRequest, LIVE_FORMAT, type LiveExplanation } from './live-explanation.ts';
import { presentable } from './presentable.ts';

/** The facts of a request that nobody sent, as this platform would show them. Throws where it could show none. */
export function factsOfAsked({ method = 'GET', url, headers = {}, from = '127.0.0.1' }: AskedRequest): EdgeFacts {
  const parsed = new URL(url);
  if (!/^https?:$/.test(parsed.protocol)) throw new TypeError(`${parsed.protocol} is neither http: nor https:`);
  parsed.hash = '';
  const list = new Headers();
  for (const [name, values] of Object.entries(headers)) for (const value of [values].flat()) list.append(name, value);
  const request = new Request(parsed.href, { method, headers: list });
  return new EdgeFacts(request, { url: parsed.href, clientAddress: from });
}

/** What would become of the request here and now; nothing is sent anywhere. */
export async function explainRequest(
  { settings, reader, jwks, nowMs }: EdgeParts,
  serving: LoadedSnapshot,
  asked: AskedRequest,
  facts: EdgeFacts,
): Promise<LiveExplanation> {
  const { gatewayPort } = asked;
  arrive(facts, gatewayPort === undefined ? settings.arrival : { kind: 'port', port: gatewayPort }, serving);
  const external = new Set<string>();
  const possible = await possibleDecisions(serving, facts, {
    nowMs,
    newRequestId: () => crypto.randomUUID(),
    authorizeExternally: async ({ provider }) => {
      external.add(provider.name);
      return ASSUMED_ALLOWED;
    },
    refetchJwks: (uri) => jwks.refetch(uri),
  });
  const outcomes = possible.map((one) => explainedOutcome(one, facts));
  const account: LiveExplanation = {
    format: LIVE_FORMAT,
    version: serving.version,
    snapshotHash: serving.info.hash,
    request: { method: facts.method, url: asked.url, port: facts.port, scheme: facts.scheme },
    steps: (possible[mainOutcome(outcomes)]?.steps ?? []).map(withoutConfig),
    outcomes,
    clusters: clustersOf(serving, possible),
    listeners: serving.gateway.listeners,
    domains: domainsOf(serving, facts),
    external: [...external],
  };
  return presentable(account, secretHider(serving.gateway, asked), (origin) => reader.locate(origin));
}

/** The rule stands among those of its domain. */
function withoutConfig(step: TraceStep): TraceStep {
  if (step.stage !== 'route') return step;
  const { config: _, ...rest } = step;
  return rest;
}

function clustersOf(serving: ServingConfig, possible: readonly PossibleDecision[]): LiveExplanation['clusters'] {
  const names = possible.flatMap(({ decision, steps }) => [
    ...steps.flatMap((step) => (step.stage === 'destination' ? [step.cluster] : [])),
    ...(decision.kind === 'forward' ? decision.mirrors.map(({ cluster }) => cluster) : []),
  ]);
  const clusters = [...new Set(names)].map((name) => [name, serving.cluster(name)] as const);
  return Object.fromEntries(clusters.flatMap(([name, cluster]) => (cluster === undefined ? [] : [[name, cluster]])));
}

function domainsOf(serving: ServingConfig, facts: EdgeFacts): LiveExplanation['domains'] {
  const table = chooseServer(serving, facts).table?.name ?? '';
  const served = candidateDomains(facts.host).flatMap((name): [string, DomainConfig][] => {
    const virtualHost = serving.domain(name)?.virtualHosts[table];
    return virtualHost === undefined ? [] : [[name, { domain: name, virtualHosts: { [table]: virtualHost } }]];
  });
  return Object.fromEntries(served);
}
