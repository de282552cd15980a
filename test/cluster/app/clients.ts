import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type Agent, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import type { HttpAnswer, HttpCall, TlsCall } from './commands.ts';

const TIMEOUT_MS = 20_000;

/** Each call over a connection of its own, unless there is an agent that keeps them. */
export async function askHttp(call: HttpCall, agent: Agent | false = false): Promise<HttpAnswer> {
  return await ask(call, { agent });
}

/** What comes back until it is as long as what was sent, or the other side ends. */
export async function askTcp(host: string, port: number, text: string): Promise<string> {
  const socket = connect({ host, port, timeout: TIMEOUT_MS });
  socket.on('timeout', () => socket.destroy(new Error('nothing came')));
  socket.write(text);
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    if (received.includes(text)) break;
  }
  return received;
}

/** Rejects where the other side ends the handshake, or the connection as soon as it has seen the certificate. */
export async function askTls({ host, port, tls }: TlsCall): Promise<HttpAnswer> {
  const socket = connectTls({
    host,
    port,
    ...tls,
    ALPNProtocols: ['istio-http/1.1', 'istio', 'http/1.1'],
    checkServerIdentity: () => undefined,
    // TLS 1.3 tells a client only afterwards that its certificate was refused.
    maxVersion: 'TLSv1.2',
  });
  await once(socket, 'secureConnect');
  return await ask({ url: `http://${host}:${port}/` }, { createConnection: () => socket });
}

export async function askWebSocket(url: string, text: string): Promise<string> {
  const socket = new WebSocket(url);
  const answer = new Promise<string>((resolve, reject) => {
    socket.onopen = () => socket.send(text);
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onclose = () => reject(new Error('closed without an answer'));
  });
  try {
    return await answer;
  } finally {
    socket.close();
  }
}

/** As any program looks names up: by the machine's resolver. */
export async function lookUp(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

async function ask({ url, method = 'GET', headers, body }: HttpCall, how: RequestOptions): Promise<HttpAnswer> {
  const startedMs = performance.now();
  const sent = request(url, { method, ...(headers === undefined ? {} : { headers }), timeout: TIMEOUT_MS, ...how });
  sent.on('timeout', () => sent.destroy(new Error('no answer came')));
  sent.end(body);
  const [response] = await once(sent, 'response');
  const received = await readText(response);
  const { statusCode: status, headers: answered } = response;
  return { status, headers: answered, body: received, tookMs: performance.now() - startedMs };
}
