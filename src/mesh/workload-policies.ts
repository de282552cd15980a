import type { PolicyScope } from '../engine/policy-config.ts';
import { kinds } from '../resources/kinds.ts';
import { resolveAuthorization } from './authorization.ts';
import type { PolicyResolver } from './enforcement.ts';
import type { JwksLookup, MeshSettings } from './model.ts';
import { policiesFor } from './policy-selection.ts';
import { Remembered } from './remember.ts';
import { resolveRequestAuthentication } from './request-authentication.ts';
import type { ResourceSet } from './resource-set.ts';

/** Of most workloads, and the same for all of them whatever becomes of the others'. */
const noPolicies = new Remembered<MeshSettings, PolicyScope>();

/** Policies of workloads, each set of them resolved once. External authorizers are theirs to ask. */
export function workloadPolicies(set: ResourceSet, settings: MeshSettings, jwks: JwksLookup): PolicyResolver {
  const none = noPolicies.get(settings, [], () => ({
    jwt: [],
    authorization: resolveAuthorization([], settings, {}),
  }));
  const scopes = new Map<string, PolicyScope>([['', none]]);
  return (workload) => {
    const authentication = policiesFor(set.of(kinds.requestAuthentication), workload, settings.rootNamespace);
    const authorization = policiesFor(set.of(kinds.authorizationPolicy), workload, settings.rootNamespace);
    const key = [...authentication, ...authorization]
      .map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`)
      .join();
    let scope = scopes.get(key);
    if (scope === undefined) {
      scope = {
        jwt: resolveRequestAuthentication(authentication, jwks),
        authorization: resolveAuthorization(authorization, settings, {}),
      };
      scopes.set(key, scope);
    }
    return scope;
  };
}
