import { expect, it } from 'vitest';
import { explain } from '../../src/control/explain/explain.ts';
import { collectProbes } from '../../src/control/simulate/diff/collect-probes.ts';
import { toRequest } from '../../src/control/simulate/diff/draft.ts';
import { certainEnvironment } from '../../src/control/simulate/environment.ts';
import type { RequestDescription } from '../../src/control/simulate/request.ts';
import { seededRandom } from '../../src/control/simulate/seeded-random.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { simulate } from '../../src/control/simulate/simulate.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { caseTokens } from '../case-tokens.ts';
import { goldenCase, goldenFolders } from './golden-cases.ts';

const PER_CASE = 25;
const NOW_MS = Date.UTC(2026, 0, 1);
const env = certainEnvironment({ nowMs: NOW_MS });

/** Whatever the dice say, what happens is one of the outcomes that were told, and shares add up. */
it.each(goldenFolders)('%s', async (folder) => {
  const { mesh } = goldenCase(folder);
  const serving = servingConfigOf(mesh.edge);
  const input = { serving, hosts: [...mesh.edge.domains.keys()], mesh };
  const random = seededRandom(folder.length);
  for (const request of await someRequests(mesh.edge, random)) {
    const explanation = await explain(input, request, env);
    const outcome = await simulate(serving, request, { ...env, random });
    const told = explanation.outcomes.map(({ status, destination, details, delayMs = 0 }) => {
      return `${status} ${destination} ${details} ${delayMs}`;
    });
    expect(told).toContain(`${outcome.status} ${outcome.destination} ${outcome.details} ${outcome.delayMs}`);
    expect(explanation.outcomes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    // Every answer of a rule says which rule, and every text is there.
    expect(explanation.stages.length).toBeGreaterThan(0);
    expect(JSON.stringify(explanation)).not.toMatch(/undefined|eyJ/);
    expect(await explain(input, request, env)).toEqual(explanation);
  }
});

async function someRequests(edge: SnapshotInput, random: () => number): Promise<RequestDescription[]> {
  const none: SnapshotInput = {
    config: { ...edge.config, listeners: [], policies: {} },
    domains: new Map(),
    clusters: new Map(),
  };
  const drafts = collectProbes(edge, none);
  const chosen = Array.from(
    { length: Math.min(PER_CASE, drafts.length) },
    () => drafts[Math.floor(random() * drafts.length)],
  );
  const requests: RequestDescription[] = [];
  for (const draft of chosen) {
    if (draft === undefined) continue;
    const request = await toRequest(draft, caseTokens.sign);
    requests.push(random() < 0.2 ? { ...request, method: 'POST', url: `${request.url}/%2e%2e/x` } : request);
  }
  return requests;
}
