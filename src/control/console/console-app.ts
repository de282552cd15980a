import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Version } from '../../snapshot/history.ts';
import { describeService } from '../explain/describe/describe-service.ts';
import type { ExplainInput } from '../explain/explain.ts';
import { openVersion } from '../simulate/diff/open-version.ts';
import { servingOf } from '../simulate/diff/side.ts';
import type { ConsoleAssets } from './assets.ts';
import type { CompiledMesh, ConsoleSource } from './console-source.ts';
import { answerEvents } from './events.ts';
import { explainAsked, explainInputOf, explainRequest } from './explain-request.ts';
import { accessOf, type GuardOptions, hardened, mayChange, sameOrigin } from './guard.ts';
import { problemOf } from './problem.ts';
import { entryFilterOf, secondsOf, stepMsOf } from './query.ts';
import { compareVersions, keptVersions, versionViews } from './versions.ts';
import { liveViews, meshView } from './views/mesh-view.ts';
import { findResource, locateIn, resourceYaml } from './views/resource-yaml.ts';
import { requestViews, seriesView, trafficView } from './views/traffic.ts';
import type { MeshView, ServiceDetail, StateView } from './wire.ts';

export interface ConsoleOptions extends GuardOptions {
  readonly source: ConsoleSource;
  readonly assets: ConsoleAssets;
  nowMs?(): number;
}

const MAX_BODY_BYTES = 256 * 1024;
const MAX_REQUESTS = 500;
/** Assets are named by their content. */
const FOREVER = 'public, max-age=31536000, immutable';

/** The console's HTTP API and its pages. Reads for whoever reaches it; changes for whoever has the token. */
export function consoleApp(options: ConsoleOptions): Hono {
  const { source, assets, nowMs = Date.now } = options;
  const app = new Hono();
  app.use(hardened, sameOrigin(options));
  app.onError((error, context) => {
    const { status, problem } = problemOf(error);
    return context.json(problem, status);
  });

  const api = new Hono();
  api.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (context) => context.json({ error: `a request may have ${MAX_BODY_BYTES} bytes` }, 413),
    }),
  );
  api.use(async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });
  addReads(api, options);
  api.post('/explain', async (context) => {
    const asked = explainRequest.safeParse(await jsonOf(context));
    if (!asked.success) return context.json({ error: problemsOf(asked.error.issues) }, 400);
    const { input, version } = await explainedVersion(source, asked.data.version);
    return context.json(await explainAsked(input, version, asked.data, nowMs()));
  });
  api.post('/rollback', mayChange(options), async (context) => {
    const body = await jsonOf(context);
    const version = typeof body === 'object' && body !== null && 'version' in body ? body.version : undefined;
    if (typeof version !== 'number' || !Number.isSafeInteger(version)) {
      return context.json({ error: 'name the version to go back to: {"version": 3}' }, 400);
    }
    if (source.rollback === undefined) return context.json({ error: 'nothing is published from here' }, 409);
    const result = await source.rollback(version);
    return context.json({ kind: result.kind, version: result.version });
  });
  api.all('*', (context) => context.json({ error: `there is no ${context.req.path}` }, 404));
  app.route('/api', api);

  app.get('/assets/*', async (context) => {
    const asset = await assets.get(context.req.path);
    if (asset === undefined) return context.text('there is no such file\n', 404);
    return context.body(asset.body, 200, { 'content-type': asset.contentType, 'cache-control': FOREVER });
  });
  // Every view has a URL, and all of them begin with the same page.
  app.get('*', async (context) => {
    const { body, contentType } = await assets.page();
    return context.body(body, 200, { 'content-type': contentType, 'cache-control': 'no-cache' });
  });
  return app;
}

