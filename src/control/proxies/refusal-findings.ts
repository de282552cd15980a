import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import type { ClientStatus } from '../../xds/ads/server.ts';
import { readClaim } from './claim.ts';

/** What proxies refuse, told at the objects that it was made from: one finding for each object and reason. */
export function refusalFindings(clients: readonly ClientStatus[]): Finding[] {
  const found = new Map<string, { readonly proxies: Set<string>; readonly tell: (proxies: string) => Finding }>();
  for (const { client, types } of clients) {
    const claim = readClaim({ id: client });
    const proxy = claim === undefined ? client : `${claim.pod}.${claim.namespace}`;
    for (const { rejection } of types) {
      for (const { name, origin } of rejection?.suspects ?? []) {
        if (rejection === undefined || origin === undefined) continue;
        const key = JSON.stringify([origin, name, rejection.message]);
        const entry = found.get(key) ?? {
          proxies: new Set<string>(),
          tell: (proxies) =>
            finding(messages.ProxyRefused, origin, { proxies, resource: name, reason: rejection.message }),
        };
        entry.proxies.add(proxy);
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].map(({ proxies, tell }) => tell(namesOf([...proxies].sort())));
}

const MAX_NAMED = 3;

function namesOf(proxies: readonly string[]): string {
  const rest = proxies.length - MAX_NAMED;
  const named = proxies.slice(0, MAX_NAMED).join(', ');
  return rest > 0 ? `${named} and ${rest} more` : named;
}
