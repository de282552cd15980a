import type { ForwardAction, RouteConfig } from '../../engine/config.ts';
import { destinationNode } from './destination-section.ts';
import { formatMs, formatShare } from './duration.ts';
import { ruleFieldOrigin } from './field-origin.ts';
import { headerNodes } from './header-nodes.ts';
import { type ExplainNode, node } from './node.ts';
import { stepsOf, type Told } from './told.ts';

/** What the rule that took the request does with it: fault, CORS, then its action. */
export function actionSection(told: Told): ExplainNode[] {
  const { route } = told.main;
  if (route === undefined) return httpsRedirect(told);
  const { action } = route;
  switch (action.kind) {
    case 'redirect': {
      const location = told.main.outcome.location ?? '';
      const origin = ruleFieldOrigin(told.mesh, route.origin, 'redirect');
      return [
        node('redirect', 'held', `${action.status} to ${location}`, { origin, actor: 'edge' }),
        ...headerNodes(told, 'response headers', route, route.responseHeaders),
      ];
    }
    case 'direct-response': {
      const origin = ruleFieldOrigin(told.mesh, route.origin, 'directResponse');
      const text = `${action.status}, answered by the edge itself`;
      return [
        node('direct-response', 'held', text, { origin, actor: 'edge' }),
        ...headerNodes(told, 'response headers', route, route.responseHeaders),
      ];
    }
    case 'forward':
      return [...faultNodes(told, route, action), ...corsNodes(told, route), ...forwardNodes(told, route, action)];
  }
}

function httpsRedirect({ main }: Told): ExplainNode[] {
  const { details, location = '' } = main.outcome;
  if (details !== 'https_redirect') return [];
  return [node('redirect', 'held', `301 to ${location}`, { actor: 'edge' })];
}

function faultNodes(told: Told, route: RouteConfig, { fault }: ForwardAction): ExplainNode[] {
  const nodes: ExplainNode[] = [];
  for (const { fault: kind, partsPerMillion } of stepsOf(told, 'fault')) {
    const share =
      partsPerMillion === 0 ? 'never: it names no percentage' : `for ${formatShare(partsPerMillion / 1e6)} of requests`;
    const what =
      kind === 'delay' ? `delay of ${formatMs(fault?.delay?.fixedMs ?? 0)}` : `abort with ${fault?.abort?.status ?? 0}`;
    const origin = ruleFieldOrigin(told.mesh, route.origin, 'fault', kind);
    nodes.push(
      node('fault', kind === 'abort' && partsPerMillion >= 1e6 ? 'refused' : 'told', `${what} ${share}`, {
        origin,
        actor: 'edge',
      }),
    );
  }
  return nodes;
}

const CORS_TEXT = {
  preflight: 'the preflight is answered here',
  headers: 'the origin is allowed: CORS headers go on the response',
  unmatched: 'nothing is added: no allowed origin is named',
} as const;

function corsNodes(told: Told, route: RouteConfig): ExplainNode[] {
  const origin = ruleFieldOrigin(told.mesh, route.origin, 'corsPolicy');
  return stepsOf(told, 'cors').map(({ outcome }) =>
    node('cors', 'told', CORS_TEXT[outcome], { origin, actor: 'edge' }),
  );
}

function forwardNodes(told: Told, route: RouteConfig, action: ForwardAction): ExplainNode[] {
  const steps = stepsOf(told, 'destination');
  if (steps.length === 0) return [];
  const destinations = steps.map((step, index) => destinationNode(told, step, action.destinations[index]));
  const nodes: ExplainNode[] =
    destinations.length === 1
      ? destinations
      : [
          node(
            'weights',
            'told',
            `by weight, rolled for each request: ${steps.map(({ share }) => formatShare(share)).join(', ')}`,
            {
              origin: ruleFieldOrigin(told.mesh, route.origin, 'route'),
              actor: 'edge',
              children: destinations,
            },
          ),
        ];
  for (const { from, to } of stepsOf(told, 'rewrite')) {
    const origin = ruleFieldOrigin(told.mesh, route.origin, 'rewrite');
    nodes.push(node('rewrite', 'told', `path ${from} becomes ${to}`, { origin, actor: 'edge' }));
  }
  const { authority } = told.main.outcome;
  if (authority !== undefined && authority !== told.facts.authority) {
    nodes.push(node('rewrite', 'told', `authority becomes ${authority}`, { origin: route.origin, actor: 'edge' }));
  }
  nodes.push(
    ...headerNodes(told, 'request headers', route, route.requestHeaders),
    ...headerNodes(told, 'response headers', route, route.responseHeaders),
  );
  if (action.timeoutMs > 0) {
    const origin = ruleFieldOrigin(told.mesh, route.origin, 'timeout');
    nodes.push(
      node('timeout', 'told', `timeout ${formatMs(action.timeoutMs)}, retries included`, { origin, actor: 'edge' }),
    );
  }
  nodes.push(retriesNode(told, route, action));
  for (const { cluster, partsPerMillion, origin } of action.mirrors ?? []) {
    const text = `mirrored to ${cluster} for ${formatShare(partsPerMillion / 1e6)} of requests`;
    nodes.push(node('mirror', 'told', text, { origin, actor: 'edge' }));
  }
  return nodes;
}

function retriesNode(told: Told, route: RouteConfig, { retries }: ForwardAction): ExplainNode {
  const origin = ruleFieldOrigin(told.mesh, route.origin, 'retries');
  if (retries === undefined) return node('retries', 'told', 'no retries', { origin, actor: 'cluster-gateway' });
  const perTry = retries.perTryTimeoutMs === undefined ? '' : `, ${formatMs(retries.perTryTimeoutMs)} each`;
  const codes = retries.statusCodes.length === 0 ? '' : ` (${retries.statusCodes.join(', ')})`;
  const byDefault = retries.isDefault === true ? " (Istio's default)" : '';
  const text = `up to ${retries.attempts} retries${byDefault}${perTry} on ${retries.retryOn.join(', ')}${codes}`;
  return node('retries', 'told', text, { origin, actor: 'cluster-gateway' });
}
