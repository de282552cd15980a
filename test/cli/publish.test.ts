import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { meshYaml } from '../control/mesh-yaml.ts';
import { FakeKvApi } from '../store/fake-kv-api.ts';
import { collect, runForesail, startForesail } from './run-foresail.ts';

let folder: string;
let yaml: string;
let target: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-cli-'));
  yaml = join(folder, 'mesh.yaml');
  target = ['--store', `folder:${join(folder, 'store')}`];
  await writeFile(yaml, meshYaml(2));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('foresail push', () => {
  it('publishes, and a second time finds nothing to do', async () => {
    const first = await runForesail(['push', yaml, ...target]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('+ host shop-1.example.com');
    expect(first.stdout).toMatch(/published version 1: 2 hosts, 20 routes/);
    const second = await runForesail(['push', yaml, ...target]);
    expect(second.stdout).toMatch(/^nothing changed: version 1/);
  });

  it('prints findings with file and line, publishes the rest, and its exit code tells', async () => {
    await writeFile(yaml, meshYaml(2).replace('prefix: /api/3', 'prefixx: /api/3'));
    const run = await runForesail(['push', yaml, ...target]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`Error \\[IST0106\\] \\(VirtualService default/shop-0 ${yaml}:\\d+\\) `));
    expect(run.stderr).not.toContain('\u001b[');
    expect(run.stdout).toContain('published version 1: 1 host');
    const strict = await runForesail(['push', yaml, ...target, '--strict']);
    expect(strict).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nothing was published') });
  });

  it('reads standard input and speaks JSON', async () => {
    const run = await runForesail(['push', '-', ...target, '-o', 'json'], {}, meshYaml(1));
    expect(JSON.parse(run.stdout)).toMatchObject({
      kind: 'published',
      version: 1,
      summary: { domains: 1 },
      findings: [],
    });
  });

  it.each([
    ['without a store', ['push', '.'], 'no store is given'],
    ['with a store that is none', ['push', '.', '--store', 'redis'], 'there is no store redis'],
    ['without a namespace', ['push', '.', '--store', 'kv'], 'no Workers KV namespace is given'],
    [
      'without a token',
      ['push', '.', '--store', 'kv', '--namespace-id', 'n', '--account', 'a'],
      'CLOUDFLARE_API_TOKEN',
    ],
    ['of a folder that is not there', ['push', '/nope/x', '--store', 'folder:/tmp/x'], '/nope/x cannot be read'],
    ['with an unknown option', ['push', '.', '--nope'], "unknown option '--nope'"],
    ['without a folder', ['push'], "missing required argument 'path'"],
  ])('%s says what to do', async (_, args, message) => {
    const run = await runForesail(args);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain('    at ');
  });

  it('signs with a key that it makes, which only its owner can read', async () => {
    const key = join(folder, 'sign.pem');
    const run = await runForesail(['push', yaml, ...target, '--sign-key', key, '--create-sign-key']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/SNAPSHOT_PUBLIC_KEY:\n {2}\{"kty":"OKP","crv":"Ed25519","x":"[^"]+"\}/);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'store', 'root.json'), 'utf8')).toMatch(
      /^\{"foresail":"root","keyId":"\w+","signature":"/,
    );
    const unsigned = await runForesail(['push', yaml, ...target]);
    expect(unsigned).toMatchObject({ code: 2, stderr: expect.stringContaining('--sign-key') });
    await writeFile(key, 'garbage');
    await chmod(key, 0o600);
    const broken = await runForesail(['push', yaml, ...target, '--sign-key', key]);
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used') });
    expect(broken.stderr).not.toContain('garbage');
  });

  it('publishes to Workers KV, and its token is in no output', async () => {
    const api = await FakeKvApi.start('ns1', 'secret-token');
    const args = ['push', yaml, '--store', 'kv', '--namespace-id', 'ns1', '--api-base', api.base];
    const refused = await runForesail(args, { CLOUDFLARE_API_TOKEN: 'secret-other' });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Workers KV Storage: Edit');
    const run = await runForesail(args, { CLOUDFLARE_API_TOKEN: 'secret-token' });
    expect(run.code).toBe(0);
    expect(api.values.get('root')).toContain('"version":1');
    for (const text of [refused.stderr, refused.stdout, run.stderr, run.stdout]) expect(text).not.toContain('secret-');
    await api.stop();
  });
});

it('foresail versions and rollback', async () => {
  expect((await runForesail(['versions', ...target])).stdout).toContain('nothing is published');
  const nothing = await runForesail(['rollback', ...target]);
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('foresail push') });
  for (const prefix of ['/one', '/two', '/three']) {
    await writeFile(yaml, meshYaml(2, { 0: prefix }));
    await runForesail(['push', yaml, ...target]);
  }
  const back = await runForesail(['rollback', '1', ...target]);
  expect(back.stdout).toContain('published version 4 (rollback to 1)');
  const listed = await runForesail(['versions', ...target]);
  expect(listed.stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['VERSION', '4', '3', '2', '1', '']);
  const json = JSON.parse((await runForesail(['versions', ...target, '-o', 'json'])).stdout) as { hash: string }[];
  expect(json[0]?.hash).toBe(json[3]?.hash);
  expect(await runForesail(['rollback', '9', ...target])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('kept are 3, 2, 1'),
  });
});

it('foresail syncer publishes edits, survives a store that fails, and ends at Ctrl-C', async () => {
  const api = await FakeKvApi.start('ns1');
  const child = startForesail([
    'syncer',
    yaml,
    '--store',
    'kv',
    '--namespace-id',
    'ns1',
    '--api-base',
    api.base,
    '-o',
    'json',
  ]);
  const output = collect(child.stdout);
  const events = (): { kind: string; version?: number; tookMs?: number }[] =>
    output.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { kind: string });
  await vi.waitFor(() => expect(events().at(-1)).toMatchObject({ kind: 'published', version: 1 }), { timeout: 10_000 });
  api.fail({ times: 1_000, status: 403 });
  await writeFile(yaml, meshYaml(2, { 0: '/edited' }));
  await vi.waitFor(() => expect(events().at(-1)).toMatchObject({ kind: 'failed' }), { timeout: 5_000 });
  api.heal();
  await vi.waitFor(() => expect(events().at(-1)).toMatchObject({ kind: 'published', version: 2 }), { timeout: 5_000 });
  const closed = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGINT');
  expect(await closed).toBe(130);
  await api.stop();
});

it('foresail --help names the commands without loading them', async () => {
  const run = await runForesail(['--help']);
  expect(run.code).toBe(0);
  for (const name of ['up', 'push', 'syncer', 'versions', 'rollback'])
    expect(run.stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
});
