import type { VersionView } from '../../control/console/wire.ts';
import { formatTime, plural } from '../format.ts';
import { Empty, WhenLoaded } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { TrafficCharts } from '../parts/traffic-charts.tsx';
import { withQuery } from '../state/api.ts';
import { state } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { query, setQuery } from '../state/location.ts';

const SPANS = [
  [300, '5 minutes'],
  [900, '15 minutes'],
] as const;

/** What changed when, on the same axis as what happened. */
export function TimelineView() {
  const seconds = SPANS.find(([span]) => String(span) === query.value.get('seconds'))?.[0] ?? 900;
  const loaded = useLoaded<readonly VersionView[]>('/api/versions', state.value?.version ?? 0);
  return (
    <Page
      title="Timeline"
      lead="Traffic of the edge, with a mark where a version was published: did the change do it?"
      actions={
        <label class="field">
          Last
          <select value={String(seconds)} onChange={(event) => setQuery({ seconds: event.currentTarget.value })}>
            {SPANS.map(([span, text]) => (
              <option key={span} value={String(span)}>
                {text}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <TrafficCharts service={undefined} seconds={seconds} />
      <Section title="Changes">
        <WhenLoaded loaded={loaded}>{(versions) => <Changes versions={versions} />}</WhenLoaded>
      </Section>
    </Page>
  );
}

function Changes({ versions }: { readonly versions: readonly VersionView[] }) {
  if (versions.length === 0) return <Empty title="Nothing was published from here" />;
  return (
    <ol class="timeline">
      {versions.map(({ version, createdAtMs, note, syncer, summary }, index) => {
        const before = versions[index + 1]?.version;
        return (
          <li key={version}>
            <time dateTime={new Date(createdAtMs).toISOString()}>{formatTime(createdAtMs)}</time>
            <span>
              {before === undefined ? (
                `Version ${version}`
              ) : (
                <a href={withQuery('/versions', { before, after: version })}>Version {version}</a>
              )}
              <span class="soft">
                {' '}
                {note ?? ''} by {syncer}: {plural(summary.routes, 'route')},{' '}
                {plural(summary.policies, 'policy', 'policies')}
              </span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
