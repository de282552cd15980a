import { describe, expect, it } from 'vitest';
import { durationCountsOf, durationQuantile, type TrafficSample } from '../../../src/control/telemetry/window/cell.ts';
import type { Pair } from '../../../src/control/telemetry/window/traffic.ts';
import { TrafficWindow } from '../../../src/control/telemetry/window/traffic-window.ts';
import type { AccessLogEntry } from '../../../src/engine/telemetry/access-log-entry.ts';

const START_MS = 1_800_000_000_000;

function pair(service: string, over: Partial<Pair> = {}): Pair {
  return {
    reporter: 'edge',
    source: { kind: 'edge', name: 'FRA', namespace: '', version: '', service: '' },
    destination: { kind: 'workload', name: service, namespace: 'default', version: 'v1', service: `${service}.x` },
    protocol: 'http',
    security: 'unknown',
    ...over,
  };
}

function sample(code: number, requests = 1, durationMs = 10): TrafficSample {
  return {
    code,
    flags: code === 503 ? 'UF' : '-',
    requests,
    durationSumMs: durationMs * requests,
    durationCounts: durationCountsOf(durationMs).map((count) => count * requests),
    bytesReceived: requests,
    bytesSent: 2 * requests,
  };
}

function entry(requestId: string, code: number, timeMs = START_MS): AccessLogEntry {
  return {
    timeMs,
    reporter: 'edge',
    instance: 'FRA',
    requestId,
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    code,
    flags: '-',
    details: 'via_upstream',
    routeName: '',
    cluster: '',
    service: '',
    bytesReceived: 0,
    bytesSent: 0,
    durationMs: 1,
    clientAddress: '192.0.2.1',
    region: 'DE',
    userAgent: '',
  };
}

describe('the traffic window', () => {
  it('sums pairs over a range, with every outcome', () => {
    const window = new TrafficWindow(() => START_MS + 5_000);
    window.add(pair('a'), START_MS, sample(200, 3));
    window.add(pair('a'), START_MS + 1_000, sample(503, 2, 40));
    window.add(pair('b'), START_MS + 1_000, sample(200, 1));
    const [a] = window
      .pairs({ fromMs: START_MS, toMs: START_MS + 6_000 })
      .filter((one) => one.pair.destination.name === 'a');
    expect(a).toMatchObject({ requests: 5, errors: 2, durationSumMs: 110, bytesReceived: 5, bytesSent: 10 });
    expect(a?.outcomes).toEqual([
      { code: 200, flags: '-', requests: 3 },
      { code: 503, flags: 'UF', requests: 2 },
    ]);
    expect(window.pairs({ fromMs: START_MS + 1_000, toMs: START_MS + 2_000 })).toHaveLength(2);
    expect(window.pairs({ fromMs: START_MS + 2_000, toMs: START_MS + 9_000 })).toEqual([]);
  });

  it('gives a series with its gaps, of the whole edge or of some pairs', () => {
    const window = new TrafficWindow(() => START_MS + 3_500);
    window.add(pair('a'), START_MS, sample(200, 3));
    window.add(pair('b'), START_MS + 2_000, sample(404, 4));
    const range = { fromMs: START_MS, toMs: START_MS + 4_000 };
    expect(window.series(range, 1_000).map(({ requests }) => requests)).toEqual([3, 0, 4, 0]);
    const ofB = window.series(range, 2_000, ({ destination }) => destination.name === 'b');
    expect(ofB.map(({ timeMs, requests }) => [timeMs - START_MS, requests])).toEqual([
      [0, 0],
      [2_000, 4],
    ]);
  });

  it('lets go of what is older than it reaches, and takes what is late but not too late', () => {
    let nowMs = START_MS;
    const window = new TrafficWindow(() => nowMs, { seconds: 10 });
    window.add(pair('a'), START_MS, sample(200));
    nowMs += 8_000;
    window.add(pair('a'), START_MS + 1_000, sample(200));
    expect(window.pairs(window.span())[0]?.requests).toBe(2);
    nowMs += 5_000;
    window.add(pair('a'), START_MS, sample(200));
    window.add(pair('b'), nowMs, sample(200));
    expect(window.pairs(window.span()).map((one) => one.pair.destination.name)).toEqual(['b']);
  });

  it('stays within its bounds, whatever comes', () => {
    let nowMs = START_MS;
    const window = new TrafficWindow(() => nowMs, { pairs: 50, cells: 200, entries: 20 });
    for (let i = 0; i < 5_000; i++) {
      nowMs += 20;
      window.add(pair(`s${i}`), nowMs, sample(200));
      window.addRefusals(nowMs, { code: 403, flags: '-', reason: `r${i}`, origin: '', service: '', requests: 1 });
      window.entries.add(entry(String(i), 200));
    }
    expect(window.pairs(window.span()).length).toBeLessThanOrEqual(50);
    expect(window.entries.list({}, 10_000)).toHaveLength(20);
    const total = window.series(window.span(), 1_000).reduce((sum, { requests }) => sum + requests, 0);
    expect(total).toBe(5_000);
  });

  it('counts refusals by reason and by the object that decided', () => {
    const window = new TrafficWindow(() => START_MS);
    const refusal = {
      code: 403,
      flags: '-',
      reason: 'rbac',
      origin: 'AuthorizationPolicy/default/a',
      service: '',
      requests: 2,
    };
    window.addRefusals(START_MS, refusal);
    window.addRefusals(START_MS, { ...refusal, requests: 3 });
    window.addRefusals(START_MS, { ...refusal, origin: '' });
    expect(window.refusals(window.span()).map(({ requests }) => requests)).toEqual([5, 2]);
  });

  it('keeps the newest entries, finds those of one request, and tells followers', () => {
    const window = new TrafficWindow(() => START_MS, { entries: 3 });
    const seen: string[] = [];
    const end = window.entries.follow(({ requestId }) => seen.push(requestId));
    for (const id of ['a', 'b', 'c', 'd']) window.entries.add(entry(id, id === 'c' ? 500 : 200));
    end();
    window.entries.add(entry('e', 200));
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(window.entries.list().map(({ requestId }) => requestId)).toEqual(['e', 'd', 'c']);
    expect(window.entries.list({ minCode: 500 }).map(({ requestId }) => requestId)).toEqual(['c']);
    expect(window.entries.list({ requestId: 'b' })).toEqual([]);
  });

  it('finds quantiles as Prometheus does', () => {
    const counts = durationCountsOf(7).map((count) => count * 10);
    expect(durationQuantile(counts, 0.5)).toBe(7.5);
    expect(durationQuantile([], 0.5)).toBeUndefined();
  });
});
