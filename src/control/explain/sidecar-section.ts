import type { MeshWorkload } from '../../mesh/registry.ts';
import { at, type ExplainNode, node } from './node.ts';
import { isFromSidecar, policyNode, tokenNode } from './policy-section.ts';
import type { StepOf, Told } from './told.ts';

const VERDICTS = {
  allow: 'lets it pass',
  deny: 'refuses it for certain',
  unknown: 'decides itself: not everything that it asks for can be known at the edge',
} as const;

/** What the sidecars behind the destination say, as far as that is known here; they enforce all of it again. */
export function sidecarSection(told: Told): ExplainNode[] {
  const children: ExplainNode[] = [];
  let pending: ExplainNode[] = [];
  for (const step of told.main.steps) {
    if (step.stage === 'token' && step.at === 'destination') pending.push(tokenNode(step));
    else if (step.stage === 'policy' && step.at === 'destination') pending.push(policyNode(step));
    else if (step.stage === 'sidecar') {
      children.push(scopeNode(step, pending));
      pending = [];
    }
  }
  if (children.length > 0) {
    const refused = isFromSidecar(told);
    const text = refused
      ? 'every sidecar behind the destination is certain to refuse it, so the edge does already'
      : 'policies of the destination: judged at the edge as far as certain, enforced by its sidecars';
    return [
      node('destination-policies', refused ? 'refused' : 'held', text, {
        actor: refused ? 'edge' : 'sidecar',
        children,
      }),
    ];
  }
  const { destination } = told.main.outcome;
  return destination === undefined ? [] : unjudged(told, destination);
}

function scopeNode({ verdict, why, origin }: StepOf<'sidecar'>, children: readonly ExplainNode[]): ExplainNode {
  const mark = verdict === 'deny' ? 'refused' : verdict === 'allow' ? 'held' : 'told';
  return node('sidecar', mark, `the sidecar ${VERDICTS[verdict]}: ${why}`, {
    ...at(origin),
    actor: 'sidecar',
    children,
  });
}

/** Nothing was judged: because there is nothing, or because it is not certain that every endpoint enforces it. */
function unjudged({ mesh, serving }: Told, destination: string): ExplainNode[] {
  const cluster = serving.cluster(destination);
  if (mesh === undefined || cluster === undefined || cluster.upstream.kind !== 'link') return [];
  const service = mesh.registry.find(cluster.host, mesh.edge.workload.namespace);
  const workloads = service === undefined ? [] : mesh.registry.workloadsOf(service);
  if (workloads.length === 0) {
    return [node('destination-policies', 'told', 'left to the sidecars: no workload is known behind the destination')];
  }
  const without = workloads.filter((workload) => !workload.hasSidecar);
  if (without.length > 0) {
    const text = `nothing is enforced behind the edge for ${without.map(nameOf).join(', ')}: no sidecar is injected`;
    return [node('destination-policies', 'told', text, { ...originOf(without[0]), actor: 'sidecar' })];
  }
  return [node('destination-policies', 'told', 'no policy applies to the destination', { actor: 'sidecar' })];
}

function nameOf({ namespace, name }: MeshWorkload): string {
  return `${name}.${namespace}`;
}

function originOf(workload: MeshWorkload | undefined): Pick<ExplainNode, 'origin'> {
  if (workload === undefined) return {};
  const { column: _, ...origin } = workload.origin;
  return { origin };
}
