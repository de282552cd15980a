import { Hono } from 'hono';
import type { ConfigStore } from '../store/config-store.ts';
import { isSameSecret } from './secret.ts';
import type { AdminSettings } from './settings.ts';

const PAGE_KEYS = 1_000;

/**
 * Lets `foresail push`, `rollback`, `versions` and `syncer` write to a store that only this process can open: the part
 * of Cloudflare's KV API that they use, under the admin prefix, for who knows the admin token.
 */
export class DenoPublishing {
  readonly #prefix: string;
  readonly #host: string | undefined;
  readonly #app: Hono;

  constructor({ prefix, host, token }: AdminSettings, store: ConfigStore) {
    this.#prefix = `${prefix}/storage/kv/namespaces/`;
    this.#host = host;
    this.#app = publishingApp(this.#prefix, token, store);
  }

  isFor(url: URL): boolean {
    return url.pathname.startsWith(this.#prefix) && (this.#host === undefined || url.hostname === this.#host);
  }

  answer(request: Request): Response | Promise<Response> {
    return this.#app.fetch(request);
  }
}

function publishingApp(prefix: string, token: string, store: ConfigStore): Hono {
  const app = new Hono().basePath(`${prefix}:namespace`);
  app.use('*', async (context, next) => {
    const given = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1] ?? '';
    return (await isSameSecret(given, token)) ? next() : context.json(failure(10000, 'Authentication error'), 401);
  });
  app.put('/bulk', async (context) => {
    const pairs = await context.req.json<{ readonly key: string; readonly value: string }[]>();
    await store.put(new Map(pairs.map(({ key, value }) => [key, value])));
    return context.json(success({ successful_key_count: pairs.length, unsuccessful_keys: [] }));
  });
  app.post('/bulk/get', async (context) => {
    const { keys } = await context.req.json<{ readonly keys: string[] }>();
    return context.json(success({ values: Object.fromEntries(await store.getMany(keys)) }));
  });
  app.post('/bulk/delete', async (context) => {
    await store.delete(await context.req.json<string[]>());
    return context.json(success({}));
  });
  app.get('/values/:key', async (context) => {
    const value = await store.get(context.req.param('key'));
    return value === undefined ? context.json(failure(10009, 'key not found'), 404) : context.text(value);
  });
  app.get('/keys', async (context) => {
    const keys = await store.list(context.req.query('prefix') ?? '');
    const start = Number(context.req.query('cursor') ?? 0);
    const page = keys.slice(start, start + PAGE_KEYS);
    const cursor = start + PAGE_KEYS < keys.length ? String(start + PAGE_KEYS) : '';
    return context.json({ ...success(page.map((name) => ({ name }))), result_info: { count: page.length, cursor } });
  });
  app.onError((error, context) => context.json(failure(10001, error.message), 500));
  return app;
}

function success(result: unknown): object {
  return { success: true, errors: [], messages: [], result };
}

function failure(code: number, message: string): object {
  return { success: false, errors: [{ code, message }], messages: [], result: null };
}
