import { candidateDomains } from '../../../engine/serving.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { enforcementMap } from '../enforcement-map.ts';
import { type Described, described } from './described.ts';
import { ruleLine, urlOf } from './reaching-rules.ts';

/** What the edge does with a host: where it is served, its rules in order, the policies before them. */
export function describeHost(mesh: Mesh, host: string): Described[] | undefined {
  const domain = candidateDomains(host.toLowerCase()).find((name) => mesh.edge.domains.has(name));
  if (domain === undefined) return undefined;
  const tables = Object.entries(mesh.edge.domains.get(domain)?.virtualHosts ?? {});
  const served = tables.flatMap(([table, virtualHost]) => {
    const listener = mesh.edge.config.listeners.find(({ tables: own }) => own.some(({ name }) => name === table));
    const ref = listener?.tables.find(({ name }) => name === table);
    if (listener === undefined) return [];
    const redirect = virtualHost.httpsRedirect ? '; plaintext is redirected to https' : '';
    const url = urlOf(host, listener.port, listener.tls);
    return [
      described(
        'Exposed',
        `as ${url} (${domain === host ? 'exact' : `by ${domain}`}, route table ${table})${redirect}`,
        {
          origin: ref?.origin,
          details: virtualHost.routes.map((route) => ruleLine(mesh, route)),
        },
      ),
    ];
  });
  const policies = enforcementMap(mesh, 'edge').map(({ policy, action, rules, origin }) => {
    const { name, namespace } = policy.metadata;
    return described('AuthorizationPolicy', `${name}.${namespace}: ${action}, ${rules} rules, at the edge`, { origin });
  });
  return [described('Host', host, { details: served }), ...policies];
}
