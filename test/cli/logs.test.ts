import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestViews } from '../../src/control/console/views/traffic.ts';
import { runForesail } from './run-foresail.ts';

const ID = '1ba8d8e7-36ee-981f-ac08-b7e85368d1c1';
const SIDECAR = (id: string, code: number): string =>
  `[2026-11-20T10:00:00.005Z] "GET /v2 HTTP/1.1" ${code} - via_upstream - "-" 0 5 12 11 "203.0.113.9" "agent" "${id}" "shop.test" "10.0.0.1:80" outbound|80||shop.default.svc.cluster.local 10.0.0.2:3333 10.0.0.3:8080 203.0.113.9:5000 - -`;

describe('foresail logs', () => {
  let folder: string;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foresail-logs-'));
    writeFileSync(join(folder, 'sidecar.log'), `${SIDECAR('other', 200)}\nno log line\n${SIDECAR(ID, 503)}\n`);
    const shared = {
      reporter: 'edge',
      instance: 'FRA',
      method: 'GET',
      scheme: 'http',
      authority: 'shop.test',
    } as const;
    const entry = { ...shared, path: '/v2', flags: '-', details: 'via_upstream', routeName: '', cluster: '' };
    const views = requestViews(
      [
        {
          ...entry,
          timeMs: Date.parse('2026-11-20T10:00:00Z'),
          requestId: ID,
          code: 503,
          service: 'shop.default.svc.cluster.local',
          bytesReceived: 0,
          bytesSent: 0,
          durationMs: 20,
          clientAddress: '203.0.113.9',
          region: 'DE',
          userAgent: '',
        },
      ],
      (origin) => origin,
    );
    server = createServer((_request, response) => response.end(JSON.stringify(views))).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('joins what the edge and an Envoy say of one request', async () => {
    const { stdout, code } = await runForesail(['logs', '--url', url, '--id', '1ba8d8e7', join(folder, 'sidecar.log')]);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/edge FRA .*GET http:\/\/shop\.test\/v2 → 503 shop\.default\.svc\.cluster\.local · 20 ms/);
    expect(lines[1]).toMatch(/sidecar\.log .*→ 503/);
  });

  it('filters, and prints objects for programs', async () => {
    const { stdout } = await runForesail([
      'logs',
      '--no-edge',
      '--min-code',
      '500',
      '-o',
      'json',
      join(folder, 'sidecar.log'),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ id: ID, code: 503, service: 'shop.default.svc.cluster.local' });
  });

  it('says what to do where nobody answers', async () => {
    const { stderr, code } = await runForesail(['logs', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be asked[\s\S]*fix: Start `foresail up`/);
  });
});
