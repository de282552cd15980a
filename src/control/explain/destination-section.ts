import type { ClusterConfig, Destination } from '../../engine/config.ts';
import { formatShare } from './duration.ts';
import { headerNodes } from './header-nodes.ts';
import { at, type ExplainNode, node } from './node.ts';
import type { StepOf, Told } from './told.ts';

/** One destination with its share and whether anything is behind it. */
export function destinationNode(
  told: Told,
  { cluster: name, share, origin }: StepOf<'destination'>,
  destination: Destination | undefined,
): ExplainNode {
  const prefix = share === 1 ? '' : `${formatShare(share)} `;
  if (destination?.status !== undefined) {
    return node('destination', 'refused', `${prefix}answered with ${destination.status}: its backend is not valid`, {
      origin,
    });
  }
  const cluster = told.serving.cluster(name);
  const state = stateOf(cluster, name);
  const children = [
    ...(cluster === undefined || cluster.state === 'missing' ? [] : [upstreamNode(cluster)]),
    ...headerNodes(told, 'request headers of this destination', { origin }, destination?.requestHeaders),
    ...headerNodes(told, 'response headers of this destination', { origin }, destination?.responseHeaders),
  ];
  return node('destination', state.isReady ? 'held' : 'refused', `${prefix}${name}: ${state.text}`, {
    origin,
    actor: 'edge',
    ...(children.length === 0 ? {} : { children }),
  });
}

function stateOf(cluster: ClusterConfig | undefined, name: string): { text: string; isReady: boolean } {
  const [, port, subset] = name.split('|');
  if (cluster === undefined || cluster.state === 'missing') {
    const what = subset
      ? `no such service, port ${port} or subset ${subset}`
      : `no such service, or it has no port ${port}`;
    return { text: `missing (${what}): 503`, isReady: false };
  }
  if (cluster.state === 'empty') return { text: 'no endpoint: 503 no healthy upstream', isReady: false };
  return { text: 'ready', isReady: true };
}

function upstreamNode({ upstream, origin }: ClusterConfig): ExplainNode {
  switch (upstream.kind) {
    case 'link':
      return node('upstream', 'told', `through the cluster gateway of ${upstream.clusters.join(', ')}`, {
        ...at(origin),
        actor: 'cluster-gateway',
      });
    case 'origin':
      return node('upstream', 'told', `the edge calls ${upstream.urls.join(', ')} itself`, {
        ...at(origin),
        actor: 'edge',
      });
    case 'binding':
      return node('upstream', 'told', `through the worker's service binding ${upstream.name}`, {
        ...at(origin),
        actor: 'edge',
      });
  }
}
