import { ALLOWED_DIFFERENCES } from './allowed-differences.ts';
import { comparable } from './comparable.ts';
import type { EdgeSide } from './edge-side.ts';
import type { EnvoySide } from './envoy-side.ts';
import type { ParityRequest } from './mesh-case.ts';
import { type Difference, differences, type Observation } from './observation.ts';

/** What the two sides make of a request differently; empty when they agree. */
export async function runCase(edge: EdgeSide, envoy: EnvoySide, request: ParityRequest): Promise<Difference[]> {
  const theirs = comparable(await envoy.send(request), request);
  const ours = await edge.outcomes(request);
  const isSameWay = ({ status, forwarded }: Observation): boolean =>
    status === theirs.status && forwarded?.destination === theirs.forwarded?.destination;
  let least: Difference[] | undefined;
  for (const outcome of ours.some(isSameWay) ? ours.filter(isSameWay) : ours) {
    const found = differences(comparable(outcome, request), theirs).filter(
      (difference) => !ALLOWED_DIFFERENCES.some(({ covers }) => covers(difference, request, edge.settings)),
    );
    if (least === undefined || found.length < least.length) least = found;
  }
  return least ?? [];
}
