import type { RefusalView } from '../../control/console/wire.ts';
import { formatCount } from '../format.ts';
import { requestsHref, yamlHrefOf } from '../links.ts';
import { type Column, DataTable } from './data-table.tsx';
import { Code } from './marks.tsx';
import { Empty } from './notes.tsx';

const COLUMNS: readonly Column<RefusalView>[] = [
  { title: 'Answer', cell: ({ code }) => <Code code={code} />, sortBy: ({ code }) => code },
  {
    title: 'Reason',
    isWide: true,
    cell: ({ reason, flags }) => <>{reason || flags}</>,
    sortBy: ({ reason }) => reason,
  },
  {
    title: 'Decided by',
    cell: ({ origin }) => (origin === '' ? 'no object' : <a href={yamlHrefOf(origin)}>{origin}</a>),
    sortBy: ({ origin }) => origin,
  },
  {
    title: 'Requests',
    isNumber: true,
    cell: ({ requests, origin, service }) => (
      <a href={requestsHref({ minCode: 400, ...(origin === '' ? (service === '' ? {} : { service }) : { origin }) })}>
        {formatCount(requests)}
      </a>
    ),
    sortBy: ({ requests }) => requests,
  },
];

/** Errors by reason: each leads to the object that decided, and to the requests themselves. */
export function Refusals({ refusals }: { readonly refusals: readonly RefusalView[] }) {
  return (
    <DataTable
      isPlain
      label="Errors by reason"
      rows={refusals}
      columns={COLUMNS}
      keyOf={({ code, reason, origin, service }) => [code, reason, origin, service].join(' ')}
      textOf={({ reason }) => reason}
      empty={<Empty title="No request was refused or failed in this time" />}
    />
  );
}
