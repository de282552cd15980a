import type { ServiceDetail } from '../../control/console/wire.ts';
import { plural } from '../format.ts';
import { requestsHref } from '../links.ts';
import { DataTable } from '../parts/data-table.tsx';
import { DescribedTree } from '../parts/described-tree.tsx';
import { FlowFacts, Outcomes } from '../parts/flow-facts.tsx';
import { LockMark, Place } from '../parts/marks.tsx';
import { Empty, Waiting, WhenLoaded } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Refusals } from '../parts/refusals.tsx';
import { TrafficCharts } from '../parts/traffic-charts.tsx';
import { mesh, seconds, servicesByHost, traffic, workloadsById } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { flowsByService } from './list-views.tsx';
import { routeColumns, workloadColumns } from './lists.tsx';
import { NotFoundView } from './not-found-view.tsx';

export function ServiceView({ host }: { readonly host: string }) {
  const known = mesh.value;
  const service = servicesByHost.value.get(host);
  const detail = useLoaded<ServiceDetail>(`/api/services/${encodeURIComponent(host)}`, known?.revision ?? 0);
  if (known === undefined) return <Waiting />;
  if (service === undefined) return <NotFoundView what={`service ${host}`} />;
  const flow = flowsByService(traffic.value).get(host);
  const routes = known.routes.filter(({ destinations }) => destinations.some((one) => one.service === host));
  const workloads = service.workloads.flatMap((id) => workloadsById.value.get(id) ?? []);
  return (
    <Page
      title={service.name}
      lead={
        <>
          {host} · <Place origin={service.origin} /> · <LockMark mode={service.mutualTls} />
        </>
      }
      actions={
        <a class="button" href={requestsHref({ service: host })}>
          Requests
        </a>
      }
    >
      <FlowFacts flow={flow} />
      <Outcomes flow={flow} />
      <Section title="Traffic">
        <TrafficCharts service={host} seconds={Math.max(300, seconds.value)} />
      </Section>
      <Section title="Errors by reason">
        <Refusals refusals={(traffic.value?.refusals ?? []).filter((refusal) => refusal.service === host)} />
      </Section>
      <Section title={plural(routes.length, 'route leads here', 'routes lead here')}>
        <DataTable
          isPlain
          label="Routes that lead here"
          rows={routes}
          columns={routeColumns}
          keyOf={({ id }) => id}
          textOf={({ id }) => id}
          empty={<Empty title="No rule of the edge leads here: only callers inside of the mesh reach it" />}
        />
      </Section>
      <Section title="Workloads">
        <DataTable
          isPlain
          label="Workloads of the service"
          rows={workloads}
          columns={workloadColumns}
          keyOf={({ id }) => id}
          textOf={({ id }) => id}
          empty={<Empty title="No workload has the labels of its selector" />}
        />
      </Section>
      <Section title="All that is said of it">
        <WhenLoaded loaded={detail}>{({ described }) => <DescribedTree lines={described} />}</WhenLoaded>
      </Section>
    </Page>
  );
}
