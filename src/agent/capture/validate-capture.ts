import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { CaptureSettings } from './capture-settings.ts';

/** An address of loopback that is captured, other than 127.0.0.1, and that nobody listens on. */
const PROBED_ADDRESS = '127.0.0.6';
const PROBED_PORT = 15_002;

/**
 * Whether connections really come to the proxy's inbound port: what a CNI plugin should have seen to. Run as the proxy's user, whose
 * connections over loopback the rules lead there. Text: what went wrong.
 */
export async function validateCapture(
  { inboundPort }: Pick<CaptureSettings, 'inboundPort'>,
  timeoutMs: number,
): Promise<string | undefined> {
  const server = createServer((socket) => socket.end('captured'));
  try {
    await listen(server, inboundPort);
    const answer = await ask(timeoutMs);
    return answer === 'captured' ? undefined : `something else answered at ${PROBED_ADDRESS}:${PROBED_PORT}`;
  } catch (error) {
    return `a connection was not led to port ${inboundPort}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    server.close();
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '0.0.0.0');
  await once(server, 'listening');
}

function ask(timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: PROBED_ADDRESS, port: PROBED_PORT, timeout: timeoutMs });
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text));
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('error', reject);
  });
}
