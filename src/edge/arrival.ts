import { chooseServer } from '../engine/server.ts';
import type { ServingConfig } from '../engine/serving.ts';
import type { EdgeFacts } from './facts.ts';
import type { Arrival } from './settings.ts';

/** Settles on which gateway server port, and so by which scheme, a request is taken to arrive. */
export function arrive(facts: EdgeFacts, arrival: Arrival, serving: ServingConfig): void {
  if (arrival.kind === 'url') return;
  const { listeners } = serving.gateway;
  if (arrival.kind === 'port') {
    facts.port = arrival.port;
    facts.scheme = listeners.some(({ port, tls }) => tls && port === arrival.port) ? 'https' : 'http';
    return;
  }
  facts.scheme = 'http';
  facts.port = 80;
  if (chooseServer(serving, facts).virtualHost !== undefined) return;
  for (const { port, tls } of listeners) {
    if (tls) continue;
    facts.port = port;
    if (chooseServer(serving, facts).virtualHost !== undefined) return;
  }
  const plaintext = listeners.filter(({ tls }) => !tls);
  facts.port = plaintext.some(({ port }) => port === 80) ? 80 : (plaintext[0]?.port ?? 80);
}
