import { ALLOWED_DIFFERENCES } from './allowed-differences.ts';
import { comparable } from './comparable.ts';
import type { EdgeSide } from './edge-side.ts';
import type { EnvoySide } from './envoy-side.ts';
import type { ParityRequest } from './mesh-case.ts';
import { type Difference, differences, type Observation, type OtherSide } from './observation.ts';
import type { WorkerSide } from './worker-side.ts';

/** The engine is compared in this process, where its dice can be thrown; the other two roll their own. */
export interface Sides {
  readonly envoy: EnvoySide;
  /** Undefined: the worker around the engine is left out. */
  readonly worker: WorkerSide | undefined;
}

/** What Envoy, and the worker in workerd, make of a request otherwise than the engine; empty when all agree. */
export async function runCase(engine: EdgeSide, sides: Sides, request: ParityRequest): Promise<Difference[]> {
  const ours = await engine.outcomes(request);
  const compare = (observation: Observation, side: OtherSide): Difference[] =>
    leastDifferences(ours, comparable(observation, request), request, side, engine);
  const [envoy, worker] = await Promise.all([sides.envoy.send(request), sides.worker?.send(request)]);
  return [...compare(envoy, 'Envoy'), ...(worker === undefined ? [] : compare(worker, 'workerd'))];
}

/** Against the outcome that went the same way, where chance has several. */
function leastDifferences(
  ours: readonly Observation[],
  theirs: Observation,
  request: ParityRequest,
  side: OtherSide,
  { settings }: EdgeSide,
): Difference[] {
  const isSameWay = ({ status, forwarded }: Observation): boolean =>
    status === theirs.status && forwarded?.destination === theirs.forwarded?.destination;
  let least: Difference[] | undefined;
  for (const outcome of ours.some(isSameWay) ? ours.filter(isSameWay) : ours) {
    const found = differences(comparable(outcome, request), theirs, side).filter(
      (difference) =>
        !ALLOWED_DIFFERENCES.some(
          (allowed) => allowed.sides.includes(side) && allowed.covers(difference, request, settings),
        ),
    );
    if (least === undefined || found.length < least.length) least = found;
  }
  return least ?? [];
}
