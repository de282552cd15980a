import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runForesail } from './run-foresail.ts';

const run = promisify(execFile);
const SAMPLE = join(import.meta.dirname, '..', '..', 'config', 'samples', 'guestbook');
const SEEDS = join(import.meta.dirname, '..', 'cases', 'seeds', 'step-by-step');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-answers-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('foresail explain', () => {
  it('prints the tree with file and line, without colours in a pipe', async () => {
    const { code, stdout } = await runForesail(['explain', 'GET', 'http://guestbook.localhost/v2/x', '-f', SAMPLE]);
    expect(code).toBe(0);
    expect(stdout).toContain('rule 2 of 8 takes it');
    expect(stdout).toContain(`${SAMPLE}/routes.yaml:19`);
    expect(stdout).not.toContain('\u001b[');
  });

  it('takes a path where one set of rules is served, and says so', async () => {
    const { code, stderr } = await runForesail(['explain', 'GET', '/', '-f', SAMPLE]);
    expect(code).toBe(0);
    expect(stderr).toContain('host guestbook.lvh.me is taken');
  });

  it.each(['json', 'yaml'])('speaks %s', async (format) => {
    const { stdout } = await runForesail(['explain', 'GET', 'http://guestbook.localhost/', '-f', SAMPLE, '-o', format]);
    const text = format === 'json' ? stdout : stdout.replaceAll('\n', ' ');
    expect(text).toMatch(/share"?: ?0\.7/);
    if (format === 'json') expect(JSON.parse(stdout)).toMatchObject({ outcomes: [{ status: 200 }, { status: 200 }] });
  });

  it('is calm about a refusal: the exit code is about the input', async () => {
    const { code, stdout } = await runForesail(['explain', 'GET', 'http://guestbook.localhost/admin', '-f', SAMPLE]);
    expect(code).toBe(0);
    expect(stdout).toContain('policies.yaml:13');
  });

  it.each([
    ['a URL that is none', ['explain', 'GET', 'nope', '-f', SAMPLE], 'is no URL'],
    ['a method that is none', ['explain', '1', '/', '-f', SAMPLE], 'is no HTTP method'],
    ['a header without value', ['explain', 'GET', '/', '-f', SAMPLE, '-H', 'x'], 'has no value'],
    ['a token that is none', ['explain', 'GET', '/', '-f', SAMPLE, '--jwt', '/nope'], 'neither a token nor a file'],
    ['an unknown workload', ['authz', 'check', 'nope', '-f', SAMPLE], 'there is no workload or service nope'],
    [
      'a workload that is a service',
      ['authz', 'check', 'deploy/frontend', '-f', SAMPLE],
      'there is no workload frontend',
    ],
    ['a fuzz of nothing', ['authz', 'check', '--fuzz', '-f', SAMPLE], 'needs a request'],
    ['an unknown kind', ['describe', 'cat', 'x', '-f', SAMPLE], 'there is no kind cat'],
    ['an unknown service', ['describe', 'service', 'frontent', '-f', SAMPLE], 'Did you mean frontend?'],
    ['an unknown route', ['describe', 'route', 'guestbok', '-f', SAMPLE], 'Did you mean guestbook?'],
    ['an unknown shell', ['completion', 'csh'], 'no completion for csh'],
    ['a revision that is none', ['diff', 'git:--output=x', SAMPLE], 'git knows no revision'],
    ['cases that are not there', ['test', '/nope.yaml'], 'cannot be read'],
    ['nothing to validate', ['validate'], 'nothing to validate'],
  ])('%s ends with 1 and says how to fix it', async (_, args, message) => {
    const { code, stderr } = await runForesail(args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\n {2}fix: /);
    expect(stderr).not.toContain('    at ');
  });
});

describe('foresail test', () => {
  it('runs cases beside their resources, with tokens of its own key', async () => {
    const { code, stdout } = await runForesail(['test', `${SEEDS}/claims-verified-by-the-gateway/requests.yaml`]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ a member \(\d+\.\d ms\)/);
    expect(stdout).toContain('7 passed in 1 file');
  });

  it('says what failed, writes JUnit, and ends with 1', async () => {
    const cases = join(folder, 'cases.yaml');
    const junit = join(folder, 'junit.xml');
    await writeFile(
      cases,
      'requests:\n  - { name: "a <b>", request: "GET http://guestbook.localhost/hello", expect: { status: 404 } }\n' +
        '  - { name: shares, request: "GET http://guestbook.localhost/", times: 1000, expect: { distribution: { frontend/v1: 70, frontend/v3: 30 } } }\n',
    );
    const { code, stdout } = await runForesail(['test', cases, '-f', SAMPLE, '--junit', junit]);
    expect(code).toBe(1);
    expect(stdout).toContain('status: expected 404, got 200');
    expect(stdout).toContain('why: foresail explain GET http://guestbook.localhost/hello');
    expect(stdout).toContain('1 failed, 1 passed');
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).toContain('name="a &lt;b&gt;"');
  });

  it('shows what does not have the form of cases', async () => {
    const cases = join(folder, 'cases.yaml');
    await writeFile(cases, 'requests:\n  - { name: x, request: "GET http://a/", expects: {} }\n');
    const { code, stderr } = await runForesail(['test', cases]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not have the form of cases[\s\S]*expects/);
  });
});

