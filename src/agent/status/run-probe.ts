import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { checkGrpcHealth } from './grpc-health.ts';
import type { Probe } from './probe.ts';

/** Asks the application as the kubelet would have; the HTTP status is the answer. */
export async function runProbe({ action, timeoutMs }: Probe, host: string, userAgent: string): Promise<number> {
  switch (action.kind) {
    case 'http': {
      const { port, path, headers, isTls } = action;
      const options = { host, port, path, headers: { 'user-agent': userAgent, connection: 'close', ...headers } };
      return await askHttp(options, isTls, timeoutMs);
    }
    case 'tcp':
      return (await canConnect(host, action.port, timeoutMs)) ? 200 : 500;
    case 'grpc':
      return (await checkGrpcHealth(`${host}:${action.port}`, action.service, timeoutMs)) ? 200 : 500;
  }
}

function askHttp(options: RequestOptions, isTls: boolean, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const all = { ...options, agent: false as const, signal };
    // The kubelet does not check certificates either.
    const request = isTls ? requestHttps({ ...all, rejectUnauthorized: false }) : requestHttp(all);
    request.on('response', (response) => {
      response.destroy();
      resolve(response.statusCode ?? 500);
    });
    request.on('error', () => resolve(500));
    request.end();
  });
}

function canConnect(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (isConnected: boolean): void => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
