import type { ConfigOrigin } from '../../engine/values.ts';
import type { ExplainNode, Explanation } from './node.ts';

/** The same explanation with file and line where the configuration itself does not carry them. */
export function withOrigins(
  explanation: Explanation,
  locate: ((origin: ConfigOrigin) => ConfigOrigin) | undefined,
): Explanation {
  if (locate === undefined) return explanation;
  const located = <T extends { readonly origin?: ConfigOrigin }>(value: T): T =>
    value.origin === undefined ? value : { ...value, origin: locate(value.origin) };
  const inNode = (one: ExplainNode): ExplainNode => ({
    ...located(one),
    ...(one.children === undefined ? {} : { children: one.children.map(inNode) }),
  });
  return { ...explanation, outcomes: explanation.outcomes.map(located), stages: explanation.stages.map(inNode) };
}
