import type { SeriesView, VersionView } from '../../control/console/wire.ts';
import { formatMs, formatRate, formatTime } from '../format.ts';
import { withQuery } from '../state/api.ts';
import { state, trafficBeat } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { Chart, type ChartMark } from './chart.tsx';
import { WhenLoaded } from './notes.tsx';

interface Props {
  /** Fully qualified; undefined: the whole edge. */
  readonly service: string | undefined;
  readonly seconds: number;
}

/** Rate, errors and latency over time, with the versions that were published in it. */
export function TrafficCharts({ service, seconds }: Props) {
  const step = Math.max(1000, Math.round((seconds * 1000) / 180 / 1000) * 1000);
  const loaded = useLoaded<SeriesView>(withQuery('/api/series', { service, seconds, step }), trafficBeat.value);
  const versions = useLoaded<readonly VersionView[]>('/api/versions', state.value?.version ?? 0);
  const marks: readonly ChartMark[] =
    versions.kind === 'loaded'
      ? versions.value.map(({ version, createdAtMs }) => ({ timeMs: createdAtMs, label: `v${version}` }))
      : [];
  return (
    <WhenLoaded loaded={loaded}>
      {(series) => (
        <div class="charts">
          <figure>
            <figcaption>Requests and errors per second</figcaption>
            <Chart
              label={summaryOf('Requests per second', series.requestsPerSecond, formatRate)}
              timesMs={series.timesMs}
              marks={marks}
              format={formatRate}
              least={1}
              series={[
                { label: 'requests', colour: '--chart-a', values: series.requestsPerSecond, isFilled: true },
                { label: 'errors', colour: '--chart-bad', values: series.errorsPerSecond, isFilled: true },
              ]}
            />
          </figure>
          <figure>
            <figcaption>Latency</figcaption>
            <Chart
              label={summaryOf('Latency, 95th percentile', series.p95Ms, formatMs)}
              timesMs={series.timesMs}
              marks={marks}
              format={formatMs}
              least={10}
              series={[
                { label: 'p50', colour: '--chart-a', values: series.p50Ms },
                { label: 'p95', colour: '--chart-b', values: series.p95Ms },
              ]}
            />
          </figure>
          <SeriesTable series={series} marks={marks} />
        </div>
      )}
    </WhenLoaded>
  );
}

function summaryOf(name: string, values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${name}: no requests in this time`;
  return `${name}: now ${format(known.at(-1) ?? 0)}, at most ${format(Math.max(...known))}`;
}

const MAX_ROWS = 30;

/** The charts for whoever does not see them. */
function SeriesTable({ series, marks }: { readonly series: SeriesView; readonly marks: readonly ChartMark[] }) {
  const every = Math.max(1, Math.ceil(series.timesMs.length / MAX_ROWS));
  const rows = series.timesMs.flatMap((timeMs, index) => (index % every === 0 ? [{ timeMs, index }] : []));
  return (
    <details class="alternative">
      <summary>The same as a table</summary>
      <table aria-label="Traffic over time">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="number">
              Requests
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col">Configuration</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ timeMs, index }) => (
            <tr key={timeMs}>
              <th scope="row">{formatTime(timeMs)}</th>
              <td class="number">{formatRate(series.requestsPerSecond[index] ?? 0)}</td>
              <td class="number">{formatRate(series.errorsPerSecond[index] ?? 0)}</td>
              <td class="number">{formatMs(series.p50Ms[index] ?? undefined)}</td>
              <td class="number">{formatMs(series.p95Ms[index] ?? undefined)}</td>
              <td>
                {marks
                  .filter((mark) => mark.timeMs >= timeMs && mark.timeMs < timeMs + series.stepMs * every)
                  .map(({ label }) => label)
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
