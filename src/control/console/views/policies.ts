import { configOrigin } from '../../../mesh/config-origin.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { policiesFor } from '../../../mesh/policy-selection.ts';
import { kinds, type PeerAuthentication, type RequestAuthentication } from '../../../resources/kinds.ts';
import { enforcementMap } from '../../explain/enforcement-map.ts';
import type { PolicyView } from '../wire.ts';

/** Who may call what: authorization in evaluation order, then tokens, then mutual TLS. */
export function policyViews(mesh: Mesh): PolicyView[] {
  return [
    ...enforcementMap(mesh).map(({ policy, action, rules, place, where, origin }) => ({
      ...identityOf(policy),
      kind: 'AuthorizationPolicy' as const,
      action,
      rules,
      place,
      where,
      origin,
    })),
    ...mesh.resources.of(kinds.requestAuthentication).map((policy) => requestAuthentication(mesh, policy)),
    ...mesh.resources.of(kinds.peerAuthentication).map((policy) => peerAuthentication(mesh, policy)),
  ];
}

function requestAuthentication(mesh: Mesh, policy: RequestAuthentication): PolicyView {
  const rules = policy.spec.jwtRules ?? [];
  const { name, namespace } = policy.metadata;
  const isAtEdge = Object.values(mesh.edge.config.policies).some(({ jwt }) =>
    jwt.some(({ origin }) => origin.name === name && origin.namespace === namespace),
  );
  const selected = guardedWorkloads(mesh, policy);
  const place = isAtEdge ? (selected.length > 0 ? 'both' : 'edge') : selected.length > 0 ? 'sidecar' : 'nowhere';
  return {
    ...identityOf(policy),
    kind: 'RequestAuthentication',
    action: rules.map(({ issuer }) => issuer || 'any issuer').join(', '),
    rules: rules.length,
    place,
    where: whereText(isAtEdge, selected),
    origin: configOrigin(policy),
  };
}

function peerAuthentication(mesh: Mesh, policy: PeerAuthentication): PolicyView {
  const selected = guardedWorkloads(mesh, policy);
  return {
    ...identityOf(policy),
    kind: 'PeerAuthentication',
    action: policy.spec.mtls?.mode ?? 'UNSET',
    rules: Object.keys(policy.spec.portLevelMtls ?? {}).length,
    place: selected.length > 0 ? 'sidecar' : 'nowhere',
    where: whereText(false, selected),
    origin: configOrigin(policy),
  };
}

function guardedWorkloads(mesh: Mesh, policy: RequestAuthentication | PeerAuthentication): string[] {
  return mesh.registry.workloads
    .filter((workload) => workload.hasSidecar)
    .filter((workload) => policiesFor([policy], workload, mesh.settings.rootNamespace).length > 0)
    .map(({ name, namespace }) => `${name}.${namespace}`);
}

const MAX_NAMED = 3;

function whereText(isAtEdge: boolean, sidecars: readonly string[]): string {
  const more = sidecars.length > MAX_NAMED ? ` and ${sidecars.length - MAX_NAMED} more` : '';
  const parts = [
    ...(isAtEdge ? ['the edge'] : []),
    ...(sidecars.length > 0 ? [`the sidecars of ${sidecars.slice(0, MAX_NAMED).join(', ')}${more}`] : []),
  ];
  return parts.length === 0 ? 'no workload with a sidecar is selected' : parts.join(' and ');
}

function identityOf({
  kind,
  metadata: { name, namespace },
}: {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}): Pick<PolicyView, 'id' | 'name' | 'namespace'> {
  return { id: `${kind}/${namespace}/${name}`, name, namespace };
}