describe('foresail diff', () => {
  it('compares revisions, folders and published versions', async () => {
    const mesh = join(folder, 'mesh');
    await cp(SAMPLE, mesh, { recursive: true });
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...args], { cwd: folder });
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-q', '-m', 'one');
    const store = join(folder, 'store');
    await runForesail(['push', mesh, '--store', `folder:${store}`]);
    const routes = join(mesh, 'routes.yaml');
    await writeFile(routes, (await readFile(routes, 'utf8')).replace('status: 200', 'status: 418'));

    const published = await runForesail(['diff', `store:${store}@1`, mesh]);
    expect(published).toMatchObject({ code: 0 });
    expect(published.stdout).toMatch(
      /1 change [\s\S]*GET http:\/\/guestbook\.\w+(\.me)?\/hello\n {2}- 200 [\s\S]*\+ 418 /,
    );

    const markdown = await runForesail(['diff', `store:${store}`, mesh, '-o', 'markdown', '--exit-code']);
    expect(markdown.code).toBe(1);
    expect(markdown.stdout).toContain('| What changes | Example |');
    const same = await runForesail(['diff', mesh, mesh, '--exit-code']);
    expect(same).toMatchObject({ code: 0 });
    const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
    const revision = await run(process.execPath, [main, 'diff', 'git:HEAD:mesh', 'mesh', '-o', 'json'], {
      cwd: folder,
    });
    expect(JSON.parse(revision.stdout)).toMatchObject({
      diff: { groups: [{ cause: 'status', before: { origin: { file: 'mesh/routes.yaml' } } }] },
    });
  });
});

