import { formatMs, formatRate, formatShare, plural } from '../format.ts';
import { Fact } from '../parts/flow-facts.tsx';
import { Empty, Waiting } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Refusals } from '../parts/refusals.tsx';
import { TrafficCharts } from '../parts/traffic-charts.tsx';
import { mesh, seconds, state, traffic } from '../state/live.ts';
import { FindingsTable } from './findings-view.tsx';

/** Is all well? */
export function OverviewView() {
  const known = mesh.value;
  const seen = traffic.value;
  if (known === undefined) return <Waiting />;
  const count = (level: string): number => known.findings.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count('Error'), count('Warning')];
  const total = seen?.total;
  return (
    <Page
      title="Overview"
      lead={`${plural(known.services.length, 'service')}, ${plural(known.routes.length, 'route')}, ${plural(known.policies.length, 'policy', 'policies')} from ${state.value?.source ?? ''}`}
    >
      <dl class="tiles">
        <Fact name="Requests" value={formatRate(total?.requestsPerSecond ?? 0)} />
        <Fact
          name="Errors"
          value={formatShare(total?.errorShare ?? 0)}
          look={(total?.errorShare ?? 0) >= 0.01 ? 'bad' : 'plain'}
        />
        <Fact name="Latency p95" value={formatMs(total?.p95Ms)} />
        <Fact name="Version served" value={String(state.value?.version ?? '–')} />
        <Fact
          name="Findings"
          value={errors + warnings === 0 ? 'none' : `${errors} / ${warnings}`}
          look={errors > 0 ? 'bad' : warnings > 0 ? 'ill' : 'plain'}
        />
      </dl>
      <Section title="Traffic">
        <TrafficCharts service={undefined} seconds={Math.max(300, seconds.value)} />
      </Section>
      <Section title="Errors by reason">
        <Refusals refusals={seen?.refusals ?? []} />
      </Section>
      <Section title="Findings">
        {errors + warnings === 0 ? (
          <Empty title="Nothing to mend: no errors and no warnings in the configuration" />
        ) : (
          <FindingsTable findings={known.findings.filter(({ level }) => level !== 'Info').slice(0, 10)} isPlain />
        )}
      </Section>
    </Page>
  );
}
