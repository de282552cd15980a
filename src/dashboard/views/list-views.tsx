import { useMemo } from 'preact/hooks';
import type { FlowView, TrafficView } from '../../control/console/wire.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Empty, Waiting } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { mesh, traffic } from '../state/live.ts';
import {
  certificateColumns,
  clusterColumns,
  edgeColumns,
  policyColumns,
  proxyColumns,
  routeColumns,
  serviceColumns,
  workloadColumns,
} from './lists.tsx';

export function ServicesView() {
  const known = mesh.value;
  const seen = traffic.value;
  const rows = useMemo(() => {
    const flows = flowsByService(seen);
    return (known?.services ?? []).map((service) => ({ ...service, flow: flows.get(service.host) }));
  }, [known, seen]);
  if (known === undefined) return <Waiting />;
  return (
    <Page title="Services">
      <DataTable
        label="Services"
        rows={rows}
        columns={serviceColumns}
        keyOf={({ host, namespace }) => `${namespace} ${host}`}
        textOf={({ host, namespace }) => `${host} ${namespace}`}
        empty={
          <Empty title="No services yet">
            <p>
              Services come from Kubernetes Services and from ServiceEntries. Add one to the folder, and it is here.
            </p>
          </Empty>
        }
      />
    </Page>
  );
}

/** Busiest caller's figures with everybody's rate: durations of several callers cannot be added. */
export function flowsByService(seen: TrafficView | undefined): ReadonlyMap<string, FlowView> {
  const flows = new Map<string, FlowView>();
  for (const flow of seen?.flows ?? []) {
    const { service } = flow.destination;
    // What a gateway sends on, the edge has told of already.
    if (service === '' || flow.reporter === 'destination' || flow.source.kind === 'gateway') continue;
    const before = flows.get(service);
    if (before === undefined) {
      flows.set(service, flow);
      continue;
    }
    const requestsPerSecond = before.requestsPerSecond + flow.requestsPerSecond;
    const errors = before.errorShare * before.requestsPerSecond + flow.errorShare * flow.requestsPerSecond;
    const slower = (before.p95Ms ?? 0) >= (flow.p95Ms ?? 0) ? before : flow;
    flows.set(service, { ...slower, requestsPerSecond, errorShare: errors / Math.max(requestsPerSecond, 1e-9) });
  }
  return flows;
}

export function WorkloadsView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page title="Workloads" lead="What runs: pods, or the templates that stand for them in a folder.">
      <DataTable
        label="Workloads"
        rows={known.workloads}
        columns={workloadColumns}
        keyOf={({ id }) => id}
        textOf={({ id, version }) => `${id} ${version}`}
        empty={
          <Empty title="No workloads yet">
            <p>A Deployment, a StatefulSet, a DaemonSet or a WorkloadEntry in the folder makes one.</p>
          </Empty>
        }
      />
    </Page>
  );
}

export function RoutesView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page
      title="Routes"
      lead="Every rule of the edge, in the order in which they are tried. The first that fits takes the request."
    >
      <DataTable
        label="Routes"
        rows={known.routes}
        columns={routeColumns}
        keyOf={({ id }) => id}
        textOf={({ hosts, name, conditions, action }) => `${hosts.join(' ')} ${name} ${conditions.join(' ')} ${action}`}
        empty={
          <Empty title="The edge serves no route">
            <p>
              A route needs a Gateway whose selector is <code>istio: ingressgateway</code>, and a VirtualService or an
              HTTPRoute that names it. Findings say where one of them misses.
            </p>
          </Empty>
        }
      />
    </Page>
  );
}

export function PoliciesView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page title="Policies" lead="Who may do what, and who sees to it: the edge, a sidecar, both, or nobody.">
      <DataTable
        label="Policies"
        rows={known.policies}
        columns={policyColumns}
        keyOf={({ id }) => id}
        textOf={({ id, action, where }) => `${id} ${action} ${where}`}
        empty={
          <Empty title="No policies: everybody may call everything">
            <p>
              An AuthorizationPolicy says who may call what, a RequestAuthentication whose tokens count, a
              PeerAuthentication whether plaintext is taken.
            </p>
          </Empty>
        }
      />
    </Page>
  );
}

export function CertificatesView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page
      title="Certificates"
      lead="Those of workloads live for hours and renew themselves; a colour says that one is late. Keys are never shown."
    >
      <DataTable
        label="Certificates"
        rows={known.certificates}
        columns={certificateColumns}
        keyOf={({ use, name }) => `${use} ${name}`}
        textOf={({ name, names, issuer }) => `${name} ${names.join(' ')} ${issuer}`}
        empty={
          <Empty title="No certificates here">
            <p>
              Certificates of gateways come from Secrets that <code>credentialName</code> names. Those of workloads come
              from the mesh&apos;s own authority, once sidecars run: <code>foresail up --sidecars required</code>.
            </p>
          </Empty>
        }
      />
    </Page>
  );
}

export function EdgesView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page title="Edges" lead="Where requests arrive, and the version of the configuration that each serves.">
      <DataTable
        label="Edges"
        rows={known.edges}
        columns={edgeColumns}
        keyOf={({ name }) => name}
        textOf={({ name, platform }) => `${name} ${platform}`}
        empty={
          <Empty title="No edge is known here">
            <p>
              <code>foresail up</code> runs one on this machine; others show up with their first request.
            </p>
          </Empty>
        }
      />
    </Page>
  );
}

export function ClustersView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page title="Clusters" lead="Where services run, and the proxies that are fed there.">
      <DataTable
        label="Clusters"
        rows={known.clusters}
        columns={clusterColumns}
        keyOf={({ name }) => name}
        textOf={({ name }) => name}
        empty={<Empty title="No cluster is known here" />}
      />
      <Section title="Proxies">
        <DataTable
          isPlain
          label="Proxies"
          rows={known.proxies}
          columns={proxyColumns}
          keyOf={({ id }) => id}
          textOf={({ id }) => id}
          empty={
            <Empty title="No proxy is connected">
              <p>
                Sidecars and gateways show up here with what they have accepted:{' '}
                <code>foresail up --sidecars required</code> runs them.
              </p>
            </Empty>
          }
        />
      </Section>
    </Page>
  );
}
