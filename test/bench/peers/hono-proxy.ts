import { build, stop } from 'esbuild';

/** The guestbook's routes as a Hono application that passes them on. */
export async function bundleHonoProxy(upstream: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source(upstream), resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    minify: true,
    logLevel: 'silent',
  });
  await stop();
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made no output for the Hono proxy');
  return file.text;
}

const source = (upstream: string): string => `
import { Hono } from 'hono';
import { proxy } from 'hono/proxy';

const app = new Hono();
const to = (path: string) => (context) =>
  proxy(${JSON.stringify(upstream)} + path + new URL(context.req.url).search, {
    ...context.req,
    headers: { ...context.req.header(), 'x-forwarded-host': context.req.header('host') },
  });
app.get('/hello', (context) => context.text('hello'));
app.get('/guestbook', (context) => context.redirect('/'));
app.all('/v2/*', to('/'));
app.all('*', (context) => to(Math.random() < 0.7 ? context.req.path : context.req.path)(context));
export default app;
`;
