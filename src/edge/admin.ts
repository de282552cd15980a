import { Hono } from 'hono';
import type { LoadedSnapshot } from '../snapshot/loaded.ts';
import type { SnapshotReader } from '../snapshot/reader.ts';
import type { EdgeFacts } from './facts.ts';
import type { PolicyCounters } from './policy-counters.ts';
import { isSameSecret } from './secret.ts';
import type { AdminSettings } from './settings.ts';

/** The edge's own pages. They exist only where a token is set; everyone else sees what the mesh has on these paths. */
export class Admin {
  readonly #settings: AdminSettings;
  readonly #app: Hono;

  constructor(settings: AdminSettings, reader: SnapshotReader, counters: PolicyCounters) {
    this.#settings = settings;
    this.#app = adminApp(settings, reader, counters);
  }

  isFor(facts: EdgeFacts): boolean {
    const { prefix, host } = this.#settings;
    if (!facts.rawPath.startsWith(prefix) || (host !== undefined && facts.host !== host)) return false;
    return facts.rawPath.length === prefix.length || facts.rawPath.charCodeAt(prefix.length) === 47 /* / */;
  }

  answer(request: Request): Response | Promise<Response> {
    return this.#app.fetch(request);
  }
}

function adminApp(settings: AdminSettings, reader: SnapshotReader, counters: PolicyCounters): Hono {
  const app = new Hono().basePath(settings.prefix === '' ? '/' : settings.prefix);
  app.use('*', async (context, next) => {
    const given = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1] ?? '';
    if (!(await isSameSecret(given, settings.token))) {
      return context.text('a bearer token is needed\n', 401, { 'www-authenticate': 'Bearer realm="foresail"' });
    }
    await next();
    context.header('cache-control', 'no-store');
    return undefined;
  });
  app.get('/health', (context) => {
    const { version, problem } = reader.status();
    const state = version === undefined ? 'unready' : problem === undefined ? 'ready' : 'ready-with-older-snapshot';
    return context.json({ state, version, problem }, version === undefined ? 503 : 200);
  });
  app.get('/snapshot', (context) => context.json(reader.status()));
  app.post('/refresh', async (context) => {
    await reader.refresh();
    return context.json(reader.status());
  });
  app.get('/policies', (context) => context.json({ observed: counters.list() }));
  app.get('/config', (context) => {
    const { current } = reader;
    return current === undefined
      ? context.json({ problem: reader.status().problem }, 503)
      : context.json(dump(current));
  });
  return app;
}

/** Everything that this isolate has loaded; key sets hold public keys only. */
function dump(snapshot: LoadedSnapshot): object {
  const { info, gatewayPiece, buckets } = snapshot;
  const pieces = [...buckets.values()].map(({ piece }) => piece);
  return {
    version: info.version,
    hash: info.hash,
    gateway: gatewayPiece.gateway,
    domains: Object.fromEntries(pieces.flatMap(({ domains }) => entriesOf(domains))),
    clusters: Object.fromEntries([gatewayPiece, ...pieces].flatMap(({ clusters }) => entriesOf(clusters))),
  };
}

function entriesOf(map: { names(): string[]; get(name: string): unknown }): [string, unknown][] {
  return map.names().map((name) => [name, map.get(name)]);
}
