import type { JwksConfig, PolicyScope } from '../../engine/policy-config.ts';
import { resolveAuthorization } from '../../mesh/authorization.ts';
import type { JwksLookup, Mesh } from '../../mesh/model.ts';
import { type PolicyTarget, policiesFor } from '../../mesh/policy-selection.ts';
import { resolveRequestAuthentication } from '../../mesh/request-authentication.ts';
import { kinds } from '../../resources/kinds.ts';

/** The policies that a workload's own sidecar enforces. */
export function workloadScope(mesh: Mesh, target: PolicyTarget): PolicyScope {
  const { rootNamespace } = mesh.settings;
  const authentication = policiesFor(mesh.resources.of(kinds.requestAuthentication), target, rootNamespace);
  const authorization = policiesFor(mesh.resources.of(kinds.authorizationPolicy), target, rootNamespace);
  return {
    jwt: resolveRequestAuthentication(authentication, knownKeys(mesh)),
    authorization: resolveAuthorization(authorization, mesh.settings, {}),
  };
}

/** Keys that the mesh was compiled with: what was fetched for one workload is good for all. */
function knownKeys(mesh: Mesh): JwksLookup {
  const scopes = [
    ...Object.values(mesh.edge.config.policies),
    ...[...mesh.edge.clusters.values()].flatMap(({ enforced }) => enforced?.scopes ?? []),
  ];
  return ({ issuer, jwksUri }): JwksConfig => {
    const rule = scopes
      .flatMap(({ jwt }) => jwt)
      .find((one) => (jwksUri === undefined ? one.issuer === issuer : one.keys.uri === jwksUri));
    const where = jwksUri ?? `the discovery document of issuer ${issuer}`;
    return rule?.keys ?? { unavailable: `the keys at ${where} have not been fetched` };
  };
}
