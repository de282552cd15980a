/**
 * The guestbook's store: a list of messages in memory.
 *
 *     GET    /messages              the messages, newest first
 *     POST   /messages {name,text}  adds one
 *     DELETE /messages              forgets them all
 */
import { createServer, type IncomingMessage } from 'node:http';

interface Message {
  readonly name: string;
  readonly text: string;
  readonly at: string;
}

const MAX_MESSAGES = 100;
const MAX_BODY = 8192;
let messages: readonly Message[] = [];
/** Said once each. */
const callers = new Set<string>();

const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.url !== '/messages') return answer(404, { error: 'not found' });
  const [, caller] = /(?:^|;)URI=(spiffe:[^;,]+)/.exec(String(request.headers['x-forwarded-client-cert'] ?? '')) ?? [];
  if (caller !== undefined && !callers.has(caller)) {
    callers.add(caller);
    console.log(`called by ${caller}`);
  }
  switch (request.method) {
    case 'GET':
      return answer(200, messages);
    case 'DELETE':
      messages = [];
      return answer(200, messages);
    case 'POST': {
      const message = parseMessage(await readBody(request));
      if (message === undefined) return answer(400, { error: 'a message has a name and a text' });
      messages = [message, ...messages].slice(0, MAX_MESSAGES);
      return answer(201, message);
    }
    default:
      return answer(405, { error: 'method not allowed' });
  }
});

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST, () => {
  const address = server.address();
  console.log(`store listens on port ${typeof address === 'object' ? address?.port : address}`);
});

/** Undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    if (text.length <= MAX_BODY) text += chunk;
  }
  return text.length > MAX_BODY ? undefined : text;
}

function parseMessage(body: string | undefined): Message | undefined {
  try {
    const given: unknown = JSON.parse(body ?? '');
    if (typeof given !== 'object' || given === null) return undefined;
    const name = 'name' in given && typeof given.name === 'string' ? given.name.trim().slice(0, 80) : '';
    const text = 'text' in given && typeof given.text === 'string' ? given.text.trim().slice(0, 1000) : '';
    return text === '' ? undefined : { name: name || 'anonymous', text, at: new Date().toISOString() };
  } catch {
    return undefined;
  }
}
