import type { RequestView } from '../../control/console/wire.ts';
import { formatMs, formatTime } from '../format.ts';
import { explainHref, requestsHref } from '../links.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Code, Place } from '../parts/marks.tsx';
import { Empty, WhenLoaded } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { withQuery } from '../state/api.ts';
import { state, trafficBeat } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { query, setQuery } from '../state/location.ts';

const COLUMNS: readonly Column<RequestView>[] = [
  { title: 'Time', isNarrow: true, cell: ({ timeMs }) => formatTime(timeMs), sortBy: ({ timeMs }) => timeMs },
  { title: 'Answer', isNarrow: true, cell: ({ code }) => <Code code={code} />, sortBy: ({ code }) => code },
  { title: 'At', isShort: true, cell: placeOf, sortBy: placeOf },
  {
    title: 'Request',
    isWide: true,
    cell: ({ method, url, requestId }) => (
      <a href={requestsHref({ requestId })} title="All that edge, gateway and sidecars tell of this request">
        {method} {url.replace(/^https?:\/\//, '')}
      </a>
    ),
  },
  { title: 'Why', isWide: true, cell: ({ details, why, code }) => (code >= 400 || code === 0 ? (why ?? details) : '') },
  { title: 'Rule', isShort: true, cell: ({ origin }) => (origin === undefined ? '–' : <Place origin={origin} />) },
  {
    title: 'To',
    isNarrow: true,
    cell: ({ service }) => service.split('.')[0] || '–',
    sortBy: ({ service }) => service,
  },
  {
    title: 'Took',
    isNumber: true,
    isNarrow: true,
    cell: ({ durationMs }) => formatMs(durationMs),
    sortBy: ({ durationMs }) => durationMs,
  },
  { title: 'Region', isNarrow: true, cell: ({ region }) => region || '–', sortBy: ({ region }) => region },
  {
    title: 'Ask',
    isNarrow: true,
    cell: ({ reporter, method, url }) =>
      reporter === 'edge' ? (
        <a href={explainHref({ method, url })} aria-label={`Explain ${method} ${url}`}>
          Explain
        </a>
      ) : (
        ''
      ),
  },
];

/** What is the same for all of them is left out: room is for the rest. */
function columnsFor(requests: readonly RequestView[]): readonly Column<RequestView>[] {
  const hasRegions = requests.some(({ region }) => region !== '');
  const hasPlaces = new Set(requests.map(placeOf)).size > 1;
  return COLUMNS.filter(({ title }) => (title !== 'Region' || hasRegions) && (title !== 'At' || hasPlaces));
}

/** `edge`, `edge FRA`, `reviews-v1 in`. */
function placeOf({ reporter, instance }: RequestView): string {
  if (reporter !== 'edge') return instance;
  return instance === '' || instance === 'unknown' || instance === 'local' ? 'edge' : `edge ${instance}`;
}

/** The last requests; each leads to the rule that decided, and to the playground. */
export function RequestsView() {
  const { service, origin, minCode, requestId, at } = Object.fromEntries(query.value);
  const isOne = requestId !== undefined;
  const isPaused = query.value.get('live') === 'off';
  const path = withQuery('/api/requests', {
    service,
    origin,
    minCode,
    requestId,
    reporter: isOne || at === 'all' ? undefined : 'edge',
  });
  const loaded = useLoaded<readonly RequestView[]>(path, isPaused ? 0 : trafficBeat.value);
  const filters = [
    service,
    origin,
    minCode === undefined ? undefined : `answers from ${minCode} on`,
    isOne ? `everything that is told of request ${requestId}, in the order in which it began` : undefined,
  ].filter(Boolean);
  return (
    <Page
      title="Requests"
      lead={
        filters.length === 0
          ? 'The newest first, kept in memory only: without headers, queries and bodies.'
          : filters.join(' · ')
      }
      actions={
        <>
          <label class="field">
            Told by
            <select
              value={isOne ? 'all' : (at ?? '')}
              disabled={isOne}
              onChange={(event) => setQuery({ at: event.currentTarget.value })}
            >
              <option value="">the edge</option>
              <option value="all">edge, gateway and sidecars</option>
            </select>
          </label>
          <label class="field">
            Answers
            <select value={minCode ?? ''} onChange={(event) => setQuery({ minCode: event.currentTarget.value })}>
              <option value="">all</option>
              <option value="400">from 400 on</option>
              <option value="500">from 500 on</option>
            </select>
          </label>
          <button
            type="button"
            aria-pressed={isPaused}
            onClick={() => setQuery({ live: isPaused ? undefined : 'off' })}
          >
            {isPaused ? 'Go on' : 'Pause'}
          </button>
          {filters.length > 0 && (
            <a class="button" href="/requests">
              All requests
            </a>
          )}
        </>
      }
    >
      <WhenLoaded loaded={loaded}>
        {(requests) => (
          <DataTable
            label="Requests"
            rows={isOne ? requests.toSorted((a, b) => a.timeMs - b.timeMs) : requests}
            columns={columnsFor(requests)}
            keyOf={({ requestId: id, reporter, instance, timeMs, url }) =>
              [id, reporter, instance, timeMs, url].join(' ')
            }
            textOf={({ method, url, code, details, why, requestId: id, traceId, instance }) =>
              [method, url, code, details, why, id, traceId, instance].join(' ')
            }
            empty={
              <Empty title="No such request yet">
                <p>
                  {state.value?.edgeUrl === undefined
                    ? 'Requests show up here while an edge serves.'
                    : `Send one to ${state.value.edgeUrl}, and it is here within seconds.`}
                </p>
              </Empty>
            }
          />
        )}
      </WhenLoaded>
    </Page>
  );
}
