import type { Observation } from '../engine/authorize/verdict.ts';

/** Names are those of rules in the mesh's own YAML, so there are not many; a bound is a bound. */
const MAX_COUNTERS = 10_000;

export interface PolicyCounter {
  readonly action: Observation['action'];
  readonly dryRun: boolean;
  /** Envoy's name of the rule; `none`: requests that no rule of these policies matched. */
  readonly rule: string;
  readonly requests: number;
}

/** What policies that are only watched (AUDIT, dry run) would have said, counted in this isolate. */
export class PolicyCounters {
  readonly #counts = new Map<string, { observation: Observation; requests: number }>();

  add(observed: readonly Observation[]): void {
    for (const observation of observed) {
      const id = `${observation.action}|${observation.rule}`;
      const counter = this.#counts.get(id);
      if (counter !== undefined) counter.requests++;
      else if (this.#counts.size < MAX_COUNTERS) this.#counts.set(id, { observation, requests: 1 });
    }
  }

  list(): PolicyCounter[] {
    return [...this.#counts.values()].map(({ observation: { action, dryRun, rule }, requests }) => ({
      action,
      dryRun,
      rule,
      requests,
    }));
  }
}
