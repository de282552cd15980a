import { useMemo } from 'preact/hooks';
import type { MeshView, TrafficView } from '../../control/console/wire.ts';
import { formatMs, formatRate, formatShare } from '../format.ts';
import { buildGraph } from '../graph/build-graph.ts';
import type { GraphEdge, GraphOptions, ServiceGraph } from '../graph/gathered.ts';
import { GraphCanvas } from '../graph/graph-canvas.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { mesh, seconds, state, traffic } from '../state/live.ts';
import { query, setQuery } from '../state/location.ts';
import { GraphPanel } from './graph-panel.tsx';

/** Up to here the pods are drawn unless somebody wants otherwise. */
const FEW_WORKLOADS = 40;

export function GraphView() {
  const known = mesh.value;
  if (known === undefined) return <Page title="Graph">{null}</Page>;
  if (known.services.length === 0) {
    return (
      <Page title="Graph">
        <Empty title="No services yet">
          <p>
            The graph begins with a Service in the folder: add one with a Deployment, and a VirtualService that leads to
            it. <code>foresail up config/samples/bookinfo --run</code> shows a whole one.
          </p>
        </Empty>
      </Page>
    );
  }
  return <Picture mesh={known} traffic={traffic.value} />;
}

function Picture({
  mesh: known,
  traffic: seen,
}: {
  readonly mesh: MeshView;
  readonly traffic: TrafficView | undefined;
}) {
  const options = optionsOf(known);
  const selected = query.value.get('node') ?? undefined;
  const { level, namespace } = options;
  const graph = useMemo(() => buildGraph(known, seen, { level, namespace }), [known, seen, level, namespace]);
  const node = graph.nodes.find(({ id }) => id === selected);
  return (
    <Page title="Graph" lead={leadOf(seen)} actions={<GraphTools mesh={known} options={options} />}>
      <div class={node === undefined ? 'graph-layout' : 'graph-layout with-panel'}>
        <GraphCanvas graph={graph} selected={node?.id} onSelect={(id) => setQuery({ node: id })} />
        {node !== undefined && <GraphPanel node={node} edges={graph.edges} nodes={graph.nodes} />}
      </div>
      <Section title="Calls">
        <CallsTable graph={graph} />
      </Section>
    </Page>
  );
}

function leadOf(seen: TrafficView | undefined): string {
  if (seen === undefined || seen.total.requestsPerSecond === 0) {
    const url = state.value?.edgeUrl;
    const hint = url === undefined ? '' : ` Send some to ${url}.`;
    return `No request in the last ${seconds.value} seconds: this is what is configured.${hint}`;
  }
  const { requestsPerSecond, errorShare, p95Ms } = seen.total;
  return `${formatRate(requestsPerSecond)} at the edge, ${formatShare(errorShare)} errors, p95 ${formatMs(p95Ms)}, over the last ${seen.seconds} seconds`;
}

function optionsOf(known: MeshView): GraphOptions {
  const wanted = query.value.get('show');
  const few = known.workloads.length <= FEW_WORKLOADS;
  const level = wanted === 'services' || wanted === 'workloads' ? wanted : few ? 'workloads' : 'services';
  return { level, namespace: query.value.get('namespace') ?? undefined };
}

function GraphTools({ mesh: known, options }: { readonly mesh: MeshView; readonly options: GraphOptions }) {
  const namespaces = [...new Set(known.services.map(({ namespace }) => namespace))].sort();
  return (
    <>
      <label class="field">
        Namespace
        <select
          value={options.namespace ?? ''}
          onChange={(event) => setQuery({ namespace: event.currentTarget.value, node: undefined })}
        >
          <option value="">all</option>
          {namespaces.map((namespace) => (
            <option key={namespace} value={namespace}>
              {namespace}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Show
        <select value={options.level} onChange={(event) => setQuery({ show: event.currentTarget.value })}>
          <option value="services">services</option>
          <option value="workloads">services and workloads</option>
        </select>
      </label>
    </>
  );
}

/** The picture for whoever does not see it: who calls whom, those with traffic first. */
function CallsTable({ graph }: { readonly graph: ServiceGraph }) {
  const labels = new Map(graph.nodes.map(({ id, kind, label }) => [id, `${label} (${kind})`]));
  const rate = ({ flow }: GraphEdge): number => flow?.requestsPerSecond ?? 0;
  const rows = graph.edges.toSorted((a, b) => rate(b) - rate(a)).slice(0, MAX_CALLS);
  return (
    <details class="alternative" open={query.value.get('calls') === 'open'}>
      <summary>The picture as a table</summary>
      <table aria-label="Calls">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col" class="number">
              Requests
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col">Mutual TLS</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((edge) => (
            <tr key={edge.id}>
              <th scope="row">{labels.get(edge.from)}</th>
              <td>{labels.get(edge.to)}</td>
              <td class="number">{edge.flow === undefined ? 'none seen' : formatRate(edge.flow.requestsPerSecond)}</td>
              <td class="number">{edge.flow === undefined ? '' : formatShare(edge.flow.errorShare)}</td>
              <td class="number">{edge.flow === undefined ? '' : formatMs(edge.flow.p95Ms)}</td>
              <td>{edge.isLocked ? 'yes' : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

const MAX_CALLS = 500;