describe('the other answers', () => {
  it('authz check prints where policies are enforced, also under x', async () => {
    for (const words of [['authz'], ['x', 'authz']]) {
      const { code, stdout } = await runForesail([...words, 'check', '-f', SAMPLE]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/ACTION +AuthorizationPolicy +RULES[\s\S]*DENY +guestbook-no-admin.istio-system +1 +edge/);
    }
  });

  it('authz check --fuzz ends with 1 when there is a way around', async () => {
    const { code, stdout } = await runForesail([
      ...['authz', 'check', 'GET', 'http://guestbook.localhost/admin/clear', '-f', SAMPLE, '--fuzz'],
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/LET THROUGH +\/admin%2fclear +.*DECODE_AND_MERGE_SLASHES/);
  });

  it('authz check tells no credential of the request', async () => {
    const yaml = join(folder, 'policy.yaml');
    const policy = (await readFile(join(SAMPLE, 'policies.yaml'), 'utf8')).replace(
      '    - to:',
      '    - when: [{ key: "request.headers[x-session]", values: [a] }]\n    - when: [{ key: "request.headers[x-api-key]", values: [a] }]\n    - to:',
    );
    await writeFile(yaml, policy);
    const secret = 'very-secret-value-1';
    const headers = ['-H', `x-api-key: ${secret}`, '-H', `cookie: a=${secret}`, '-H', `x-session: ${secret}`];
    const args = [
      'authz',
      'check',
      'GET',
      'http://a.example/',
      '-f',
      yaml,
      '-f',
      join(SAMPLE, 'gateway.yaml'),
      ...headers,
    ];
    for (const output of ['text', 'json']) {
      const { code, stdout } = await runForesail([...args, '-o', output]);
      expect(code).toBe(0);
      expect(stdout).toContain('x-session');
      expect(stdout).not.toContain(secret);
    }
  });

  it('describe gathers a service, a host and a route', async () => {
    const service = await runForesail(['describe', 'service', 'frontend.guestbook', '-f', SAMPLE]);
    expect(service.stdout).toMatch(/Port: http 80\/HTTP targets pod port 8080[\s\S]*Subset: v2: frontend-v2/);
    expect(service.stdout).toContain('Exposed: on the edge as http://guestbook.localhost');
    const host = await runForesail(['describe', 'host', 'guestbook.localhost', '-f', SAMPLE, '-o', 'json']);
    expect(JSON.parse(host.stdout)).toMatchObject([{ what: 'Host' }, { what: 'AuthorizationPolicy' }]);
    const route = await runForesail(['describe', 'route', 'guestbook', '-f', SAMPLE]);
    expect(route.stdout).toContain('70 % frontend');
    expect(route.stdout.match(/^VirtualService/gm)).toHaveLength(1);
    const rule = await runForesail(['describe', 'route', 'v2-by-path', '-f', SAMPLE]);
    expect(rule.stdout).toContain('routes.yaml:17');
  });

  it('validate says what is wrong, with the exit code of istioctl', async () => {
    expect(await runForesail(['validate', '-f', SAMPLE])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('validation succeed'),
    });
    const bad = 'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: a }\nspec: { serverz: [] }\n';
    const { code, stderr } = await runForesail(['validate', '-f', '-'], {}, bad);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown field "serverz"');
  });

  it('status shows conditions of the Gateway API', async () => {
    const yaml = join(folder, 'gw.yaml');
    await writeFile(
      yaml,
      'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: gw }\nspec: { gatewayClassName: foresail, listeners: [{ name: web, port: 80, protocol: HTTP }] }\n---\n' +
        'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: r }\nspec: { parentRefs: [{ name: gw }], rules: [{ backendRefs: [{ name: none, port: 80 }] }] }\n',
    );
    const { code, stdout } = await runForesail(['status', '-f', yaml]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Gateway default\/gw +listener web +True +True +True +1/);
    expect(stdout).toMatch(
      /HTTPRoute default\/r: .*|HTTPRoute default\/r in default\/gw.*ResolvedRefs=False BackendNotFound/,
    );
  });

  it.each([
    ['route', 'NAME      VHOST NAME'],
    ['cluster', 'SERVICE FQDN'],
    ['listener', 'ADDRESSES'],
    ['policy', 'GATEWAY'],
  ])('proxy-config %s has its columns', async (kind, head) => {
    const { code, stdout } = await runForesail(['proxy-config', kind, '-f', SAMPLE]);
    expect(code).toBe(0);
    expect(stdout.startsWith(head)).toBe(true);
    expect(stdout).toContain('guestbook');
  });

  it.each(['bash', 'zsh', 'fish'])('completion for %s knows every command and its options', async (shell) => {
    const { code, stdout } = await runForesail(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['explain', 'authz', 'proxy-config', 'junit', 'fuzz', 'markdown'])
      expect(stdout).toContain(word);
    if (shell === 'bash') {
      const script = join(folder, 'completion.bash');
      await writeFile(
        script,
        `${stdout}\nCOMP_WORDS=(foresail expl); COMP_CWORD=1; _foresail; echo "\${COMPREPLY[@]}"\n`,
      );
      expect((await run('bash', [script])).stdout).toBe('explain\n');
    }
  });

  it('what a pipe leaves unread is no error', async () => {
    const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
    const script = `"${process.execPath}" "${main}" proxy-config route -f "${SAMPLE}" -o json | head -c 1`;
    const { stderr } = await run('bash', ['-c', script]);
    expect(stderr).toBe('');
  });

  it.each(['explain', 'authz', 'describe', 'test', 'diff', 'validate', 'proxy-config', 'status', 'completion'])(
    '%s --help teaches with examples',
    async (name) => {
      const { code, stdout } = await runForesail(name === 'authz' ? [name, 'check', '--help'] : [name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples:\n +\S/);
    },
  );
});
