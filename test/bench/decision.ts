/**
 * What finding the rule costs beside Envoy's own routing, as one host's rules grow. The edge and Envoy answer themselves,
 * so that nothing but a request's way to its rule differs from row to row; the last rule is the one asked for.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { factsOf } from '../../src/control/simulate/request.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { decide } from '../../src/engine/decide.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { decisionMicros } from './decision-time.ts';
import { hasWrk } from './edge-processes.ts';
import { BENCH_ENVIRONMENT } from './engine-environment.ts';
import { median } from './median.ts';
import { compiled, GATEWAY } from './mesh.ts';
import { startEnvoy } from './peers/natives.ts';
import type { Scenario } from './peers/scenarios.ts';
import { startEdgeWorker } from './peers/workers.ts';
import { inRounds, loaded } from './rounds.ts';

const COUNTS = [10, 1_000, 10_000];
const HOST = 'shop.example.com';
const NOWHERE = 9;

export async function benchDecision(): Promise<void> {
  console.log('| rules | the decision alone, µs | edge: CPU µs a request | Envoy: CPU µs a request |');
  console.log('| --- | --- | --- | --- |');
  // The first time is the runtime's own.
  aloneMicros(scenarioOf(100));
  for (const count of COUNTS) {
    const scenario = scenarioOf(count);
    const [edge, envoy] = hasWrk() ? await cpuMicros(scenario) : [];
    const cells = [count.toLocaleString('en'), aloneMicros(scenario).toFixed(2), shown(edge), shown(envoy)];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function scenarioOf(count: number): Scenario {
  const gateway = compiled([GATEWAY, virtualService(count)]);
  return {
    name: `${count} rules`,
    gateway,
    host: HOST,
    path: `/rule-${count - 1}/item`,
    headers: [],
    plain: undefined,
  };
}

function virtualService(count: number): Fields {
  const http = Array.from({ length: count }, (_, rule) => ({
    match: [{ uri: { prefix: `/rule-${rule}/` } }],
    directResponse: { status: 200, body: { string: 'found' } },
  }));
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'rules', namespace: 'shop' },
    spec: { hosts: [HOST], gateways: ['gateway'], http },
  };
}

/** The engine by itself, in this process. */
function aloneMicros({ gateway, host, path }: Scenario): number {
  const serving = servingConfigOf(gateway);
  const facts = factsOf({ url: `http://${host}${path}` });
  const decision = decide(serving, facts, BENCH_ENVIRONMENT);
  if (decision instanceof Promise || decision.kind !== 'reply' || decision.status !== 200) {
    throw new Error('the rule is not found');
  }
  return decisionMicros(serving, facts);
}

async function cpuMicros(scenario: Scenario): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  const edge = await startEdgeWorker(folder, `http://127.0.0.1:${NOWHERE}`, scenario.gateway, { name: 'edge' });
  const envoy = await startEnvoy(scenario, NOWHERE);
  const both = envoy === undefined ? [edge] : [edge, envoy];
  try {
    const samples = await inRounds(both, (one) => loaded(one, scenario.path, [`Host: ${scenario.host}`]));
    return samples.map((list) => median(list.map((sample) => sample.cpuMicros)));
  } finally {
    await Promise.all(both.map((one) => one.stop()));
    rmSync(folder, { recursive: true });
  }
}

function shown(micros: number | undefined): string {
  return micros === undefined ? '–' : micros.toFixed(0);
}

if (import.meta.main) await benchDecision();
