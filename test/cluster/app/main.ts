/**
 * What runs in a pod: servers, and clients that a test commands over a Unix socket, which the network of the pod does
 * not concern. It knows of no mesh.
 */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { askHttp, askTcp, askTls, askWebSocket, lookUp } from './clients.ts';
import type { Command } from './commands.ts';
import { askGrpc } from './grpc.ts';
import { Load, measure } from './load.ts';
import { Servers } from './servers.ts';

const servers = new Servers(process.env.POD ?? '');
const load = new Load();

async function obey(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'http':
      return await askHttp(command);
    case 'tcp':
      return await askTcp(command.host, command.port, command.text);
    case 'tls':
      return await askTls(command);
    case 'grpc':
      return await askGrpc(command.target, command.text, command.count);
    case 'websocket':
      return await askWebSocket(command.url, command.text);
    case 'look-up':
      return await lookUp(command.name);
    case 'load':
      return load.start(command.url);
    case 'end-load':
      return await load.end();
    case 'measure':
      return await measure(command.url, command.count);
    case 'health':
      servers.isHealthy = command.isHealthy;
      return undefined;
    case 'serve-tls':
      return await servers.startTls(command.port, command.tls);
    case 'tls-refusals':
      return servers.tlsRefusals;
  }
}

const control = createServer(async (request, response) => {
  try {
    const result = await obey(JSON.parse(await text(request)) as Command);
    response.end(JSON.stringify({ result: result ?? null }));
  } catch (error) {
    response.end(JSON.stringify({ error: error instanceof Error ? `${error.message}` : String(error) }));
  }
});
// A door from outside of the namespace to `host:port` in it.
control.on('connect', (request, outer) => {
  const [host, port] = String(request.url).split(':');
  const inner = connect(Number(port), host, () => {
    outer.write('HTTP/1.1 200 OK\r\n\r\n');
    outer.pipe(inner).pipe(outer);
  });
  inner.on('error', () => outer.destroy());
  outer.on('error', () => inner.destroy());
});
if (process.env.SERVES === 'true') await servers.start();
control.listen(process.env.CONTROL, () => console.log('ready'));
