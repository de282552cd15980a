/**
 * The guestbook's front, one program for all versions: VERSION (v1, v2, v3) chooses its looks. Messages are in the
 * store that FORESAIL_SERVICE_STORE_URL names; without one, in this process.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface Message {
  readonly name: string;
  readonly text: string;
  readonly at: string;
}

interface Look {
  readonly title: string;
  readonly heading: string;
  readonly css: string;
}

const LOOKS: Readonly<Record<string, Look>> = {
  v1: {
    title: 'Guestbook',
    heading: '<h1>Guestbook</h1>',
    css: 'body{font:1.05rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff}',
  },
  v2: {
    title: 'Guestbook',
    heading: '<h1 style="color: GREEN;">Guestbook V2</h1>',
    css: 'body{font:1.05rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#f4fbf4}button{background:#006400;color:#fff}',
  },
  v3: {
    title: 'Guestbook',
    heading: '<h1>Guestbook <small>version 3</small></h1>',
    css: `body{font:1.05rem/1.6 Georgia,serif;color:#f3ecff;background:#241a3d}a{color:#ffd479}
h1{font-size:2.6rem;letter-spacing:.02em}small{font-size:.45em;color:#ffd479}
li{background:#35285a;border-radius:.8rem;padding:.8rem 1rem}button{background:#ffd479;color:#241a3d}
input,textarea{background:#1a1230;color:#f3ecff;border-color:#8f7fc0}`,
  },
};

const MAX_BODY = 8192;
const CONTENT_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'";
const version = process.env.VERSION ?? 'v1';
const store =
  process.env.FORESAIL_SERVICE_STORE_URL ?? (process.env.KUBERNETES_SERVICE_HOST ? 'http://store' : undefined);
const look: Look = LOOKS[version] ?? {
  title: 'Guestbook',
  heading: `<h1>Guestbook ${escapeHtml(version)}</h1>`,
  css: '',
};
let own: readonly Message[] = [];

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) sendText(response, 502, 'The store does not answer.\n');
  });
});

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST, () => {
  const address = server.address();
  console.log(`guestbook ${version} listens on port ${typeof address === 'object' ? address?.port : address}`);
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/' && isRead) return sendPage(response, await list(), peerOf(request));
  if (path === '/api/messages' && isRead) {
    const calledBy = peerOf(request);
    return sendJson(response, 200, { version, messages: await list(), ...(calledBy === undefined ? {} : { calledBy }) });
  }
  if (path === '/' && request.method === 'POST') {
    const fields = new URLSearchParams(await readBody(request));
    await add({ name: fields.get('name') ?? '', text: fields.get('text') ?? '' });
    // A rewritten path is not the one that the browser is on.
    const shown = header(request, 'x-envoy-original-path') ?? '/';
    response.writeHead(303, { location: shown }).end();
    return;
  }
  if (path === '/api/messages' && request.method === 'POST') {
    const given = parseJson(await readBody(request));
    const isAdded = given !== undefined && (await add(given));
    return isAdded
      ? sendJson(response, 201, { version, messages: await list() })
      : sendJson(response, 400, { error: 'a message has a name and a text' });
  }
  if (path === '/admin/clear' && request.method === 'POST') {
    await clear();
    return sendJson(response, 200, { version, messages: [] });
  }
  sendText(response, 404, 'There is no such page.\n');
}

async function list(): Promise<readonly Message[]> {
  if (store === undefined) return own;
  const response = await fetch(`${store}/messages`, { signal: AbortSignal.timeout(3000) });
  const messages: unknown = await response.json();
  return Array.isArray(messages) ? messages : [];
}

/** False when there is nothing to add. */
async function add(message: { readonly name: string; readonly text: string }): Promise<boolean> {
  const name = message.name.trim().slice(0, 80) || 'anonymous';
  const text = message.text.trim().slice(0, 1000);
  if (text === '') return false;
  if (store === undefined) {
    own = [{ name, text, at: new Date().toISOString() }, ...own].slice(0, 100);
    return true;
  }
  const response = await fetch(`${store}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, text }),
    signal: AbortSignal.timeout(3000),
  });
  if (!response.ok) throw new Error(`the store answered ${response.status}`);
  return true;
}

async function clear(): Promise<void> {
  if (store === undefined) own = [];
  else await fetch(`${store}/messages`, { method: 'DELETE', signal: AbortSignal.timeout(3000) });
}

function sendPage(response: ServerResponse, messages: readonly Message[], calledBy: string | undefined): void {
  const items = messages.map(
    ({ name, text, at }) =>
      `<li><p>${escapeHtml(text)}</p><footer>${escapeHtml(name)}, <time datetime="${escapeHtml(at)}">${escapeHtml(at.slice(0, 16).replace('T', ' '))}</time></footer></li>`,
  );
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${look.title}</title>
    <style>
main{max-width:40rem;margin:2rem auto;padding:0 1rem}label{display:block;margin-top:.8rem}
input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.4rem;border:1px solid #767676;border-radius:.3rem}
button{font:inherit;margin-top:.8rem;padding:.4rem 1.2rem;border:1px solid;border-radius:.3rem}
ul{list-style:none;padding:0}li{margin:.8rem 0;border-bottom:1px solid #8886}li p{margin:0;white-space:pre-wrap}li footer{opacity:.8;font-size:.9em}
${look.css}
    </style>
  </head>
  <body>
    <main>
      ${look.heading}
      <form method="post">
        <label for="name">Your name</label>
        <input id="name" name="name" maxlength="80" autocomplete="name">
        <label for="text">Your message</label>
        <textarea id="text" name="text" rows="3" maxlength="1000" required></textarea>
        <button>Sign the guestbook</button>
      </form>
      <h2>Messages</h2>
      ${items.length === 0 ? '<p>Nobody has written yet.</p>' : `<ul>${items.join('\n')}</ul>`}
      <p>Served by version <strong>${escapeHtml(version)}</strong>. <a href="/">The front by weights</a> · <a href="/v2">Version 2</a></p>
      ${calledBy === undefined ? '' : `<p>Called by <code>${escapeHtml(calledBy)}</code></p>`}
    </main>
  </body>
</html>
`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': CONTENT_SECURITY,
  };
  response.writeHead(200, headers).end(page);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}

function sendText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value.startsWith('/') && !value.startsWith('//') ? value : undefined;
}

/** Who has called, as the sidecar has seen it in the certificate; undefined: there is no sidecar. */
function peerOf(request: IncomingMessage): string | undefined {
  return /(?:^|;)URI=(spiffe:[^;,]+)/.exec(String(request.headers['x-forwarded-client-cert'] ?? ''))?.[1];
}

/** What is longer is cut off: a guestbook takes notes, not books. */
async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    if (text.length < MAX_BODY) text += chunk;
  }
  return text.slice(0, MAX_BODY);
}

function parseJson(body: string): { readonly name: string; readonly text: string } | undefined {
  try {
    const given: unknown = JSON.parse(body);
    if (typeof given !== 'object' || given === null) return undefined;
    const field = (key: 'name' | 'text'): string => {
      const value: unknown = Reflect.get(given, key);
      return typeof value === 'string' ? value : '';
    };
    return { name: field('name'), text: field('text') };
  } catch {
    return undefined;
  }
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
