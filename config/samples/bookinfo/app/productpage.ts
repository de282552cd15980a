/** The page that people look at, made of what details and reviews answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ask, sendJson, serve } from './serve.ts';

const TITLE = 'The Comedy of Errors';
const MAX_BODY = 1024;

serve('productpage', async (request, response, path) => {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/productpage' && isRead) return sendPage(request, response);
  if (path === '/login' && request.method === 'POST') {
    const user = new URLSearchParams(await readBody(request)).get('username') ?? '';
    return goBack(response, `user=${encodeURIComponent(user.slice(0, 40))}; Path=/; HttpOnly; SameSite=Lax`);
  }
  if (path === '/logout') return goBack(response, 'user=; Path=/; Max-Age=0');
  if (path === '/api/v1/products' && isRead) return sendJson(response, 200, [{ id: 0, title: TITLE }]);
  const [, kind] = /^\/api\/v1\/products\/0(\/reviews|\/ratings)?$/.exec(path) ?? [];
  if (path.startsWith('/api/v1/products/0') && isRead) {
    const service = kind === undefined ? 'details' : kind.slice(1);
    const answer = await ask(service, `/${service}/0`, withUser(request));
    return answer === undefined
      ? sendJson(response, 503, { error: `${service} does not answer` })
      : sendJson(response, 200, answer);
  }
  sendJson(response, 404, { error: 'there is no such page' });
});

async function sendPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = withUser(request);
  const [details, reviews] = await Promise.all([
    ask('details', '/details/0', caller),
    ask('reviews', '/reviews/0', caller),
  ]);
  const user = userOf(request);
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${TITLE}</title>
    <style>
body{font:1.05rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff}main,header{max-width:44rem;margin:1.5rem auto;padding:0 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0}
blockquote{margin:1rem 0;padding:.2rem 1rem;border-left:.25rem solid #767676}.black{color:#000}.red{color:#b00020}
    </style>
  </head>
  <body>
    <header>${signIn(user)}</header>
    <main>
      <h1>${TITLE}</h1>
      <h2>Book details</h2>
      ${detailsHtml(details)}
      <h2>Book reviews</h2>
      ${reviewsHtml(reviews)}
    </main>
  </body>
</html>
`;
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(page);
}

function signIn(user: string): string {
  if (user !== '') return `<p>Signed in as <strong>${escapeHtml(user)}</strong>. <a href="/logout">Sign out</a></p>`;
  return `<form method="post" action="/login"><label for="username">Name</label>
<input id="username" name="username" required maxlength="40" autocomplete="username"> <button>Sign in</button></form>`;
}

function detailsHtml(details: unknown): string {
  if (typeof details !== 'object' || details === null) return '<p>Sorry, the details are not available.</p>';
  const items = Object.entries(details).filter(([name]) => name !== 'id');
  return `<dl>${items.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(String(value))}</dd>`).join('')}</dl>`;
}

function reviewsHtml(answer: unknown): string {
  const reviews: unknown =
    typeof answer === 'object' && answer !== null && 'reviews' in answer ? answer.reviews : undefined;
  if (!Array.isArray(reviews)) return '<p>Sorry, the reviews are not available.</p>';
  const version = typeof answer === 'object' && answer !== null && 'version' in answer ? String(answer.version) : '';
  return `${reviews.map(reviewHtml).join('\n')}<p>Reviews served by version <strong>${escapeHtml(version)}</strong>.</p>`;
}

function reviewHtml(review: {
  readonly reviewer?: unknown;
  readonly text?: unknown;
  readonly rating?: unknown;
}): string {
  return `<blockquote><p>${escapeHtml(String(review.text))}</p><footer>— ${escapeHtml(String(review.reviewer))} ${starsHtml(review.rating)}</footer></blockquote>`;
}

function starsHtml(rating: unknown): string {
  if (typeof rating !== 'object' || rating === null) return '';
  if (!('stars' in rating) || !('color' in rating)) return '<em>Ratings are not available</em>';
  const stars = Math.min(5, Math.max(0, Number(rating.stars)));
  const drawn = '★'.repeat(stars) + '☆'.repeat(5 - stars);
  return `<span class="${rating.color === 'red' ? 'red' : 'black'}" role="img" aria-label="${stars} of 5 stars">${drawn}</span>`;
}

/** The services behind it learn who is signed in from a header. */
function withUser(request: IncomingMessage): IncomingMessage {
  const user = userOf(request);
  if (user !== '') request.headers['end-user'] = user;
  return request;
}

function userOf({ headers }: IncomingMessage): string {
  const [, value = ''] = /(?:^|;\s*)user=([^;]*)/.exec(headers.cookie ?? '') ?? [];
  try {
    return decodeURIComponent(value).replace(/[^\x20-\x7e]/g, '');
  } catch {
    return '';
  }
}

function goBack(response: ServerResponse, cookie: string): void {
  response.writeHead(303, { location: '/productpage', 'set-cookie': cookie }).end();
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    if (text.length < MAX_BODY) text += chunk;
  }
  return text.slice(0, MAX_BODY);
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
