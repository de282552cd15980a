import type { Mesh } from '../../../mesh/model.ts';
import { policiesFor } from '../../../mesh/policy-selection.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import { kinds } from '../../../resources/kinds.ts';
import { enforcementMap } from '../enforcement-map.ts';
import { type Described, described } from './described.ts';

/** Policies that apply to workloads, each named once, in evaluation order. */
export function policiesOf(mesh: Mesh, workloads: readonly MeshWorkload[]): Described[] {
  const lines = new Map<string, Described>();
  for (const workload of workloads) {
    const authentication = policiesFor(
      mesh.resources.of(kinds.requestAuthentication),
      workload,
      mesh.settings.rootNamespace,
    );
    for (const policy of authentication) {
      const { name, namespace } = policy.metadata;
      const issuers = (policy.spec.jwtRules ?? []).map(({ issuer }) => issuer ?? 'any issuer').join(', ');
      lines.set(
        `RA ${namespace}/${name}`,
        described('RequestAuthentication', `${name}.${namespace}: ${issuers}`, { origin: policy.originOf() }),
      );
    }
    for (const { policy, action, rules, place, where, origin } of enforcementMap(mesh, workload)) {
      const { name, namespace } = policy.metadata;
      const count = `${rules} rule${rules === 1 ? '' : 's'}`;
      lines.set(
        `AP ${namespace}/${name}`,
        described('AuthorizationPolicy', `${name}.${namespace}: ${action}, ${count}, enforced ${place}: ${where}`, {
          origin,
        }),
      );
    }
  }
  return [...lines.values()];
}
