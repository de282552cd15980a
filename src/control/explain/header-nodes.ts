import type { HeaderMutations, RouteConfig } from '../../engine/config.ts';
import { ruleFieldOrigin } from './field-origin.ts';
import { type ExplainNode, node } from './node.ts';
import type { Told } from './told.ts';

/** What is set, added and removed; values of credentials are nobody's business. */
export function headerNodes(
  told: Told,
  what: string,
  { origin }: Pick<RouteConfig, 'origin'>,
  mutations: HeaderMutations | undefined,
): ExplainNode[] {
  if (mutations === undefined || mutations.remove.length + mutations.apply.length === 0) return [];
  const parts = [
    ...mutations.remove.map((name) => `remove ${name}`),
    ...mutations.apply.map(({ name, value, append }) => {
      const shown = /^(authorization|proxy-authorization|cookie|set-cookie)$/i.test(name)
        ? '(hidden)'
        : JSON.stringify(value);
      return `${append ? 'add' : 'set'} ${name}: ${shown}`;
    }),
  ];
  return [
    node('headers', 'told', `${what}: ${parts.join('; ')}`, {
      origin: ruleFieldOrigin(told.mesh, origin, 'headers'),
      actor: 'edge',
    }),
  ];
}
