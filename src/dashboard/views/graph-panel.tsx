import type { FlowView, RefusalView } from '../../control/console/wire.ts';
import { formatMs, formatRate, formatShare } from '../format.ts';
import type { GraphEdge, GraphNode } from '../graph/gathered.ts';
import { requestsHref, serviceHref, yamlHrefOf } from '../links.ts';
import { FlowFacts, Outcomes } from '../parts/flow-facts.tsx';
import { Code, LockMark } from '../parts/marks.tsx';
import { traffic } from '../state/live.ts';
import { setQuery } from '../state/location.ts';

interface Props {
  readonly node: GraphNode;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** What is known of the node that was chosen, beside the picture. */
export function GraphPanel({ node, nodes, edges }: Props) {
  const labels = new Map(nodes.map(({ id, label }) => [id, label]));
  const incoming = edges.filter(({ to }) => to === node.id);
  const outgoing = edges.filter(({ from }) => from === node.id);
  const own = (node.kind === 'client' ? outgoing : incoming).flatMap(({ flow }) => (flow === undefined ? [] : [flow]));
  const busiest = own.toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond)[0];
  const host = node.kind === 'service' ? node.id.slice('service:'.length) : undefined;
  const refusals = (traffic.value?.refusals ?? []).filter(
    ({ service }) => node.kind === 'edge' || (host !== undefined && service === host),
  );
  return (
    <aside class="panel" aria-label={`${node.kind} ${node.label}`}>
      <div class="panel-head">
        <h2>{node.label}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => setQuery({ node: undefined })}>
          ✕
        </button>
      </div>
      <p class="panel-kind">
        {node.kind} · {node.detail}
      </p>
      {node.mutualTls !== undefined && <LockMark mode={node.mutualTls} />}
      <FlowFacts flow={own.length > 1 ? joined(own) : busiest} />
      <Outcomes flow={busiest} />
      {refusals.length > 0 && <Reasons refusals={refusals} />}
      <Calls title="Called by" edges={incoming} labelOf={({ from }) => labels.get(from) ?? from} />
      <Calls title="Calls" edges={outgoing} labelOf={({ to }) => labels.get(to) ?? to} />
      <p class="panel-links">
        {node.href !== undefined && <a href={host === undefined ? node.href : serviceHref(host)}>Open page</a>}
        {host !== undefined && <a href={requestsHref({ service: host })}>Requests</a>}
      </p>
    </aside>
  );
}

function joined(flows: readonly FlowView[]): FlowView {
  const requestsPerSecond = flows.reduce((sum, flow) => sum + flow.requestsPerSecond, 0);
  const errors = flows.reduce((sum, flow) => sum + flow.errorShare * flow.requestsPerSecond, 0);
  return { requestsPerSecond, errorShare: requestsPerSecond === 0 ? 0 : errors / requestsPerSecond, outcomes: [] };
}

/** Errors by reason, each with the object that decided. */
function Reasons({ refusals }: { readonly refusals: readonly RefusalView[] }) {
  return (
    <>
      <h3>Errors by reason</h3>
      <ul class="reasons">
        {refusals.slice(0, 6).map(({ code, reason, flags, origin, service, requests }) => (
          <li key={[code, reason, flags, origin, service].join(' ')}>
            <Code code={code} />
            <span class="reason-text">
              {reason || flags}
              {origin !== '' && (
                <>
                  {' '}
                  <a href={yamlHrefOf(origin)}>{origin}</a>
                </>
              )}
            </span>
            <span class="outcome-count">{requests}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Calls({
  title,
  edges,
  labelOf,
}: {
  readonly title: string;
  readonly edges: readonly GraphEdge[];
  labelOf(edge: GraphEdge): string;
}) {
  if (edges.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="calls">
        {edges.slice(0, 8).map((edge) => (
          <li key={edge.id}>
            <span>{labelOf(edge)}</span>
            <span class="call-numbers">
              {edge.flow === undefined
                ? 'none seen'
                : `${formatRate(edge.flow.requestsPerSecond)} · ${formatShare(edge.flow.errorShare)} · ${formatMs(edge.flow.p95Ms)}`}
            </span>
          </li>
        ))}
        {edges.length > 8 && <li>and {edges.length - 8} more</li>}
      </ul>
    </>
  );
}
