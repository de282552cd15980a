import type {
  CertificateView,
  ClusterView,
  EdgeView,
  FlowView,
  PolicyView,
  ProxyView,
  RouteView,
  ServiceView,
  WorkloadView,
} from '../../control/console/wire.ts';
import { formatDate, formatDistance, formatMs, formatRate, formatShare } from '../format.ts';
import { serviceHref, workloadHref } from '../links.ts';
import type { Column } from '../parts/data-table.tsx';
import { Badge, LockMark, Place } from '../parts/marks.tsx';

/** Columns of the lists, one list a kind. */

export interface ServiceRow extends ServiceView {
  readonly flow: FlowView | undefined;
}

export const serviceColumns: readonly Column<ServiceRow>[] = [
  {
    title: 'Service',
    cell: ({ host, name, source }) => <a href={serviceHref(host)}>{source === 'kubernetes' ? name : host}</a>,
    sortBy: ({ name }) => name,
  },
  { title: 'Namespace', cell: ({ namespace }) => namespace, sortBy: ({ namespace }) => namespace },
  { title: 'Ports', cell: ({ ports }) => ports.map(({ number, protocol }) => `${number} ${protocol}`).join(', ') },
  {
    title: 'Workloads',
    isNumber: true,
    cell: ({ workloads }) => workloads.length,
    sortBy: ({ workloads }) => workloads.length,
  },
  {
    title: 'Requests',
    isNumber: true,
    cell: ({ flow }) => (flow === undefined ? '–' : formatRate(flow.requestsPerSecond)),
    sortBy: ({ flow }) => flow?.requestsPerSecond ?? 0,
  },
  {
    title: 'Errors',
    isNumber: true,
    cell: ({ flow }) => (flow === undefined ? '–' : formatShare(flow.errorShare)),
    sortBy: ({ flow }) => flow?.errorShare ?? 0,
  },
  {
    title: 'p95',
    isNumber: true,
    cell: ({ flow }) => formatMs(flow?.p95Ms),
    sortBy: ({ flow }) => flow?.p95Ms ?? 0,
  },
  {
    title: 'Mutual TLS',
    cell: ({ mutualTls, isExternal }) => (isExternal ? 'external' : <LockMark mode={mutualTls} />),
    sortBy: ({ mutualTls }) => mutualTls,
  },
];

export const workloadColumns: readonly Column<WorkloadView>[] = [
  { title: 'Workload', cell: ({ id, name }) => <a href={workloadHref(id)}>{name}</a>, sortBy: ({ name }) => name },
  { title: 'Namespace', cell: ({ namespace }) => namespace, sortBy: ({ namespace }) => namespace },
  { title: 'Version', cell: ({ version }) => version || '–', sortBy: ({ version }) => version },
  { title: 'Ready', cell: ({ isReady }) => (isReady ? 'yes' : <Badge text="not ready" look="ill" />) },
  { title: 'Mutual TLS', cell: ({ mutualTls }) => <LockMark mode={mutualTls} />, sortBy: ({ mutualTls }) => mutualTls },
  { title: 'Defined in', cell: ({ origin }) => <Place origin={origin} /> },
];

export const routeColumns: readonly Column<RouteView>[] = [
  {
    title: 'Hosts',
    cell: ({ hosts }) => (
      <span title={hosts.join(', ')}>
        {hosts[0]}
        {hosts.length > 1 ? ` +${hosts.length - 1}` : ''}
      </span>
    ),
    sortBy: ({ hosts }) => hosts[0] ?? '',
  },
  { title: 'Order', isNumber: true, cell: ({ position }) => position + 1, sortBy: ({ position }) => position },
  { title: 'Name', cell: ({ name }) => name || '–', sortBy: ({ name }) => name },
  {
    title: 'When',
    isWide: true,
    cell: ({ conditions }) => (conditions.length === 0 ? 'everything else' : conditions.join(' and ')),
  },
  {
    title: 'Then',
    isWide: true,
    cell: ({ destinations, action }) => <RouteAction destinations={destinations} action={action} />,
  },
  { title: 'Defined in', cell: ({ origin }) => <Place origin={origin} /> },
];

function RouteAction({ destinations, action }: Pick<RouteView, 'destinations' | 'action'>) {
  if (destinations.length === 0) return <>{action}</>;
  return (
    <span class="shares">
      {destinations.map(({ service, subset, share, state }) => (
        <span key={`${service} ${subset}`} class="share">
          {destinations.length > 1 && <b>{formatShare(share)} </b>}
          <a href={serviceHref(service)}>{service.split('.')[0]}</a>
          {subset !== '' && ` ${subset}`}
          {state !== 'ready' && <Badge text={state === 'missing' ? 'missing: 503' : 'no endpoints: 503'} look="bad" />}
        </span>
      ))}
    </span>
  );
}

