import type { ResolvedGateway } from '../../src/mesh/model.ts';
import { Chance } from './chance.ts';
import { EdgeSide } from './edge-side.ts';
import { generateMesh } from './generate-mesh.ts';
import { generateRequest } from './generate-request.ts';
import { compiled, type MeshObjects, type ParityCase, type ParityRequest } from './mesh-case.ts';
import type { Difference } from './observation.ts';
import { runCase, type Sides } from './run-case.ts';

export interface Disagreement extends ParityCase {
  readonly seed: number;
  readonly differences: readonly Difference[];
}

export interface MeshRun {
  readonly cases: number;
  readonly disagreements: readonly Disagreement[];
}

const AT_ONCE = 8;

/** One mesh and that many requests, all from one seed. */
export async function runMesh(seed: number, requests: number, sides: Sides): Promise<MeshRun> {
  const chance = new Chance(seed);
  const mesh = generateMesh(chance);
  const { gateway } = compiled(mesh);
  const rejected = await loaded(gateway, sides);
  if (rejected.length > 0) {
    return { cases: 0, disagreements: [rejection(seed, mesh, rejected)] };
  }
  const edge = new EdgeSide(gateway);
  const ports = gateway.config.listeners.map(({ port, tls }) => ({ port, tls }));
  const disagreements: Disagreement[] = [];
  const waiting: ParityRequest[] = [];
  for (let i = 0; i < requests; i++) waiting.push(await generateRequest(chance, ports));
  const work = async (): Promise<void> => {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
      const differences = await runCase(edge, sides, request).catch((error: unknown) => [failure(error)]);
      if (differences.length > 0) disagreements.push({ seed, mesh, request, differences });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { cases: requests, disagreements };
}

/** Both sides, freshly set up, for one case. */
export async function rerun({ mesh, request }: ParityCase, sides: Sides): Promise<readonly Difference[]> {
  const { gateway } = compiled(mesh);
  if (!gateway.config.listeners.some(({ port, tls }) => port === request.port && tls === request.tls)) return [];
  const rejected = await loaded(gateway, sides);
  if (rejected.length > 0) return [rejectedDifference(rejected)];
  return runCase(new EdgeSide(gateway), sides, request).catch((error: unknown) => [failure(error)]);
}

/** With what Envoy rejected. */
async function loaded(gateway: ResolvedGateway, { envoy, worker }: Sides): Promise<readonly string[]> {
  const [rejected] = await Promise.all([envoy.load(gateway), worker?.load(gateway)]);
  return rejected;
}

const NO_REQUEST: ParityRequest = {
  method: 'GET',
  target: '/',
  headers: [],
  client: '198.51.100.7',
  port: 80,
  tls: false,
};

function rejection(seed: number, mesh: MeshObjects, rejected: readonly string[]): Disagreement {
  return { seed, mesh, request: NO_REQUEST, differences: [rejectedDifference(rejected)] };
}

function rejectedDifference(rejected: readonly string[]): Difference {
  return { what: 'configuration', side: 'Envoy', engine: 'accepted', other: rejected.join('; ') };
}

function failure(error: unknown): Difference {
  return { what: 'failure', side: 'Envoy', engine: '', other: error instanceof Error ? error.message : String(error) };
}
