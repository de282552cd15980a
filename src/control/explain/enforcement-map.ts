import type { ConfigOrigin } from '../../engine/values.ts';
import { configOrigin } from '../../mesh/config-origin.ts';
import type { Mesh } from '../../mesh/model.ts';
import { policiesFor } from '../../mesh/policy-selection.ts';
import type { MeshWorkload } from '../../mesh/registry.ts';
import { type AuthorizationPolicy, kinds } from '../../resources/kinds.ts';

/** Where a policy acts, and where not. */
export interface Enforcement {
  readonly policy: AuthorizationPolicy;
  readonly action: string;
  readonly rules: number;
  readonly place: 'edge' | 'sidecar' | 'both' | 'nowhere';
  /** What enforces it, or why nothing does. */
  readonly where: string;
  readonly origin: ConfigOrigin;
}

const ORDER = ['CUSTOM', 'AUDIT', 'DENY', 'ALLOW'];

/** Every AuthorizationPolicy in evaluation order; of those that apply to `workload` only, when one is given. */
export function enforcementMap(mesh: Mesh, workload?: MeshWorkload | 'edge'): Enforcement[] {
  const policies = mesh.resources.of(kinds.authorizationPolicy);
  return policies
    .filter((policy) => workload === undefined || appliesTo(mesh, policy, workload))
    .map((policy) => enforcementOf(mesh, policy))
    .sort(
      (a, b) =>
        ORDER.indexOf(a.action) - ORDER.indexOf(b.action) ||
        (a.policy.metadata.namespace < b.policy.metadata.namespace ? -1 : 1),
    );
}

function appliesTo(mesh: Mesh, policy: AuthorizationPolicy, workload: MeshWorkload | 'edge'): boolean {
  if (workload === 'edge') return edgeScopes(mesh, policy).length > 0;
  return policiesFor([policy], workload, mesh.settings.rootNamespace).length > 0;
}

function enforcementOf(mesh: Mesh, policy: AuthorizationPolicy): Enforcement {
  const action = policy.spec.action ?? 'ALLOW';
  const rules = (policy.spec.rules ?? []).length;
  const scopes = edgeScopes(mesh, policy);
  const selected = mesh.registry.workloads.filter((one) => appliesTo(mesh, policy, one));
  const guarded = selected.filter(({ hasSidecar }) => hasSidecar);
  const base = { policy, action, rules, origin: configOrigin(policy) };
  const parts = [
    ...(scopes.length > 0 ? [`the edge (${scopes.join(', ')})`] : []),
    ...(guarded.length > 0 ? [`the sidecars of ${names(guarded)}`] : []),
  ];
  const unguarded = selected.filter(({ hasSidecar }) => !hasSidecar);
  const gap = unguarded.length === 0 ? '' : `; not for ${names(unguarded)}: no sidecar is injected`;
  const dryRun = policy.metadata.annotations['istio.io/dry-run'] === 'true' ? '; dry run: logged, not enforced' : '';
  if (parts.length === 0) return { ...base, place: 'nowhere', where: whyNowhere(mesh, policy, unguarded) };
  const place = scopes.length > 0 && guarded.length > 0 ? 'both' : scopes.length > 0 ? 'edge' : 'sidecar';
  return { ...base, place, where: parts.join(' and ') + gap + dryRun };
}

/** Compiled scopes of the edge that hold the policy. */
function edgeScopes(mesh: Mesh, { metadata }: AuthorizationPolicy): string[] {
  return Object.entries(mesh.edge.config.policies)
    .filter(
      ([
        ,
        {
          authorization: { custom, audit, deny, allow },
        },
      ]) =>
        [...custom, ...audit, ...deny, ...allow].some(
          ({ namespace, name }) => namespace === metadata.namespace && name === metadata.name,
        ),
    )
    .map(([scope]) => scope);
}

function whyNowhere(mesh: Mesh, { metadata, spec }: AuthorizationPolicy, unguarded: readonly MeshWorkload[]): string {
  if (unguarded.length > 0) return `it selects ${names(unguarded)}, where no sidecar is injected`;
  const references = [...(spec.targetRef === undefined ? [] : [spec.targetRef]), ...(spec.targetRefs ?? [])];
  if (references.length > 0) {
    const named = references.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    return `its targetRefs name ${named}, which nothing here serves`;
  }
  const labels = Object.entries(spec.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const inNamespace =
    metadata.namespace === mesh.settings.rootNamespace ? 'of the mesh' : `of namespace ${metadata.namespace}`;
  return labels.length === 0
    ? `no workload ${inNamespace} is known`
    : `no workload ${inNamespace} has ${labels.join(', ')}`;
}

function names(workloads: readonly MeshWorkload[]): string {
  const shown = workloads.slice(0, 4).map(({ name, namespace }) => `${name}.${namespace}`);
  return shown.join(', ') + (workloads.length > shown.length ? ` and ${workloads.length - shown.length} more` : '');
}
