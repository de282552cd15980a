import type { FlowView } from '../../control/console/wire.ts';
import { formatCount, formatMs, formatRate, formatShare } from '../format.ts';
import { Code } from './marks.tsx';

export function FlowFacts({ flow }: { readonly flow: FlowView | undefined }) {
  return (
    <dl class="facts">
      <Fact name="Requests" value={formatRate(flow?.requestsPerSecond ?? 0)} />
      <Fact
        name="Errors"
        value={formatShare(flow?.errorShare ?? 0)}
        look={(flow?.errorShare ?? 0) > 0 ? 'bad' : 'plain'}
      />
      <Fact name="p50" value={formatMs(flow?.p50Ms)} />
      <Fact name="p95" value={formatMs(flow?.p95Ms)} />
      <Fact name="p99" value={formatMs(flow?.p99Ms)} />
    </dl>
  );
}

export function Fact({
  name,
  value,
  look = 'plain',
}: {
  readonly name: string;
  readonly value: string;
  readonly look?: string;
}) {
  return (
    <div class={`fact fact-${look}`}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const FLAGS: Readonly<Record<string, string>> = {
  UF: 'connection failed',
  UH: 'no healthy upstream',
  NC: 'no such destination',
  NR: 'no route',
  UT: 'upstream timed out',
  UC: 'connection ended',
  FI: 'fault: aborted',
  DI: 'fault: delayed',
  UAEX: 'refused by policy',
  DC: 'client left',
  RL: 'rate limited',
  UO: 'overflow',
};

/** Answers by code and Envoy's flags. */
export function Outcomes({ flow }: { readonly flow: FlowView | undefined }) {
  if (flow === undefined || flow.outcomes.length === 0) return null;
  return (
    <ul class="outcomes" aria-label="Answers">
      {flow.outcomes.map(({ code, flags, requests }) => (
        <li key={`${code} ${flags}`}>
          <Code code={code} />
          <span class="outcome-why">{flags === '-' ? '' : `${flags} ${FLAGS[flags] ?? ''}`}</span>
          <span class="outcome-count">{formatCount(requests)}</span>
        </li>
      ))}
    </ul>
  );
}
