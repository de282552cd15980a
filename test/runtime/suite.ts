import { describe } from 'vitest';
import { describeBodies } from './bodies.ts';
import { describeConfiguration } from './configuration.ts';
import { describeExplanations } from './explanations.ts';
import { describePolicies } from './policies.ts';
import { describeRouting } from './routing.ts';
import type { Runtime } from './support/runtime.ts';
import { stageIn } from './support/stage.ts';
import { describeUpstreams } from './upstreams.ts';

/** What the edge does in every runtime, written once. */
export function describeEdgeIn(runtime: Runtime): void {
  describe(`in ${runtime.name}`, () => {
    const stage = stageIn(runtime);
    describeRouting(stage);
    describePolicies(stage);
    describeBodies(stage);
    describeUpstreams(stage);
    describeExplanations(stage);
    describeConfiguration(runtime);
  });
}
