import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startForesail } from '../../cli/run-foresail.ts';

const PUSH = {
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'istio_requests_total',
              sum: { aggregationTemporality: 1, dataPoints: [{ attributes: [], asInt: '3' }] },
            },
          ],
        },
      ],
    },
  ],
};

describe('foresaild', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'foresaild-telemetry-'));
  let child: ReturnType<typeof startForesail>;
  let url: string;

  beforeAll(async () => {
    writeFileSync(join(folder, 'mesh.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n');
    const places = ['--ca-dir', join(folder, 'ca'), '--listen', '127.0.0.1:0', '--http-port', '0'];
    child = startForesail(['control', join(folder, 'mesh.yaml'), '-o', 'json', '--telemetry-port', '0', ...places], {
      FORESAIL_TELEMETRY_TOKEN: 'token',
    });
    url = await new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`foresaild ended with ${code}`)));
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { ready, telemetry } = JSON.parse(line);
        if (ready === true) resolve(telemetry);
      });
    });
  }, 60_000);
  afterAll(() => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const push = (headers: Record<string, string>, body: unknown = PUSH): Promise<Response> =>
    fetch(`${url}/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('takes what edges push with its token, and nothing without', async () => {
    expect((await push({})).status).toBe(401);
    expect((await push({ authorization: 'Bearer other' })).status).toBe(401);
    const authorization = 'Bearer token';
    expect((await push({ authorization }, { nothing: true })).status).toBe(400);
    expect((await push({ authorization }, 'x'.repeat(17 * 1024 * 1024))).status).toBe(413);
    expect((await push({ authorization })).status).toBe(200);
    const cumulative = JSON.parse(
      JSON.stringify(PUSH).replace('"aggregationTemporality":1', '"aggregationTemporality":2'),
    );
    const refused = await push({ authorization }, cumulative);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('OTLP_TEMPORALITY')]);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('istio_requests_total 3');
  });

  it('tells Prometheus of pushes, versions, store writes and certificates', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^foresail_version [1-9]/m);
    expect(text).toMatch(/^foresail_pushes_total\{result="published"\} 1$/m);
    expect(text).toMatch(/^foresail_store_writes_total\{kind="root"\} 1$/m);
    expect(text).toMatch(/^foresail_certificate_expiry_seconds\{name="[^"]+",kind="root"\} [1-9]\d+/m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
  });
});
