import { kinds, type VirtualService } from '../../resources/kinds.ts';
import { namesCovering } from '../host-names.ts';
import type { HttpRules } from '../http-rules.ts';
import type { Mesh } from '../model.ts';
import { isVisibleIn } from '../visibility.ts';
import type { ProxyClient } from './model.ts';
import type { EgressScope } from './sidecar-scope.ts';

/** A VirtualService that is bound to sidecars, as one client sees it. */
export interface MeshRule {
  readonly service: VirtualService;
  readonly http: HttpRules;
}

/**
 * VirtualServices bound to `mesh` that a client sees. Unlike a gateway's they are not merged (ISTIO.md 1.2): of those
 * that name a host, the most specific name wins, and the oldest of that name.
 */
export class MeshRules {
  readonly all: readonly MeshRule[];
  readonly #byHost = new Map<string, MeshRule>();

  constructor(mesh: Mesh, client: ProxyClient, scope: EgressScope) {
    const byOwner = new Map<unknown, HttpRules>(mesh.httpRules.map((rules) => [rules.owner, rules]));
    this.all = mesh.resources.of(kinds.virtualService).flatMap((service): MeshRule[] => {
      const http = byOwner.get(service);
      if (http === undefined || !http.gateways.includes('mesh')) return [];
      if (!isVisibleIn(http.visibility, client.namespace)) return [];
      if (!http.hosts.some((host) => scope.includes(host, service.metadata.namespace))) return [];
      return [{ service, http }];
    });
    for (const rule of this.all) {
      for (const host of rule.http.hosts) if (!this.#byHost.has(host)) this.#byHost.set(host, rule);
    }
  }

  /** The one that decides about a host. */
  of(host: string): MeshRule | undefined {
    if (this.#byHost.size === 0) return undefined;
    for (const name of namesCovering(host)) {
      const rule = this.#byHost.get(name);
      if (rule !== undefined) return rule;
    }
    return undefined;
  }
}
