import { hostOfAuthority } from '../../engine/facts.ts';
import { candidateDomains } from '../../engine/serving.ts';
import { domainOrigin, nearestHosts } from './nearest-host.ts';
import { at, type ExplainNode, node } from './node.ts';
import { takingNoPart } from './taking-no-part.ts';
import { stepsOf, type Told } from './told.ts';
import { whyNotServed } from './why-not-served.ts';

/** Which server and which host take the request, or why none does. */
export function serverSection(told: Told): ExplainNode[] {
  const [server] = stepsOf(told, 'server');
  if (server === undefined) return [];
  const { port, table, origin } = server;
  if (table === undefined) {
    const children = takingNoPart(told);
    return [
      node('server', 'refused', noServer(told, port), { actor: 'edge', ...(children.length > 0 ? { children } : {}) }),
    ];
  }
  const isTls = told.serving.gateway.listeners.find((listener) => listener.port === port)?.tls === true;
  const what = `port ${port} speaks ${isTls ? 'TLS' : 'plaintext HTTP'}: route table ${table}`;
  return [node('server', 'held', what, { ...at(origin), actor: 'edge' }), hostNode(told, table)];
}

function noServer({ serving, facts }: Told, port: number): string {
  const listener = serving.gateway.listeners.find((candidate) => candidate.port === port);
  if (listener?.tls === true) {
    const names = listener.tables.flatMap(({ sniHosts }) => sniHosts);
    return `port ${port} terminates TLS for ${names.join(', ') || 'no host'}, not for server name ${facts.sni ?? hostOfAuthority(facts.authority)}`;
  }
  const ports = serving.gateway.listeners.map((candidate) => candidate.port);
  return ports.length === 0
    ? `no server takes port ${port}: no Gateway is attached to the edge`
    : `no server takes port ${port}; there are servers on port ${ports.join(', ')}`;
}

function hostNode(told: Told, table: string): ExplainNode {
  const [step] = stepsOf(told, 'host');
  const host = step?.host ?? '';
  if (step?.domain === undefined) {
    const nearest = nearestHosts(told.hosts, host).map((name) =>
      node('nearest-host', 'near', `${name} is served`, at(domainOrigin(told.serving, name))),
    );
    const children = [...whyNotServed(told, host), ...takingNoPart(told), ...nearest];
    return node('host', 'failed', `no host of this server fits ${host}`, { actor: 'edge', children });
  }
  const domain = step.domain;
  const covering = candidateDomains(host);
  const passedOver = covering.slice(covering.indexOf(domain) + 1).filter((name) => {
    return told.serving.domain(name)?.virtualHosts[table] !== undefined;
  });
  const children = passedOver.map((name) =>
    node('passed-over', 'told', `${name} also covers it, but is less specific: its rules are never asked`, {
      ...at(domainOrigin(told.serving, name)),
    }),
  );
  const how = domain === host ? 'exact' : 'wildcard';
  const redirect = step.httpsRedirect ? '; its server redirects plaintext to https' : '';
  return node('host', 'held', `${domain} (${how})${redirect}`, {
    ...at(domainOrigin(told.serving, domain, table)),
    actor: 'edge',
    ...(children.length > 0 ? { children } : {}),
  });
}