function addReads(api: Hono, { source, token }: ConsoleOptions): void {
  api.get('/state', async (context) => {
    const { current, name, problem, edgeUrl } = source;
    const served = (await keptVersions(source.store))[0];
    const state: StateView = {
      source: name,
      revision: current?.revision ?? 0,
      version: served?.version ?? 0,
      isRolledBack: isRolledBack(current, served),
      access: source.rollback === undefined ? 'read-only' : accessOf(token, context.req.header('authorization')),
      ...(edgeUrl === undefined ? {} : { edgeUrl }),
      ...(problem === undefined ? {} : { problem }),
    };
    return context.json(state);
  });
  const cachedMesh = onceARevision(source);
  api.get('/mesh', (context) => {
    const view = cachedMesh();
    return view === undefined ? context.json({ error: 'nothing was compiled yet' }, 503) : context.json(view);
  });
  api.get('/traffic', (context) => context.json(trafficView(source.window, secondsOf(context))));
  api.get('/series', (context) =>
    context.json(seriesView(source.window, secondsOf(context), stepMsOf(context), context.req.query('service'))),
  );
  api.get('/requests', (context) => {
    const entries = source.window.entries.list(entryFilterOf(context), MAX_REQUESTS);
    return context.json(requestViews(entries, (origin) => locateIn(source.current?.mesh, origin)));
  });
  api.get('/events', (context) => answerEvents(context, source));
  api.get('/services/:host', (context) => {
    const mesh = source.current?.mesh;
    const host = context.req.param('host');
    const service = mesh?.registry.services.find((one) => one.host === host);
    if (mesh === undefined || service === undefined)
      return context.json({ error: `no service is called ${host}` }, 404);
    const detail: ServiceDetail = { described: describeService(mesh, service) };
    return context.json(detail);
  });
  api.get('/yaml', (context) => {
    const { kind = '', namespace = '', name = '', path } = context.req.query();
    const mesh = source.current?.mesh;
    const resource = mesh === undefined ? undefined : findResource(mesh, kind, namespace, name);
    if (resource === undefined) {
      const named = [kind, namespace, name].filter((part) => part !== '').join(' ');
      return context.json({ error: `there is no ${named}`, why: 'it was removed, or it has an error' }, 404);
    }
    return context.json(resourceYaml(resource, path));
  });
  api.get('/versions', async (context) => context.json(versionViews(await keptVersions(source.store))));
  api.get('/versions/compare', async (context) => {
    const versions = await keptVersions(source.store);
    const [before, after] = [context.req.query('before'), context.req.query('after')].map((wanted) =>
      versions.find(({ version }) => String(version) === wanted),
    );
    if (source.store === undefined || before === undefined || after === undefined) {
      const kept = versions.map(({ version }) => version).join(', ');
      return context.json({ error: 'one of the two versions is not kept any more', why: `kept are ${kept}` }, 404);
    }
    return context.json(await compareVersions(source.store, before, after, Date.now()));
  });
}

function isRolledBack(current: CompiledMesh | undefined, served: Version | undefined): boolean {
  return current !== undefined && served !== undefined && served.version !== current.version;
}

/** What is served, unless a version is named: after a rollback that is not what the source says. */
async function explainedVersion(
  source: ConsoleSource,
  wanted: number | undefined,
): Promise<{ readonly input: ExplainInput; readonly version: number }> {
  const { current, store } = source;
  const versions = await keptVersions(store);
  const asked = wanted === undefined ? versions[0] : versions.find(({ version }) => version === wanted);
  if (current !== undefined && (asked === undefined ? wanted === undefined : asked.version === current.version)) {
    return { input: explainInputOf(current), version: current.version };
  }
  if (store === undefined || asked === undefined) throw new RangeError(`version ${wanted} is not kept any more`);
  const { input } = await openVersion(store, asked);
  return {
    input: { serving: servingOf(input), hosts: [...input.domains.keys()] },
    version: asked.version,
  };
}

/** Hundreds of services are not put together again for each page that asks. */
function onceARevision(source: ConsoleSource): () => MeshView | undefined {
  let known: { readonly revision: number; readonly view: MeshView } | undefined;
  return () => {
    const { current } = source;
    if (current === undefined) return undefined;
    if (known?.revision !== current.revision) known = { revision: current.revision, view: meshView(current, source) };
    // These change without a compilation.
    return { ...known.view, ...liveViews(current, source) };
  };
}

async function jsonOf(context: Context): Promise<unknown> {
  if (!(context.req.header('content-type') ?? '').startsWith('application/json')) return undefined;
  return context.req.json().catch(() => undefined);
}

function problemsOf(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  const [first] = issues;
  if (first === undefined) return 'the request cannot be read';
  const where = first.path.map(String).join('.');
  return where === '' ? 'send the request as a JSON object' : `${where}: ${first.message}`;
}
