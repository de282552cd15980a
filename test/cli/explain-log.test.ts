import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLogLine } from '../../src/control/simulate/logged-request.ts';
import { runForesail } from './run-foresail.ts';

const SAMPLE = join(import.meta.dirname, '..', '..', 'config', 'samples', 'guestbook');
const TEXT =
  '[2026-11-20T10:00:00.000Z] "GET /v2/x?a=b HTTP/1.1" 200 - via_upstream - "-" 0 5 12 11 "203.0.113.9" "an agent (x)" ' +
  '"id-1" "guestbook.localhost" "10.0.0.1:80" outbound|80|v2|frontend.guestbook.svc.cluster.local 10.0.0.2:3333 ' +
  '10.0.0.3:8080 [2001:db8::9]:5000 - -';
const JSON_LINE =
  '{"start_time":"2026-11-20T10:00:01.000Z","method":"POST","path":"/admin","response_code":200,' +
  '"response_code_details":"via_upstream","authority":"guestbook.localhost","request_id":"id-2","user_agent":null,' +
  '"upstream_cluster":"outbound|80||frontend","downstream_remote_address":"203.0.113.7:4711"}';
const ENTRY =
  '{"timeMs":1763632802000,"reporter":"edge","requestId":"id-3","method":"GET","scheme":"https",' +
  '"authority":"guestbook.localhost","path":"/hello","code":404,"details":"route_not_found","cluster":"",' +
  '"clientAddress":"203.0.113.8","userAgent":"x"}';

describe('a line of an access log', () => {
  it("is read in Istio's text format", () => {
    expect(readLogLine(TEXT)).toMatchObject({
      id: 'id-1',
      request: {
        method: 'GET',
        url: 'http://guestbook.localhost/v2/x?a=b',
        headers: { 'user-agent': 'an agent (x)', 'x-forwarded-for': '203.0.113.9' },
        from: '2001:db8::9',
      },
      timeMs: Date.parse('2026-11-20T10:00:00.000Z'),
      code: 200,
      details: 'via_upstream',
      cluster: 'outbound|80|v2|frontend.guestbook.svc.cluster.local',
    });
  });

  it('is read as JSON, and as foresail keeps it', () => {
    expect(readLogLine(JSON_LINE)).toMatchObject({ id: 'id-2', request: { method: 'POST', from: '203.0.113.7' } });
    expect(readLogLine(ENTRY)).toMatchObject({
      id: 'id-3',
      request: { url: 'https://guestbook.localhost/hello' },
      code: 404,
      cluster: undefined,
    });
  });

  it.each(['', 'nothing', '{}', 'null', '[1]', '{"authority":"a","path":"x"}', '[x] "GET / HTTP/1.1" 200'])(
    'is not %j',
    (line) => {
      expect(readLogLine(line)).toBeUndefined();
    },
  );
});

describe('foresail explain --log', () => {
  let folder: string;
  let log: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'foresail-log-'));
    log = join(folder, 'access.log');
    await writeFile(log, ['nothing of ours', TEXT, JSON_LINE, ENTRY, ''].join('\n'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('explains the request of the line, and says what the line could not tell', async () => {
    const { code, stdout, stderr } = await runForesail(['explain', '--log', log, '--id', 'id-1', '-f', SAMPLE]);
    expect(code).toBe(0);
    expect(stdout).toContain('rule 2 of 8 takes it');
    expect(stderr).toContain('the line does not tell: headers other than');
    expect(stderr).not.toContain('the line says');
  });

  it('sees that something else decided, from standard input too', async () => {
    const args = ['explain', '--log', '-', '--id', 'id-2', '-f', SAMPLE];
    const { code, stderr } = await runForesail(args, {}, `${TEXT}\n${JSON_LINE}\n`);
    expect(code).toBe(0);
    expect(stderr).toContain('the line says 200 via_upstream, which is no way in which this ends');
  });

  it('takes the version that was published then', async () => {
    const store = join(folder, 'store');
    await runForesail(['push', SAMPLE, '--store', `folder:${store}`]);
    const now = JSON.stringify({ ...JSON.parse(ENTRY), timeMs: Date.now() + 60_000 });
    const by = ['--by', `store:${store}`, '--gateway-port', '80', '-o', 'json'];
    const { stdout } = await runForesail(['explain', '--log', '-', '--id', 'id-3', ...by], {}, now);
    expect(JSON.parse(stdout)).toMatchObject({ by: expect.stringMatching(/^store:.*@\d+$/), logged: { code: 404 } });
    expect(stdout).toMatch(/routes\.yaml/);
    const before = await runForesail(['explain', '--log', log, '--id', 'id-3', ...by]);
    expect(before).toMatchObject({ code: 1, stderr: expect.stringContaining('keeps no version of 2025-11-20') });
  });

  it.each([
    ['no such request', ['--id', 'id-9'], 'has no request id-9'],
    ['several requests and no id', [], 'has 3 requests'],
    ['a log that is not there', ['--log', '/nope.log'], 'cannot be read'],
  ])('%s is said', async (_, args, message) => {
    const { code, stderr } = await runForesail(['explain', '--log', log, ...args, '-f', SAMPLE]);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\n {2}fix: /);
  });
});
