import type { LiveExplanation } from '../../edge/explain/live-explanation.ts';
import type { RouteConfig } from '../../engine/config.ts';
import { mainOutcome } from '../../engine/explained-outcome.ts';
import { secretHider } from '../../engine/secrets/secret-hider.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { TraceStep } from '../../engine/trace.ts';
import { factsOf, type RequestDescription } from '../simulate/request.ts';
import { tell } from './explain.ts';
import type { Explanation } from './node.ts';

/** The tree of what a live edge has told; `description` is what it was asked. */
export function explainLive(answer: LiveExplanation, description: RequestDescription): Explanation {
  const { request, outcomes, external } = answer;
  const serving = servingOf(answer);
  const asked = { ...description, url: request.url, gatewayPort: request.port };
  const steps = answer.steps.map((step) => withConfig(step, answer));
  const outcome = outcomes[mainOutcome(outcomes)];
  if (outcome === undefined) throw new RangeError('the edge tells no outcome');
  const told = {
    facts: { ...factsOf(asked), scheme: request.scheme === 'https' ? ('https' as const) : ('http' as const) },
    main: { outcome, steps, route: routeOf(steps) },
    serving,
    hosts: [],
    mesh: undefined,
    findings: [],
    external: external.map((provider) => ({ provider, verdict: 'allow' })),
  };
  return tell(told, outcomes, request.url, secretHider(serving.gateway, asked));
}

/** The part of the edge's configuration that came with the answer. */
function servingOf({ version, listeners, domains, clusters }: LiveExplanation): ServingConfig {
  const settings = {
    pathNormalization: 'BASE',
    trustDomain: '',
    numTrustedProxies: 0,
    serverHeader: '',
    identity: '',
  } as const;
  return {
    version,
    gateway: { listeners, settings, policies: {} },
    domain: (name) => (Object.hasOwn(domains, name) ? domains[name] : undefined),
    cluster: (name) => (Object.hasOwn(clusters, name) ? clusters[name] : undefined),
  };
}

function withConfig(step: TraceStep, { steps, domains }: LiveExplanation): TraceStep {
  if (step.stage !== 'route' || !step.matched) return step;
  const server = steps.find(({ stage }) => stage === 'server');
  const host = steps.find(({ stage }) => stage === 'host');
  const table = server?.stage === 'server' ? server.table : undefined;
  const domain = host?.stage === 'host' ? host.domain : undefined;
  const config = domains[domain ?? '']?.virtualHosts[table ?? '']?.routes[step.index];
  return config === undefined ? step : { ...step, config };
}

function routeOf(steps: readonly TraceStep[]): RouteConfig | undefined {
  for (const step of steps) if (step.stage === 'route' && step.config !== undefined) return step.config;
  return undefined;
}