export const policyColumns: readonly Column<PolicyView>[] = [
  { title: 'Policy', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { title: 'Namespace', cell: ({ namespace }) => namespace, sortBy: ({ namespace }) => namespace },
  { title: 'Kind', cell: ({ kind }) => kind, sortBy: ({ kind }) => kind },
  {
    title: 'Action',
    cell: ({ action }) => <Badge text={action} look={action === 'DENY' ? 'bad' : 'plain'} />,
    sortBy: ({ action }) => action,
  },
  {
    title: 'Enforced by',
    isWide: true,
    cell: ({ place, where }) =>
      place === 'nowhere' ? (
        <>
          <Badge text="nobody" look="bad" /> {where}
        </>
      ) : (
        where
      ),
    sortBy: ({ place }) => place,
  },
  { title: 'Defined in', cell: ({ origin }) => <Place origin={origin} /> },
];

const SOON_MS = 14 * 86_400_000;

export const certificateColumns: readonly Column<CertificateView>[] = [
  { title: 'Certificate', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { title: 'Use', cell: ({ use }) => USES[use], sortBy: ({ use }) => use },
  { title: 'For', isWide: true, cell: ({ names, problem }) => problem ?? (names.join(', ') || '–') },
  { title: 'Issued by', cell: ({ issuer }) => issuer || '–', sortBy: ({ issuer }) => issuer },
  {
    title: 'Ends',
    cell: ({ notBeforeMs, notAfterMs, problem }) =>
      problem === undefined ? <Ends notAfterMs={notAfterMs} soonMs={soonMsOf(notBeforeMs, notAfterMs)} /> : '–',
    sortBy: ({ notAfterMs }) => notAfterMs,
  },
  { title: 'Defined in', cell: ({ origin }) => (origin === undefined ? '–' : <Place origin={origin} />) },
];

const USES: Readonly<Record<CertificateView['use'], string>> = {
  gateway: 'gateway',
  'mesh-ca': 'authority of the mesh',
  workload: 'workload',
};

/** What lives for a day is renewed halfway: it is late only near its end. */
function soonMsOf(notBeforeMs: number, notAfterMs: number): number {
  return Math.min(SOON_MS, (notAfterMs - notBeforeMs) / 4);
}

function Ends({ notAfterMs, soonMs }: { readonly notAfterMs: number; readonly soonMs: number }) {
  const leftMs = notAfterMs - Date.now();
  const look = leftMs < 0 ? 'bad' : leftMs < soonMs ? 'ill' : 'plain';
  return (
    <span title={formatDate(notAfterMs)}>
      <Badge text={formatDistance(notAfterMs, Date.now())} look={look} />
    </span>
  );
}

export const edgeColumns: readonly Column<EdgeView>[] = [
  { title: 'Edge', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { title: 'Runs on', cell: ({ platform }) => platform },
  { title: 'Version', isNumber: true, cell: ({ version }) => version, sortBy: ({ version }) => version },
  { title: 'Address', isWide: true, cell: ({ url }) => url ?? '–' },
];

export const clusterColumns: readonly Column<ClusterView>[] = [
  { title: 'Cluster', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { title: 'Services', isNumber: true, cell: ({ services }) => services, sortBy: ({ services }) => services },
  { title: 'Workloads', isNumber: true, cell: ({ workloads }) => workloads, sortBy: ({ workloads }) => workloads },
  { title: 'Gateway', isWide: true, cell: ({ gateway }) => gateway ?? 'none is known here' },
];

export const proxyColumns: readonly Column<ProxyView>[] = [
  {
    title: 'Beside',
    cell: ({ id, workload }) => <Beside id={id} workload={workload} />,
    sortBy: ({ workload }) => workload,
  },
  {
    title: 'State',
    cell: ({ state }) => (
      <Badge text={state} look={state === 'rejected' ? 'bad' : state === 'pending' ? 'ill' : 'plain'} />
    ),
    sortBy: ({ state }) => state,
  },
  { title: 'Problem', isWide: true, cell: ({ problem }) => problem ?? '–' },
  { title: 'Id', cell: ({ id }) => <code>{id}</code> },
];

/** A gateway stands for itself, and has no page. */
function Beside({ id, workload }: Pick<ProxyView, 'id' | 'workload'>) {
  return id.startsWith('router~') ? <>{workload} (gateway)</> : <a href={workloadHref(workload)}>{workload}</a>;
}
